"""A hostile journal breaks nothing: who reads it is told, in the journal's own words, with bounded memory and time.

Method: hypothesis changes the journal of the vectors where its structure is: bytes, heads with the check that fits,
batches sealed with the right key, headers and checkpoints signed with the right one. Every reader is then let loose.
"""

import contextlib
import hmac
import resource
import struct
import subprocess
import sys
import time
import tracemalloc
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contrefeu.base import ContrefeuError
from contrefeu.custody import DataKeys, KeyPair
from contrefeu.journal import JournalFiles, JournalReader, prove_consistency, prove_entry, verify_journal
from contrefeu.journal.header import pack_header
from contrefeu.journal.standing import survey
from contrefeu.proof import FrameHead, Signer, seal_prefix
from tests.second_reader import reader as stranger
from tests.second_reader.vectors import told, whole_journal

TOLD = told()
WHOLE = whole_journal()
NAMES = sorted(name for name in WHOLE if name.startswith("segments/"))
SIGNER = Signer(TOLD["origin"], bytes.fromhex(TOLD["signing_seed"]))
KEY = KeyPair("recovery", bytes.fromhex(TOLD["seeds"]["recovery"]))
DATA_KEYS = {name: bytes.fromhex(TOLD["data_keys"][str(int(name[9:19]))]) for name in NAMES}
EDGES = st.sampled_from([0, 1, 2, 15, 16, 17, 255, 65_536, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1])
FIELDS = (("H", 2), ("Q", 4), ("Q", 12), ("I", 20), ("I", 24), ("Q", 28), ("Q", 36), ("Q", 44))
MEMORY_MAX = 64 * 2**20  # the hostile journals here are a few kilobytes


def _places(data: bytes) -> list[tuple[int, int]]:
    """Where frames still lie: offset and length of the ciphertext."""
    found, at = [], 8 + int.from_bytes(data[4:8], "big")
    while (frame := stranger.frame(data, at)) is not None:
        found.append((at, len(frame[2])))
        at += 120 + len(frame[2])
    return found


def _change_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, max(len(data) - 1, 0)))
    length = draw(st.integers(0, 300))
    what = draw(st.sampled_from(["put", "cut", "repeat", "insert", "zeros"]))
    piece = draw(st.binary(max_size=40))
    return {
        "put": data[:at] + piece + data[at + len(piece) :],
        "cut": data[:at] + data[at + length :],
        "repeat": data[: at + length] + data[at:],
        "insert": data[:at] + piece + data[at:],
        "zeros": data[:at] + bytes(length) + data[at + length :],
    }[what]


def _change_head(draw: st.DrawFn, data: bytes, at: int, length: int) -> bytes:
    """Another value in a head, with the check that fits."""
    prefix = bytearray(data[at : at + 116])
    form, offset = draw(st.sampled_from(FIELDS))
    size = struct.calcsize(form)
    near = int.from_bytes(prefix[offset : offset + size], "big") + draw(st.integers(-3, 3))
    value = draw(st.one_of(EDGES, st.just(near))) % (1 << 8 * size)
    struct.pack_into(f">{form}", prefix, offset, value)
    del length
    return data[:at] + bytes(prefix) + struct.pack(">I", crc32(prefix)) + data[at + 120 :]


def _reseal(draw: st.DrawFn, data: bytes, at: int, length: int, key: bytes) -> bytes:
    """Another batch in a frame, sealed with the right key under a head that fits or does not."""
    records = [draw(st.binary(max_size=16)) + draw(st.binary(max_size=60)) for _ in range(draw(st.integers(0, 4)))]
    batch = b"".join(struct.pack(">I", draw(st.one_of(EDGES, st.just(len(r)))) % 2**32) + r for r in records)
    plain = draw(st.sampled_from([batch, zstandard.compress(batch), zstandard.compress(bytes(300_000)), b""]))
    head = bytearray(data[at : at + 84])
    struct.pack_into(">II", head, 20, draw(st.sampled_from([0, 1, 2, 3, 65_536])), len(plain) + 16)
    struct.pack_into(">H", head, 2, draw(st.integers(0, 1)))
    note = data[8 : 8 + int.from_bytes(data[4:8], "big")]
    frame_key = hmac.digest(key, bytes(head) + b"\x01", "sha256")
    sealed = AESGCM(frame_key).encrypt(bytes(12), plain, sha256(note).digest())
    leaf = bytes(head) + sha256(sealed).digest()
    return data[:at] + leaf + struct.pack(">I", crc32(leaf)) + sealed + data[at + 120 + length :]


def _sign_again(draw: st.DrawFn, text: str) -> bytes:
    """A note of another text, signed with the right key."""
    lines = text.split("\n")
    at = draw(st.integers(0, len(lines) - 1))
    word = draw(st.one_of(EDGES.map(str), st.text(max_size=20), st.sampled_from(["", "peaks", "-1", "1e9", "2 2"])))
    label = lines[at].partition(" ")[0]
    lines[at : at + 1] = draw(st.sampled_from([[], [word], [f"{label} {word}"], [lines[at], lines[at]]]))
    return SIGNER.sign("\n".join(lines).rstrip("\n") + "\n")


@st.composite
def _hostile(draw: st.DrawFn) -> dict[str, bytes]:
    files = dict(WHOLE)
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from([*NAMES, *NAMES, *NAMES, "checkpoint", "head", "verifier"]))
        data = files.get(name, b"")
        places = _places(data) if name in NAMES else []
        how = draw(st.integers(0, 9))
        if places and how in {0, 1, 2}:
            files[name] = _change_head(draw, data, *draw(st.sampled_from(places)))
        elif places and how in {3, 4, 5}:
            files[name] = _reseal(draw, data, *draw(st.sampled_from(places)), DATA_KEYS[name])
        elif name in NAMES and how == 6 and b"\n\n" in data:
            length = int.from_bytes(data[4:8], "big")
            text = data[8 : 8 + length].rpartition(b"\n\n")[0].decode("utf-8", "replace") + "\n"
            files[name] = pack_header(_sign_again(draw, text)) + data[8 + length :]
        elif name == "checkpoint" and how < 8 and b"\n\n" in data:
            files[name] = _sign_again(draw, data.rpartition(b"\n\n")[0].decode("utf-8", "replace") + "\n")
        elif how == 9:
            files.pop(name, None)
        else:
            files[name] = _change_bytes(draw, data)
    return files


def _let_loose(folder: Path) -> None:
    """Every reader, over the whole journal; only the journal's own errors may come out."""
    files = JournalFiles(folder)
    held = [WHOLE["checkpoint"]]
    for attempt in (
        lambda: verify_journal(files, held_elsewhere=held).exit_status,
        lambda: verify_journal(files, held_elsewhere=held, writing=True),
        lambda: survey(files, files.verifier()),
        lambda: prove_entry(files, 3, DataKeys(None, recovery=KEY)),
        lambda: prove_consistency(files, WHOLE["checkpoint"]),
    ):
        try:
            attempt()
        except ContrefeuError as refused:
            assert len(refused.report()) < 2_000
    try:
        reader = JournalReader(files, DataKeys(None, recovery=KEY))
    except ContrefeuError:
        return
    last = 0
    for _ in range(60):  # reading on behind each damage comes to an end
        try:
            for entries in reader.after(last):
                assert entries[0].sequence > last
                last = entries[-1].sequence
            break
        except ContrefeuError as refused:
            behind = getattr(refused, "last", -1)
            if behind <= last:
                break
            last = behind
    else:
        raise AssertionError("reading on does not end")
    for sequence in (1, 3, 7, 2**63):
        with contextlib.suppress(ContrefeuError):
            reader.entry(sequence)
    reader.close()


@pytest.mark.req("C4")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(files=_hostile())
def test_a_hostile_journal_is_refused_and_breaks_nothing(tmp_path_factory, files):
    """No error but our own, no loop, little memory: whatever is changed, and with whichever keys."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "segments").mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    tracemalloc.start()
    try:
        _let_loose(folder)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_MAX


def _written(folder: Path, data: bytes) -> JournalFiles:
    (folder / "segments").mkdir()
    (folder / "verifier").write_bytes(WHOLE["verifier"])
    (folder / NAMES[0]).write_bytes(data)
    return JournalFiles(folder)


def test_heads_that_overlap_do_not_cost_the_square_of_their_number(tmp_path):
    """A megabyte of right heads, each naming all that is behind it: checked in the time of a few readings of it."""
    header = WHOLE[NAMES[0]][: _places(WHOLE[NAMES[0]])[0][0]]
    count = 2**20 // 120
    heads = b"".join(
        seal_prefix(FrameHead(n, n + 1, 1, 120 * (count - n), 9, 9, 0, bytes(32)).pack(), b"no such ciphertext")
        for n in range(1, count)
    )
    files = _written(tmp_path, header + b"\x01" + heads + bytes(120))
    began = time.process_time()
    found = verify_journal(files, held_elsewhere=[WHOLE["checkpoint"]])
    assert not found.intact
    assert time.process_time() - began < 2  # 0.2 s; 4 s without the bound


def test_a_frame_of_another_world_moves_nothing(tmp_path):
    """A number or a sequence near 2**63 reserves no memory, walks no tree, and names no entry that nobody knows of."""
    whole = WHOLE[NAMES[0]]
    places = _places(whole)
    for number, sequence in ((2**62, 2**62), (2**62, 2), (1, 2**62), (5, 2**62)):
        forged = FrameHead(number, sequence, 1, 20, 2**63, 2**63, 0, bytes(32)).pack()
        frame = seal_prefix(forged, bytes(20)) + bytes(20)
        at = places[1][0]
        folder = tmp_path / f"{number}-{sequence}"
        folder.mkdir()
        files = _written(folder, whole[:at] + frame + whole[at:])
        (folder / NAMES[1]).write_bytes(WHOLE[NAMES[1]])
        began = time.process_time()
        found = verify_journal(files, held_elsewhere=[WHOLE["checkpoint"]])
        assert time.process_time() - began < 1
        (damage,) = found.damage
        assert (damage.segment, damage.offset, damage.kind) == (1, at, "reordered")
        assert damage.last_entry <= 7


BOMBS = [
    case for case in TOLD["cases"] if "72 MiB" in case["name"] or "64 MiB" in case["name"] or "2 GiB" in case["name"]
]


@pytest.mark.parametrize("case", BOMBS, ids=lambda case: case["name"])
def test_a_bomb_is_refused_in_little_memory(case, tmp_path):
    """In a process that may have 700 MiB of addresses, all told: what a batch may hold, twice, and the interpreter."""
    from tests.second_reader.vectors import edited

    files = edited(WHOLE, case["edits"])
    (tmp_path / "segments").mkdir()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    limit = 700 * 2**20
    code = (
        "import sys; from pathlib import Path; from tests.journal.test_fuzz import _let_loose;"
        "_let_loose(Path(sys.argv[1]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        cwd=Path(__file__).parents[2],
    )
    assert run.returncode == 0, run.stderr
