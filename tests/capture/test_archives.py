"""What is packed is read as if it were not; what does not unpack is kept whole, and nobody's memory is taken.

Method: archives made by the test, whole, nested, cut at every byte, with a rotten member, and bombs.
"""

import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.capture import Item, Problem, archives, read_file
from contrefeu.capture.archives import DEPTH_MAX
from contrefeu.journal import MEDIA_HL7V2, MEDIA_OTHER
from tests.capture.test_files import message, write

TWO = message("1") + message("2")
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}


def zip_of(files: dict[str, bytes]) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


def tar_of(files: dict[str, bytes]) -> bytes:
    """A tar archive, with a folder and a link that hold nothing."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "folder"
        archive.addfile(link)
    return out.getvalue()


def read(folder: Path, content: bytes) -> list[Item | Problem]:
    """What a file with *content* holds; origins begin with f."""
    path = write(folder / "f", content)
    found = list(read_file(path))
    return [
        type(f)(**{k: getattr(f, k) for k in f.__struct_fields__} | {"origin": f.origin[len(str(path)) - 1 :]})
        for f in found
    ]


def kept_whole(found: list[Item | Problem], content: bytes) -> bool:
    """Whether *content* itself is an item, and a problem says so."""
    return (
        Item(content, MEDIA_OTHER, "", "f") in found
        and isinstance(found[-1], Problem)
        and found[-1].kept
        and found[-1].origin == "f"
    )


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_a_compressed_file_is_read_as_if_it_were_not(kind: str, tmp_path: Path) -> None:
    """One stream, or several one after the other, or packed twice."""
    pack = COMPRESSORS[kind]
    messages = [Item(message(n), MEDIA_HL7V2, "CPAGE@CHU", f"f#{n}") for n in "12"]
    assert read(tmp_path, pack(TWO)) == messages
    assert read(tmp_path, pack(message("1")) + pack(message("2"))) == messages
    assert read(tmp_path, pack(pack(TWO))) == messages


@pytest.mark.parametrize(
    "make", [zip_of, tar_of, lambda f: gzip.compress(tar_of(f)), lambda f: zip_of({"in.zip": zip_of(f)})]
)
def test_an_archive_gives_each_of_its_files(make: Callable[[dict[str, bytes]], bytes], tmp_path: Path) -> None:
    """zip, tar, tar.gz, a zip in a zip; empty members and links give nothing."""
    files = {"a/1.hl7": message("1"), "b.txt": TWO, "empty": b"", "note": b"bonjour"}
    found = read(tmp_path, make(files))
    assert [item.body for item in found if isinstance(item, Item)] == [message("1"), *TWO_BODIES, b"bonjour"]
    assert all(isinstance(item, Item) and "!" in item.origin for item in found)


TWO_BODIES = [message("1"), message("2")]


def test_an_office_document_is_a_document(tmp_path: Path) -> None:
    """A .docx is a zip, and one item."""
    document = zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    [item] = read(tmp_path, document)
    assert isinstance(item, Item)
    assert item.body == document


@pytest.mark.parametrize("kind", COMPRESSORS)
@given(share=st.floats(0.01, 0.999))
def test_a_cut_stream_is_kept_whole_and_said(kind: str, share: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Cut anywhere: no half of it passes for all of it, and its bytes are there."""
    packed = COMPRESSORS[kind](TWO)
    cut = packed[: max(7, int(len(packed) * share))]
    found = read(tmp_path_factory.mktemp("cut"), cut)
    assert kept_whole(found, cut)
    assert len(found) == 2


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_what_follows_a_stream_is_not_lost(kind: str, tmp_path: Path) -> None:
    """Bytes behind the last stream that are no padding: kept whole."""
    content = COMPRESSORS[kind](TWO) + b"and more"
    assert kept_whole(read(tmp_path, content), content)
    assert len(read(tmp_path, COMPRESSORS[kind](TWO) + bytes(16))) == 2, "zeros are padding"


def test_one_rotten_member_hides_no_other(tmp_path: Path) -> None:
    """The members that open are read, the archive is kept whole beside, and the member is named."""
    content = bytearray(zip_of({"1.hl7": message("1"), "2.hl7": message("2") * 9, "3.hl7": message("3")}))
    at = bytes(content).index(b"2.hl7") + len("2.hl7") + 8
    content[at] ^= 0xFF
    found = read(tmp_path, bytes(content))
    assert [item.body for item in found if isinstance(item, Item)] == [message("1"), message("3"), bytes(content)]
    assert kept_whole(found, bytes(content))
    assert "2.hl7" in found[-1].reason  # type: ignore[union-attr]


@given(share=st.floats(0.01, 0.99))
def test_a_cut_archive_gives_what_opens_and_is_kept_whole(
    share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A cut tar: the members before the cut, then all its bytes; a cut zip has lost its index: all its bytes."""
    files = {f"{n}.hl7": message(str(n)) for n in range(5)}
    for made in (tar_of(files), zip_of(files)):
        cut = made[: max(600, int(len(made) * share))]
        found = read(tmp_path_factory.mktemp("cut"), cut)
        items = [item.body for item in found if isinstance(item, Item)]
        if kept_whole(found, cut):
            items.pop()
        else:
            assert items == list(files.values()), "whole but for the padding at its end"
        assert items == list(files.values())[: len(items)]


def test_a_bomb_is_refused_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine megabytes of zeros in a few hundred bytes, where eight may be taken of memory."""
    monkeypatch.setattr(archives, "UNPACKED_BYTES_MAX", 8 * 2**20)
    bomb = gzip.compress(bytes(9 * 2**20))
    assert kept_whole(read(tmp_path, zstandard.compress(lzma.compress(bomb))), bomb)
    assert read(tmp_path, gzip.compress(bytes(7 * 2**20))) == [Item(bytes(7 * 2**20), MEDIA_OTHER, "", "f")]
    holds = zip_of({"a": message("1"), "b": bytes(9 * 2**20), "c": message("2")})
    found = read(tmp_path, holds)
    assert kept_whole(found, holds)
    assert [i.body for i in found if isinstance(i, Item)][:2] == TWO_BODIES


def test_many_bombs_share_one_allowance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members that are each below the limit are counted together: time and disk are bounded too."""
    monkeypatch.setattr(archives, "UNPACKED_BYTES_MAX", 2**20)
    monkeypatch.setattr(archives, "UNPACKED_RATIO_MAX", 100)
    member = bytes(2**19)
    content = zip_of({f"{n:03}": member for n in range(60)})
    found = read(tmp_path, content)
    taken = sum(len(i.body) for i in found if isinstance(i, Item))
    assert kept_whole(found, content)
    assert taken <= 2**20 + 100 * len(content)
    assert 2 <= len(found) < 30


def test_an_archive_that_holds_itself_ends(tmp_path: Path) -> None:
    """Each level holds two of the next: DEPTH_MAX bounds it."""
    content = message("1")
    for _ in range(DEPTH_MAX + 1):
        content = zip_of({str(n): content for n in range(2)})
    items = [i for i in read(tmp_path, content) if isinstance(i, Item)]
    assert len(items) == 2**DEPTH_MAX
    assert all(i.body[:2] == b"PK" for i in items)


def test_a_damaged_tar_header_is_not_its_end(tmp_path: Path) -> None:
    """What stands behind it is kept, in the whole."""
    content = bytearray(tar_of({"1.hl7": message("1"), "2.hl7": message("2"), "3.hl7": message("3")}))
    content[content.index(b"2.hl7")] ^= 1
    found = read(tmp_path, bytes(content))
    assert [i.body for i in found if isinstance(i, Item)] == [message("1"), bytes(content)]
    assert kept_whole(found, bytes(content))


def test_an_archive_of_archives_ends(tmp_path: Path) -> None:
    """Deeper than any backup, it is taken as it is."""
    content = TWO
    for _ in range(DEPTH_MAX - 1):
        content = zip_of({"in": content})
    assert [i.body for i in read(tmp_path, content) if isinstance(i, Item)] == TWO_BODIES
    deeper = zip_of({"in": zip_of({"in": content})})
    [item] = read(tmp_path, deeper)
    assert isinstance(item, Item)
    assert item.body[:2] == b"PK"


def test_an_encrypted_archive_is_kept_whole(tmp_path: Path) -> None:
    """We have no password: it is an entry, and the command says why it is not read."""
    content = bytearray(zip_of({"1.hl7": message("1")}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1  # APPNOTE 4.4.4, bit 0: encrypted
    assert kept_whole(read(tmp_path, bytes(content)), bytes(content))
