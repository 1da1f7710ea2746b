"""Every byte of a file is in an item, or is one of those that the module's docstring gives up.

Method: files of each shape hospitals hand over, written by the test, cut, and put together again; hypothesis draws
the messages, the separators between them, and files that are nothing at all.
"""

import inspect
import json
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.capture import Item, Problem, files, files_in, read_file, split
from contrefeu.journal import ENTRY_BODY_BYTES_MAX, MEDIA_CDA, MEDIA_FHIR, MEDIA_HL7V2, MEDIA_OTHER


def message(control_id: str, end: str = "\r") -> bytes:
    """A small admission of CPAGE."""
    lines = (f"MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124||ADT^A01|{control_id}|T|2.5", "PID|1||42^^^CHU^PI||ESSAI^ÉLOÏSE")
    return (end.join(lines) + end).encode()


def bodies(content: bytes) -> list[bytes]:
    """What *content* is cut into."""
    found = list(split(content, "file"))
    assert all(isinstance(item, Item) for item in found)
    return [item.body for item in found if isinstance(item, Item)]


def write(path: Path, content: bytes) -> Path:
    """A file of a test's own."""
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content", [message("1"), message("1", "\r\n"), message("1", "\n")[:-1], b"\n\n" + message("1")]
)
def test_a_file_with_one_message_is_one_item_byte_for_byte(content: bytes, tmp_path: Path) -> None:
    """Whatever its line ends, and whatever blank lines stand around it."""
    path = write(tmp_path / "a.txt", content)
    assert list(read_file(path)) == [Item(content, MEDIA_HL7V2, "CPAGE@CHU", str(path))]


def test_a_byte_order_mark_stays_with_its_message(tmp_path: Path) -> None:
    """Windows editors begin files with one: it hides no message, and is kept."""
    assert bodies(b"\xef\xbb\xbf" + message("1")) == [b"\xef\xbb\xbf" + message("1")]
    two = bodies(b"\xef\xbb\xbf" + message("1") + message("2"))
    assert two == [message("1"), message("2")]


def test_envelopes_are_items_of_their_own() -> None:
    """FHS, BHS, BTS and FTS are kept, and no message swallows one."""
    lines = [b"FHS|^~\\&|CPAGE\r", b"BHS|^~\\&|CPAGE\r", message("1"), message("2"), b"BTS|2\r", b"FTS|1\r"]
    assert bodies(b"".join(lines)) == lines


def test_an_mllp_dump_is_cut_at_its_frames() -> None:
    """VT and FS CR are the wire's, not the message's; what stood before the first frame is kept."""
    dump = b"".join(b"\x0b" + message(str(n)) + b"\x1c\r" for n in range(3))
    assert bodies(dump) == [message(str(n)) for n in range(3)]
    assert bodies(b"connected to 10.0.0.1\r\n" + dump)[0] == b"connected to 10.0.0.1\r\n"


@given(
    ends=st.lists(st.sampled_from(["\r", "\r\n", "\n"]), min_size=1, max_size=6),
    separators=st.lists(
        st.binary(max_size=5).map(lambda b: bytes(c for c in b if c in b"\r\n \t\x0b\x1c")), max_size=6
    ),
)
def test_what_is_dropped_is_blank(ends: list[str], separators: list[bytes]) -> None:
    """Any separators between any messages: the items in order, and only blanks between them."""
    parts = [message(str(n), end) for n, end in enumerate(ends)]
    content = b"".join(
        part + (b"\r\n" if n + 1 < len(parts) else b"") + separator.replace(b"MSH", b"")
        for n, (part, separator) in enumerate(zip(parts, [*separators, *[b""] * len(parts)], strict=False))
    )
    at = 0
    for body in bodies(content):
        found = content.index(body, at)
        assert not content[at:found].strip(b"\r\n \t\x0b\x1c\x00")
        at = found + len(body)
    assert not content[at:].strip(b"\r\n \t\x0b\x1c\x00")
    texts = [re.sub(rb"[\s\x0b\x1c]+$", b"", body).lstrip(b"\x0b") for body in bodies(content)]
    assert texts == [part.rstrip() for part in parts]


@given(content=st.binary(min_size=1, max_size=300) | st.text(min_size=1, max_size=300).map(str.encode))
def test_no_content_is_too_odd(content: bytes) -> None:
    """Anything gives items, and no byte that is not blank or framing is lost."""
    found = [item for item in split(content, "file") if isinstance(item, Item)]
    assert found
    if content.lstrip()[:1] not in (b"{",):
        kept = b"".join(item.body for item in found)
        blank = b"\r\n \t\x0b\x1c\x1a\x00\xef\xbb\xbf"
        assert bytes(c for c in kept if c not in blank) == bytes(c for c in content if c not in blank)


@given(noise=st.binary(max_size=40), count=st.integers(1, 4))
def test_noise_before_messages_hides_none(noise: bytes, count: int) -> None:
    """A log's first lines, a cut line: what follows is still cut into messages."""
    sent = [message(str(n)) for n in range(count)]
    found = bodies(b"x" + noise + b"\r\n" + b"".join(sent))
    assert found[-count:] == sent


def test_json_lines_are_an_item_each() -> None:
    """NDJSON: a resource a line; a wrapped message is that message; what is neither is kept all the same."""
    wrapped = json.dumps({"id": 7, "message": message("7").decode()})
    lines = ['{"resourceType":"Patient","id":"1"}', wrapped, '{"temperature":38}', "not json"]
    found = list(split("\n".join([*lines, "", ""]).encode(), "f"))
    assert found == [
        Item(lines[0].encode(), MEDIA_FHIR, "", "f#1"),
        Item(message("7"), MEDIA_HL7V2, "CPAGE@CHU", "f#2"),
        Item(lines[2].encode(), "application/json", "", "f#3"),
        Item(lines[3].encode(), MEDIA_OTHER, "", "f#4"),
    ]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b'{"resourceType":"Bundle",\n "type":"collection"}\n', MEDIA_FHIR),
        (b'[{"resourceType":"Patient"}]', MEDIA_FHIR),
        (b'{"a": 1}', "application/json"),
        (b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>', MEDIA_CDA),
        (b'<Patient xmlns="http://hl7.org/fhir"/>', "application/fhir+xml"),
        (b"<inventory/>", "application/xml"),
        (b"%PDF-1.7\n...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"Compte rendu\n", "text/plain"),
        (("é" * 5000).encode(), "text/plain"),
        (bytes(20), MEDIA_OTHER),
        (b"\xff\xfe\x00", MEDIA_OTHER),
        (b"{" * 100_000, "application/json"),
    ],
)
def test_a_document_is_told_by_its_content(content: bytes, media_type: str) -> None:
    """One item, whole, with its type; the name of the file says nothing."""
    assert list(split(content, "f.hl7")) == [Item(content, media_type, "", "f.hl7")]


def test_deep_json_stops_nothing() -> None:
    """A line of 100,000 brackets is a line like another."""
    deep = b'{"resourceType":"Patient"}\n{"a":' + b"[" * 100_000 + b"\n"
    assert [item.body for item in split(deep, "f") if isinstance(item, Item)] == deep.split()


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    """No item, no trouble."""
    assert list(read_file(write(tmp_path / "empty", b""))) == []


def test_what_is_above_the_limit_is_said(tmp_path: Path) -> None:
    """A file that cannot be one entry is a Problem with its size; it is not read into memory, let alone cut."""
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.write(b"\x00")
        file.truncate(ENTRY_BODY_BYTES_MAX + 1)
    assert list(read_file(path)) == [
        Problem(str(path), f"{ENTRY_BODY_BYTES_MAX + 1} bytes are above the limit of an entry, {ENTRY_BODY_BYTES_MAX}")
    ]


def test_what_is_no_file_is_said_and_not_waited_for(tmp_path: Path) -> None:
    """A pipe, a missing file and a link to nowhere are Problems; none of them hangs."""
    pipe, lost = tmp_path / "pipe", tmp_path / "lost"
    os.mkfifo(pipe)
    lost.symlink_to(tmp_path / "nowhere")
    assert list(read_file(pipe)) == [Problem(str(pipe), "not a regular file")]
    assert list(read_file(lost)) == [Problem(str(lost), "No such file or directory")]
    assert list(files_in(lost)) == [lost]


def test_a_folder_gives_its_files_in_order_and_no_loop(tmp_path: Path) -> None:
    """Links to folders are not followed, links to files are; order is by name, folder by folder."""
    (tmp_path / "b").mkdir()
    for name in ("c.hl7", "a.hl7", "b/2.hl7", "b/10.hl7"):
        write(tmp_path / name, message(name))
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "d.hl7").symlink_to(tmp_path / "a.hl7")
    names = [path.relative_to(tmp_path).as_posix() for path in files_in(tmp_path)]
    assert names == ["a.hl7", "b/10.hl7", "b/2.hl7", "c.hl7", "d.hl7"]
    link = tmp_path.with_name(f"{tmp_path.name}-link")
    link.symlink_to(tmp_path)
    assert len(list(files_in(link))) == 5, "a link that is named is followed"


def test_folders_may_lie_very_deep(tmp_path: Path) -> None:
    """Deeper than Python likes to recurse: here it may go no further than 80 calls from this test."""
    deep = tmp_path.joinpath(*["d"] * 150)
    deep.mkdir(parents=True)
    write(deep / "a.hl7", message("1"))
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 80)
    try:
        assert list(files_in(tmp_path)) == [deep / "a.hl7"]
    finally:
        sys.setrecursionlimit(usual)


_STARTS = re.compile(rb"(?:MSH|FHS|BHS|BTS|FTS)(?=[^\w\s])(?:(?<![^\r\n\x0b\x1c][A-Z]{3})|(?<=\xef\xbb\xbf[A-Z]{3}))")
STARTS = st.lists(
    st.sampled_from(
        [b"MSH|^~\\&|A\r", b"FHS|1", b"BTS|\r", b"\rFTS|", b"BHS", b"MSH", b"\xef\xbb\xbf", b"x", b"\n", b"|", b"S"]
    ),
    max_size=40,
).map(b"".join)


@given(content=STARTS, window=st.integers(1, 40))
def test_where_messages_begin_depends_on_no_window(content: bytes, window: int) -> None:
    """Looked at piece by piece, by what stands before a name: the same places as by the rule in one piece."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_WINDOW_BYTES", window)
        assert list(files._starts(content)) == [found.start() for found in _STARTS.finditer(content)]
