"""What may become of the journal's files as they lie: bits, cuts, order, torn tails, files moved and gone."""

import struct
from zlib import crc32

from contrefeu.journal import pack_head
from contrefeu.journal.entry import Draft, pack_entry
from contrefeu.journal.files import Head
from contrefeu.journal.segment import SegmentSealer
from contrefeu.proof import Frontier
from spec_vectors.built import (
    DATA_KEYS,
    HEAD_FIELDS,
    MS,
    RESERVED,
    SEG1,
    SEG2,
    SIGNER,
    STRANGER,
    T0,
    Built,
    Cases,
    at,
    edit,
    flip,
    gone,
    insert,
    new,
    replace,
)
from spec_vectors.resealed import reheaded

SEG3 = "segments/0000000003.seg"


def add_opening(cases: Cases) -> None:
    """What a reader must not refuse."""
    built = cases.built
    f1, f2 = built.frames[SEG1], built.frames[SEG2]
    end1, end2 = len(built.files[SEG1]), f2[-1][0] + 120 + f2[-1][1]
    cases.opens("whole")
    cases.opens("whole, with the other recipient's key", key="reader/2026-11-24")
    cases.opens("no reserved space", edit(SEG2, end2, RESERVED, b""))
    cases.opens("no head", gone("head"))
    cases.opens("torn head", flip(built, "head", 20))
    cases.opens("old head, nobody writes", edit("head", 0, 40, pack_head(Head(1, f1[1][0], 1, 2))))
    cases.opens("no checkpoint", gone("checkpoint"))
    cases.opens("earlier checkpoint", replace(built, "checkpoint", built.points[3]))
    cases.opens("a stranger's cosignature", insert(built, "checkpoint", STRANGER.signature_line("any\n").encode()))
    torn = [replace(built, "checkpoint", built.points[5]), gone("head")]  # no checkpoint covers the last frame
    at_2 = f2[0][0]
    cases.opens("torn tail: cut in the head", *torn, edit(SEG2, at_2 + 50, 9999, b""), entries=4, tail=True)
    cases.opens("torn tail: cut in the ciphertext", *torn, edit(SEG2, end2 - 3, 9999, b""), entries=4, tail=True)
    cases.opens("torn tail: a sector of zeros", *torn, edit(SEG2, at_2, 60, bytes(60)), entries=4, tail=True)
    cases.opens("torn tail: bytes behind the last frame", edit(SEG2, end2 + 9, 3, b"CF\x00"), tail=True)
    cases.opens("a file without a header at the end", new(SEG3, b"CFJ1\x00\x00\x10\x00"), tail=True)
    cases.opens("segment one, abandoned frame", *_abandoned(built))
    cases.opens("frames that the next header leaves out", edit(SEG1, end1, 0, _cut(built)[0]))
    cases.opens("bytes that the next header leaves out", edit(SEG1, end1, 0, b"CF\x00 of a failed sync"))
    cases.opens("an empty file at the end", new(SEG3, b""), tail=True)
    cases.opens("reserved space for ever", edit(SEG2, end2, 0, bytes(5000)))


def add_altered(cases: Cases) -> None:
    """A bit turned in every field."""
    built = cases.built
    f1, f2 = built.frames[SEG1], built.frames[SEG2]
    for region, where in (
        ("mark", 1),
        ("length of the header", 7),
        ("origin in the header", 50),
        ("sealed key", 1200),
        ("header signature", len(built.notes[SEG1]) - 10),
        ("last letter of the header signature", len(built.notes[SEG1]) + 8 - 3),
    ):
        damage = [at(1, 0, 1, 4, "altered")]
        cases.refuses(f"altered: {region}", "header", damage, flip(built, SEG1, where), entries=0)
    frame_1 = [at(1, f1[1][0], 2, 3, "altered")]
    where = f1[1][0]
    for what, size in HEAD_FIELDS:
        name = "mark of a frame" if what == "mark" else what
        cases.refuses(f"altered: {name}", "frame", frame_1, flip(built, SEG1, where + size - 1), entries=1)
        where += size
    cases.refuses("altered: ciphertext", "frame", frame_1, flip(built, SEG1, where + 5), entries=1)
    cases.refuses("altered: tag", "frame", frame_1, flip(built, SEG1, f1[2][0] - 1), entries=1)
    cases.refuses("altered: the closing frame", "frame", [at(1, f1[3][0], 5, 4, "altered")],
                  flip(built, SEG1, f1[3][0] + 60))  # fmt: skip
    cases.refuses("altered: two frames", "frame", [at(1, f1[0][0], 1, 1, "altered"), at(1, f1[2][0], 4, 4, "altered")],
                  flip(built, SEG1, f1[0][0] + 130), flip(built, SEG1, f1[2][0] + 30), entries=0)  # fmt: skip
    cases.refuses(
        "altered: a frame in the last segment that a checkpoint covers",
        "frame",
        [at(2, f2[0][0], 5, 7, "altered")],
        flip(built, SEG2, f2[0][0] + 120 + f2[0][1] - 1),
        entries=4,
    )
    zeros = edit(SEG1, f1[1][0], f1[2][0] - f1[1][0], bytes(f1[2][0] - f1[1][0]))
    cases.refuses("zeros over a frame", "frame", frame_1, zeros, entries=1)
    rest = edit(SEG1, f1[1][0], 9999, bytes(2000))
    cases.refuses("zeros over the rest of a segment that is not the last", "tree", [at(1, f1[1][0], 2, 4, "missing")],
                  rest, entries=1)  # fmt: skip


def add_moved(cases: Cases) -> None:
    """Frames and files in another order, missing, repeated, cut."""
    built = cases.built
    one, two = built.files[SEG1], built.files[SEG2]
    f1, f2 = built.frames[SEG1], built.frames[SEG2]
    cut, end2 = _cut(built), f2[-1][0] + 120 + f2[-1][1]
    start, stop = f1[0][0], len(one)
    last_one = [gone(SEG2), replace(built, "checkpoint", built.points[4]), gone("head")]
    lengths = [len(frame) for frame in cut]
    cases.refuses("frames added after the closing frame", "order", [at(1, stop, 1, 1, "repeated")],
                  edit(SEG1, stop, 0, cut[0]), *last_one, entries=4)  # fmt: skip
    for name, order, entries, where in (
        ("swapped", (1, 0, 2, 3), 0, at(1, start + lengths[1], 1, 1, "reordered")),
        ("repeated", (0, 0, 1, 2, 3), 1, at(1, start + lengths[0], 1, 1, "repeated")),
        ("repeated later", (0, 1, 0, 2, 3), 3, at(1, start + lengths[0] + lengths[1], 1, 1, "repeated")),
        ("dropped from the start", (1, 2, 3), 0, at(1, start, 1, 1, "missing")),
        ("dropped from the middle", (0, 2, 3), 1, at(1, start + lengths[0], 2, 3, "missing")),
        ("dropped before the closing frame", (0, 1, 3), 3, at(1, start + sum(lengths[:2]), 4, 4, "missing")),
        ("dropped from the end of a segment", (0, 1), 3, at(1, start + sum(lengths[:2]), 4, 4, "missing")),
        ("all gone from a segment that is not the last", (), 0, at(1, start, 1, 4, "missing")),
        ("behind the closing frame", (0, 1, 3, 2), 3, at(1, stop - lengths[2], 4, 4, "reordered")),
    ):
        frames = b"".join(cut[i] for i in order)
        cases.refuses(f"frames {name}", "order", [where], edit(SEG1, start, stop - start, frames), entries=entries)
    cases.refuses("a closing frame gone from a segment that is not the last", "order",
                  [at(1, f1[3][0], 5, 4, "missing")], edit(SEG1, f1[3][0], 9999, b""))  # fmt: skip
    cases.refuses("a frame carried to another segment", "order", [at(2, end2, 1, 1, "reordered")],
                  edit(SEG2, end2, 0, cut[0]))  # fmt: skip
    frame_2 = two[f2[0][0] : end2]
    cases.refuses("a frame carried to an earlier segment", "order", [at(1, f1[1][0], 5, 7, "reordered")],
                  edit(SEG1, f1[1][0], 0, frame_2), entries=1)  # fmt: skip
    for name, offset, where, entries in (
        ("in a frame of a segment that is not the last", f1[2][0] + 30, at(1, f1[2][0], 4, 4, "missing"), 3),
        ("in a ciphertext of a segment that is not the last", f1[1][0] + 125, at(1, f1[1][0], 2, 4, "missing"), 1),
        ("in the closing frame", f1[3][0] + 130, at(1, f1[3][0], 5, 4, "missing"), 7),
        ("in a header", 700, at(1, 0, 1, 4, "missing"), 0),
        ("to nothing", 0, at(1, 0, 1, 4, "missing"), 0),
    ):
        cases.refuses(f"truncated {name}", "tree", [where], edit(SEG1, offset, 9999, b""), entries=entries)
    where = [at(2, f2[0][0], 5, 7, "missing")]
    cases.refuses("truncated below the checkpoint", "checkpoint", where, edit(SEG2, f2[0][0], 9999, b""), entries=4)
    for name, change in (
        ("cut in the head, below the checkpoint", edit(SEG2, f2[0][0] + 50, 9999, b"")),
        ("cut in the ciphertext, below the checkpoint", edit(SEG2, end2 - 3, 9999, b"")),
        ("zeros, below the checkpoint", edit(SEG2, f2[0][0], 9999, bytes(900))),
    ):
        cases.refuses(f"no torn tail: {name}", "checkpoint", where, change, entries=4)
    held = [built.points[-1].decode()]
    older = [replace(built, "checkpoint", built.points[5]), gone("head")]
    where = [at(2, f2[0][0], 5, 7, "rolled-back")]
    cases.refuses("no torn tail: below a checkpoint held elsewhere", "checkpoint", where, *older,
                  edit(SEG2, end2 - 3, 9999, b""), entries=4, held_elsewhere=held)  # fmt: skip
    cases.refuses("rolled back, as a copy elsewhere shows", "checkpoint", [at(2, 0, 5, 7, "rolled-back")], *last_one,
                  entries=4, held_elsewhere=held)  # fmt: skip
    cases.refuses("first segment missing", "tree", [at(1, 0, 1, 4, "missing")], gone(SEG1), entries=0)
    cases.refuses("last segment missing", "checkpoint", [at(2, 0, 5, 7, "missing")], gone(SEG2), entries=4)
    cases.refuses("both segments missing", "checkpoint", [at(1, 0, 1, 7, "missing")], gone(SEG1), gone(SEG2), entries=0)
    swapped = [at(1, 0, 1, 4, "reordered"), at(2, 0, 5, 7, "reordered")]
    exchange = [replace(built, SEG1, two), replace(built, SEG2, one)]
    cases.refuses("segments exchanged", "header", swapped, *exchange, entries=0)
    cases.refuses("a segment twice", "header", [at(3, 0, 8, 7, "repeated")], new(SEG3, one))
    cases.refuses("a segment under the next number", "header", [at(3, 0, 5, 7, "reordered")], gone(SEG2),
                  new(SEG3, two), entries=4)  # fmt: skip
    cases.refuses("a segment in the place of another", "header", [at(1, 0, 1, 4, "repeated")],
                  replace(built, SEG1, two), entries=0)  # fmt: skip
    cases.refuses("frames behind no header at the end", "header", [at(3, 0, 8, 7, "altered")],
                  new(SEG3, b"CFJ1\x00\x00\x00\x00" + cut[0]))  # fmt: skip


def add_forged_heads(cases: Cases) -> None:
    """A head written anew, with the check that fits: what anybody can do who holds the disk."""
    built = cases.built
    f1 = built.frames[SEG1]
    there, after = f1[1][0], f1[2][0]
    altered = [at(1, there, 2, 3, "altered")]
    subtree = [at(1, f1[0][0], 1, 4, "altered")]  # the smallest that the next header tells of
    moved = [at(1, there, 2, 3, "reordered"), at(1, after, 2, 3, "missing")]
    first, last = struct.unpack_from(">QQ", built.files[SEG1], there + 28)
    for name, offset, form, value, where in (
        ("another mark", 0, ">2s", b"CG", altered),
        ("an unknown flag", 2, ">H", 0x0002, altered),
        ("a high flag", 2, ">H", 0x8000, altered),
        ("a closing flag on entries", 2, ">H", 1, altered),
        ("the next number", 4, ">Q", 2, moved),
        ("the number before", 4, ">Q", 0, moved),
        ("the largest number", 4, ">Q", 2**64 - 1, altered),
        ("first sequence 0", 12, ">Q", 0, altered),
        ("a sequence too early", 12, ">Q", 1, [at(1, there, 1, 2, "reordered"), moved[1]]),
        ("a sequence too late", 12, ">Q", 3, [at(1, there, 3, 4, "reordered"), moved[1]]),
        ("a sequence beyond all", 12, ">Q", 2**63 - 2, altered),
        ("no entry", 20, ">I", 0, altered),
        ("an entry less", 20, ">I", 1, [at(1, after, 4, 4, "reordered"), at(1, f1[3][0], 3, 3, "missing")]),
        ("65537 entries", 20, ">I", 65_537, altered),
        ("2^32 - 1 entries", 20, ">I", 2**32 - 1, altered),
        ("length 0", 24, ">I", 0, altered),
        ("a length with no room for a batch", 24, ">I", 16, altered),
        ("a length beyond the file", 24, ">I", 100_000, altered),
        ("a length above 128 MiB", 24, ">I", 128 * 2**20 + 1, altered),
        ("the largest length", 24, ">I", 2**32 - 1, altered),
        ("clocks that go back", 28, ">QQ", (last, first), altered),
        ("less time than entries", 28, ">QQ", (first, first), altered),
        ("a clock before the last frame's", 28, ">Q", 1, [*altered, *subtree]),
        ("a clock beyond the next frame's", 36, ">Q", 2**63, [at(1, after, 4, 4, "altered"), *subtree]),
        ("another time", 44, ">Q", 1, subtree),
        ("another entries root", 52, ">32s", bytes(32), subtree),
        ("another hash", 84, ">32s", bytes(32), [*altered, *subtree]),
    ):
        values = value if isinstance(value, tuple) else (value,)
        prefix = bytearray(built.files[SEG1][there : there + 116])
        struct.pack_into(form, prefix, offset, *values)
        change = edit(SEG1, there, 120, bytes(prefix) + struct.pack(">I", crc32(prefix)))
        cases.refuses(f"forged head: {name}", "frame", sorted(where, key=lambda d: d["offset"]), change, entries=1)
    prefix = bytearray(built.files[SEG1][there : there + 116])
    struct.pack_into(">I", prefix, 24, struct.unpack_from(">I", prefix, 24)[0] - 1)
    cases.refuses("a wrong length with a right check", "frame",
                  [*subtree, *altered, at(1, after - 1, 4, 3, "altered")],
                  edit(SEG1, there, 120, bytes(prefix) + struct.pack(">I", crc32(prefix))), entries=1)  # fmt: skip
    closing = f1[3][0]
    for name, offset, form, value in (
        ("without its flag", 2, ">H", 0),
        ("with an entry", 20, ">I", 1),
        ("longer than a tag", 24, ">I", 17),
        ("at two times", 36, ">Q", 2**63),
        ("of an earlier sequence", 12, ">Q", 4),
    ):
        prefix = bytearray(built.files[SEG1][closing : closing + 116])
        struct.pack_into(form, prefix, offset, value)
        change = edit(SEG1, closing, 120, bytes(prefix) + struct.pack(">I", crc32(prefix)))
        where = [at(1, closing, 5, 4, "altered")]
        if offset == 12:
            where = [at(1, closing, 4, 3, "reordered"), at(1, len(built.files[SEG1]), 5, 4, "missing")]
        cases.refuses(f"closing frame {name}", "frame", where, change)


def _cut(built: Built) -> list[bytes]:
    return [built.files[SEG1][offset : offset + 120 + length] for offset, length in built.frames[SEG1]]


def _abandoned(built: Built) -> list[dict[str, object]]:
    """A frame after the closing one's place, that the next header leaves out: its sync had failed."""
    closing = built.frames[SEG1][3][0]
    note = built.notes[SEG1]
    tree = Frontier()
    for leaf in built.leaves[:4]:
        tree.append(leaf)
    sealer = SegmentSealer(note, DATA_KEYS[1])
    sealer._frames = 3
    lost = pack_entry(Draft("ADM@CHU", "x/lost", b"never acknowledged", T0), 5, built_hlc := T0 // MS + 99 << 16)
    frame, _ = sealer.seal([lost], bytes(16), first_sequence=5, hlc=(built_hlc, built_hlc), received_ns=T0)
    return [edit(SEG1, closing, 136, frame), *reheaded(built, SIGNER, tree=tree)]
