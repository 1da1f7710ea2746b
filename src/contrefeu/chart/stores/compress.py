"""Small bodies, compressed against what others like them look like, and veiled.

    packed = what the store's veil makes of a zstd frame; its dictionary id says which dictionary, 0 none

Rules kept here:
  * A dictionary is trained on what the store holds, so it holds names: it lives in the store,
    veiled as they are, and only there (S13).
  * It is trained once there are TRAIN_SAMPLES bodies of a kind; what was packed before stays as it is.
"""

from collections.abc import Callable, Iterable

import zstandard

from contrefeu.chart.stores.engine import Veil

TRAIN_SAMPLES = 2_000  # below it a dictionary saves less than it weighs
DICTIONARY_BYTES = 112 * 1024  # zstd's own default
SAMPLE_BYTES_MAX = 8 * 1024  # a scanned page teaches nothing about the next message
UNPACKED_BYTES_MAX = 1 << 30  # a frame that claims more is damage, not a chart


class Packer:
    """Packs bodies of one kind, and unpacks them whatever dictionary they were packed with."""

    def __init__(self, load: Callable[[int], bytes], veil: Veil, column: str, level: int) -> None:
        self._load = load
        self._veil = veil
        self._column = column
        self._level = level
        self._compressor = zstandard.ZstdCompressor(level=level)
        self._openers: dict[int, zstandard.ZstdDecompressor] = {0: zstandard.ZstdDecompressor()}
        self.dictionary_id = 0

    def use(self, dictionary_id: int, dictionary: bytes) -> None:
        """Pack with *dictionary* from now on."""
        trained = zstandard.ZstdCompressionDict(dictionary)
        self._compressor = zstandard.ZstdCompressor(level=self._level, dict_data=trained)
        self._openers[dictionary_id] = zstandard.ZstdDecompressor(dict_data=trained)
        self.dictionary_id = dictionary_id

    def pack(self, body: bytes, *at: int | bytes) -> bytes:
        """Return *body* compressed, for the row *at*."""
        return self._veil.seal(self._column, self._compressor.compress(body), *at)

    def unpack(self, packed: bytes, *at: int | bytes) -> bytes:
        """Return the bytes that *pack* was given for the row *at*."""
        packed = self._veil.open(self._column, packed, *at)
        dictionary_id = zstandard.get_frame_parameters(packed).dict_id
        opener = self._openers.get(dictionary_id)
        if opener is None:
            trained = zstandard.ZstdCompressionDict(self._load(dictionary_id))
            opener = self._openers[dictionary_id] = zstandard.ZstdDecompressor(dict_data=trained)
        return opener.decompress(packed, max_output_size=UNPACKED_BYTES_MAX)


def train(samples: Iterable[bytes]) -> tuple[int, bytes] | None:
    """Return a dictionary and its id, or None when the samples are too few or too alike."""
    usable: list[bytes | bytearray | memoryview[int]] = [sample[:SAMPLE_BYTES_MAX] for sample in samples if sample]
    if len(usable) < TRAIN_SAMPLES:
        return None
    try:
        trained = zstandard.train_dictionary(DICTIONARY_BYTES, usable)
    except zstandard.ZstdError:
        return None  # nothing common to learn: plain frames serve as well
    return trained.dict_id(), trained.as_bytes()
