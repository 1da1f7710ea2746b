"""What reads bytes from outside gives what was written, or refuses; it never gives something else or breaks.

Method: write and read back anything; then change, cut or invent the bytes (hypothesis), and look at what comes out.
"""

from hashlib import sha256

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.base import rfc3339
from contrefeu.journal import Draft, JournalTampered, Recipient, commitment_of, open_header
from contrefeu.journal.entry import pack_batch, pack_entry, unpack_batch, unpack_entry
from contrefeu.journal.files import Head, pack_head, unpack_head
from contrefeu.journal.header import SealedKey, SegmentHeader, header_length, pack_header
from contrefeu.journal.segment import SegmentOpener, SegmentSealer
from contrefeu.proof import FrameHead, Frontier, hash_leaf, read_prefix
from tests.journal.desk import ORIGIN, PAIR, SIGNER, flipped

U64 = st.integers(0, 2**64 - 1)
DRAFT = st.builds(Draft, st.text(max_size=60), st.text(max_size=60), st.binary(max_size=300), U64)
KEY = bytes(range(32))
NOTE = b"a header note"


@given(DRAFT, U64, U64)
def test_entries_are_read_as_they_were_written(draft, sequence, hlc):
    """Every field, whatever it holds."""
    entry = unpack_entry("j", bytes(16) + pack_entry(draft, sequence, hlc))
    assert (entry.source, entry.media_type, entry.body) == (draft.source, draft.media_type, draft.body)
    assert (entry.received_ns, entry.sequence, entry.hlc) == (draft.received_ns, sequence, hlc)


@given(st.binary(max_size=120))
def test_invented_entries_are_read_or_refused(data):
    """An entry, or ValueError: never another error."""
    try:
        unpack_entry("j", data)
    except ValueError:
        assert len(data) < 16 + 25 or data[16 + 24] or data[16 + 25]


@given(st.lists(st.binary(max_size=80), max_size=6), st.data())
def test_batches_are_read_whole_or_refused(entries, data):
    """Cut anywhere, a batch gives the whole records before the cut and says that it is cut."""
    batch, leaves = pack_batch(entries, bytes(range(16)) * len(entries))
    records = [bytes(range(16)) + entry for entry in entries]
    assert list(unpack_batch(batch)) == records
    assert leaves == [sha256(b"\0" + record).digest() for record in records]
    cut = data.draw(st.integers(0, len(batch)))
    given_before = []
    try:
        for record in unpack_batch(batch[:cut]):
            given_before.append(record)
        assert cut == sum(4 + len(r) for r in given_before)
    except ValueError:
        pass
    assert given_before == records[: len(given_before)]


@st.composite
def _heads(draw: st.DrawFn) -> FrameHead:
    """Heads that a writer may make."""
    count, first_hlc = draw(st.integers(1, 65_536)), draw(st.integers(0, 2**63))
    return FrameHead(
        number=draw(st.integers(0, 2**63 - 1)),
        first_sequence=draw(st.integers(1, 2**63 - 1 - 65_536)),
        count=count,
        length=draw(st.integers(17, 128 * 2**20)),
        first_hlc=first_hlc,
        last_hlc=first_hlc + count - 1 + draw(st.integers(0, 2**60)),
        received_ns=draw(U64),
        entries_root=draw(st.binary(min_size=32, max_size=32)),
    )


HEADS = _heads()


@given(HEADS, st.integers(0, 120 * 8 - 1))
def test_frame_heads_are_read_as_written_or_not_at_all(head, bit):
    """Any bit turned in the 120 bytes, and they are no frame's."""
    from contrefeu.proof import seal_prefix

    prefix = seal_prefix(head.pack(), b"ciphertext")
    assert read_prefix(prefix) == (head, sha256(b"ciphertext").digest())
    assert read_prefix(flipped(prefix, bit // 8, bit % 8)) is None
    assert read_prefix(prefix[: bit // 8]) is None


@pytest.mark.parametrize(
    "head",
    [
        FrameHead(0, 1, 0, 16, 0, 0, 0, bytes(32)),
        FrameHead(0, 1, 1, 16, 0, 0, 0, bytes(32), closing=True),
        FrameHead(0, 1, 1, 128 * 2**20 + 1, 0, 0, 0, bytes(32)),
        FrameHead(0, 1, 1, 16, 0, 0, 0, bytes(32)),
        FrameHead(0, 1, 0, 17, 0, 0, 0, bytes(32), closing=True),
        FrameHead(0, 1, 0, 16, 0, 1, 0, bytes(32), closing=True),
        FrameHead(0, 0, 1, 99, 0, 0, 0, bytes(32)),
        FrameHead(0, 2**63 - 1, 2, 99, 0, 1, 0, bytes(32)),
        FrameHead(2**63, 1, 1, 99, 0, 0, 0, bytes(32)),
        FrameHead(0, 1, 65_537, 99, 0, 2**40, 0, bytes(32)),
        FrameHead(0, 1, 3, 99, 5, 6, 0, bytes(32)),
        FrameHead(0, 1, 1, 99, 5, 4, 0, bytes(32)),
    ],
    ids=[
        "empty and not closing",
        "closing and not empty",
        "longer than any",
        "a tag and no batch",
        "closing and sealing something",
        "closing at two times",
        "before the first entry",
        "beyond the last entry there can be",
        "beyond the last frame there can be",
        "more entries than a frame may hold",
        "less time than entries",
        "clocks that go back",
    ],
)
def test_heads_that_no_writer_makes_are_refused(head):
    """A right check does not make a head right."""
    from contrefeu.proof import seal_prefix

    assert read_prefix(seal_prefix(head.pack(), b"")) is None


@given(st.binary(max_size=300))
def test_invented_prefixes_are_no_frames(data):
    """Bytes that were not written as a frame are none."""
    assert read_prefix(data) is None


def _sealed(*bodies: bytes) -> tuple[FrameHead, bytes]:
    entries = [pack_entry(Draft("s", "m", body, 9), n, n) for n, body in enumerate(bodies, 1)]
    frame, _leaf = SegmentSealer(NOTE, KEY).seal(
        entries, bytes(range(16)) * len(entries), first_sequence=1, hlc=(1, len(entries)), received_ns=9
    )
    found = read_prefix(frame[:120])
    assert found is not None
    return found[0], frame[120:]


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.data())
def test_frames_open_as_sealed_or_not_at_all(bodies, data):
    """Any bit of the ciphertext, any field of the head, another header, another key: nothing opens."""
    head, ciphertext = _sealed(*bodies)
    opener = SegmentOpener("j", NOTE, KEY)
    assert [e.body for e in opener.entries(head, ciphertext)] == bodies
    at = data.draw(st.integers(0, len(ciphertext) - 1))
    field = data.draw(st.sampled_from(["number", "first_sequence", "count", "first_hlc", "last_hlc", "received_ns"]))
    changed = {name: getattr(head, name) for name in FrameHead.__dataclass_fields__}
    changed[field] += 1
    for wrong, sealed, by in (
        (head, flipped(ciphertext, at), opener),
        (head, ciphertext[:at], opener),
        (FrameHead(**changed), ciphertext, opener),
        (head, ciphertext, SegmentOpener("j", NOTE + b"!", KEY)),
        (head, ciphertext, SegmentOpener("j", NOTE, flipped(KEY, at % 32))),
    ):
        with pytest.raises(JournalTampered, match=r"^Frame \d+ of journal \"j\" does not open\.$"):
            by.entries(wrong, sealed)


@pytest.mark.parametrize("size", [72 * 2**20 + 1, 2**40])
def test_a_bomb_is_refused_before_it_is_unpacked(size, monkeypatch):
    """The size is looked at first: nothing of it is ever in memory."""
    opener = SegmentOpener("j", NOTE, KEY)
    monkeypatch.setattr(zstandard, "frame_content_size", lambda data: size)
    monkeypatch.setattr(opener, "_zstd", None)
    head, ciphertext = _sealed(b"x")
    with pytest.raises(JournalTampered, match="holds no batch"):
        opener.entries(head, ciphertext)


@given(U64, U64, U64, U64, st.integers(0, 39 * 8))
def test_head_files_are_read_as_written_or_not_at_all(segment, offset, sequence, leaves, bit):
    """Any bit turned, or any byte missing: no head."""
    head = Head(segment, offset, sequence, leaves)
    packed = pack_head(head)
    assert unpack_head(packed) == head
    assert unpack_head(flipped(packed, bit // 8, bit % 8)) is None
    assert unpack_head(packed[: bit // 8]) is None


HEADER = SegmentHeader(
    ORIGIN,
    3,
    1_790_000_000_123_456_000,
    41,
    Frontier(5, [bytes([1]) * 32, bytes([2]) * 32]),
    77 << 16,
    commitment_of(KEY),
    (SealedKey("recovery", PAIR.fingerprint, bytes(1168)),),
)


@given(
    st.integers(1, 10**9),
    st.integers(0, 4_000_000_000_000_000),
    st.integers(1, 10**12),
    st.lists(st.binary(min_size=32, max_size=32), max_size=9),
    U64,
)
def test_headers_are_read_as_they_were_written(segment, opened_us, first, leaves, hlc):
    """Every field of a header comes back, and its bytes are measured right."""
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    header = SegmentHeader(ORIGIN, segment, opened_us * 1000, first, tree, hlc, commitment_of(KEY), HEADER.keys)
    note = header.sign(SIGNER)
    found = open_header(note, SIGNER.verifier)
    assert found.text() == header.text()
    assert (found.tree.size, found.tree.peaks, found.opened_ns) == (tree.size, tree.peaks, opened_us * 1000)
    assert header_length(pack_header(note)[:8]) == len(note)


@given(st.data())
def test_one_bit_of_a_header_is_never_taken_for_another(data):
    """Its text, its signature, the last letter of its signature."""
    note = HEADER.sign(SIGNER)
    at = data.draw(st.integers(0, len(note) - 1))
    with pytest.raises(JournalTampered):
        open_header(flipped(note, at, data.draw(st.integers(0, 7))), SIGNER.verifier)


@given(st.data())
def test_signed_nonsense_is_no_header(data):
    """A line missing, repeated, added or spelt otherwise is refused, even if the writer's key signed it."""
    lines = HEADER.text()[:-1].split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    spelt = data.draw(
        st.one_of(
            st.just([]),
            st.just([lines[at], lines[at]]),
            st.just([lines[at] + " "]),
            st.just([lines[at] + "0"]),
            st.text(alphabet=st.characters(exclude_characters="\n", exclude_categories=["C"]), max_size=40).map(
                lambda text: [text]
            ),
        )
    )
    text = "\n".join([*lines[:at], *spelt, *lines[at + 1 :]]) + "\n"
    if spelt == [lines[at]]:
        return
    try:
        found = open_header(SIGNER.sign(text), SIGNER.verifier)
    except JournalTampered:
        return
    assert found.text() == text, "what is taken is written as a writer writes it"


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("segment 3", "segment 0"),
        ("segment 3", "segment +3"),
        ("first-leaf 5", "first-leaf -3"),
        ("first-leaf 5", "first-leaf 7"),
        ("first-sequence 41", "first-sequence 4_1"),
        ("compression zstd", "compression none"),
        (rfc3339(1_790_000_000_123_456_000), "2026-09-21"),
        (rfc3339(1_790_000_000_123_456_000), "0001-01-01T00:00:00.000000+23:59"),
        (f"last-hlc {77 << 16}", f"last-hlc {'9' * 5000}"),
        ("peaks AQEB", "peaks AQE"),
    ],
)
def test_headers_spelt_otherwise_are_refused(line, instead):
    """One way to write each value."""
    text = HEADER.text()
    assert line in text
    with pytest.raises(JournalTampered, match="malformed"):
        open_header(SIGNER.sign(text.replace(line, instead, 1)), SIGNER.verifier)


@pytest.mark.parametrize(
    "preamble", [b"", b"CFJ1", b"CFJ2\0\0\0\1", b"CFJ1\0\0\0\0", b"CFJ1\0\4\0\1", b"CFJ1\xff\xff\xff\xff"]
)
def test_lengths_that_no_header_has_are_refused(preamble):
    """256 KiB at most, and never none."""
    assert header_length(preamble) is None


@given(st.text(max_size=50))
def test_recipients_are_read_as_written_or_refused(text):
    """The one-line form of a public key, and nothing that looks like it."""
    assert Recipient.parse(str(PAIR.recipient)) == PAIR.recipient
    with pytest.raises(ValueError):
        Recipient.parse(text)


def test_opened_records_lead_to_the_root():
    """A head that commits to other entries than it holds does not open, even for who has the key."""
    head, ciphertext = _sealed(b"a", b"b")
    salted = SegmentOpener("j", NOTE, KEY).salted(head, ciphertext)
    assert sha256(b"\1" + hash_leaf(salted[0]) + hash_leaf(salted[1])).digest() == head.entries_root
