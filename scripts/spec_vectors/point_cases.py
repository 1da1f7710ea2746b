"""Checkpoints and verifiers: where signed notes and tlog-checkpoints are mistaken."""

import base64

from contrefeu.proof import Checkpoint, Frontier
from spec_vectors.built import ORIGIN, SIGNER, STRANGER, T0, Cases, at, flip, point_text, replace, root

UNREAD = [at(0, 0, 1, 0, "altered")]


def add_points(cases: Cases) -> None:
    """Signed for another tree, or not written as they must be."""
    built = cases.built
    whole, size = len(built.entries), len(built.leaves)
    second = built.frames["segments/0000000002.seg"][0][0]

    def signed(name: str, point: Checkpoint, where: list[dict[str, object]]) -> None:
        cases.refuses(name, "checkpoint", where, replace(built, "checkpoint", point.sign(SIGNER)))

    other = Checkpoint(ORIGIN, 5, bytes(32), 4, T0)
    forked = [at(1, 0, 1, 4, "forked")]  # a header vouches for another root of five leaves
    cases.refuses(
        "forked, as a copy elsewhere shows", "checkpoint", forked, held_elsewhere=[other.sign(SIGNER).decode()]
    )
    signed("checkpoint of another root", other, forked)
    signed("checkpoint of another origin", Checkpoint("drill/other", size, root(built), whole, T0),
           [at(0, 0, 1, 0, "forked")])  # fmt: skip
    last = [at(2, second, 5, whole, "altered")]
    signed("checkpoint of another root of the last segment", Checkpoint(ORIGIN, size, bytes(32), whole, T0), last)
    signed("checkpoint of more entries", Checkpoint(ORIGIN, size, root(built), whole + 1, T0),
           [at(2, second, 5, 8, "altered")])  # fmt: skip
    signed("checkpoint of fewer entries", Checkpoint(ORIGIN, size, root(built), whole - 1, T0),
           [at(2, second, 5, 6, "altered")])  # fmt: skip
    signed("checkpoint of no leaves and some root", Checkpoint(ORIGIN, 0, bytes(32), 0, T0), [at(1, 0, 1, 0, "forked")])
    end = second + 120 + built.frames["segments/0000000002.seg"][0][1]
    signed("checkpoint of more leaves than there are", Checkpoint(ORIGIN, size + 1, root(built), whole + 2, T0),
           [at(2, end, 8, 9, "missing")])  # fmt: skip
    signed("checkpoint of the largest size", Checkpoint(ORIGIN, 2**63 - 1, root(built), 2**63 - 1, T0),
           [at(2, end, 8, 2**63 - 1, "missing")])  # fmt: skip
    _add_spelling(cases)
    empty = Checkpoint(ORIGIN, 0, Frontier().root(), 0, T0)
    cases.opens("checkpoint of the empty journal", replace(built, "checkpoint", empty.sign(SIGNER)))
    text = point_text(built)
    cases.opens("checkpoint with a line of its own", replace(built, "checkpoint", SIGNER.sign(f"{text}another line\n")))
    line = SIGNER.signature_line(text)
    twice = f"{text}\n{line}{line}".encode()
    cases.opens("checkpoint with the same signature twice", replace(built, "checkpoint", twice))
    mark, _name, blob = STRANGER.signature_line(text).split(" ")
    witnesses = "".join(f"{mark} witness-{n}.example {blob}" for n in range(15))
    cases.opens(
        "checkpoint with fifteen witnesses before", replace(built, "checkpoint", f"{text}\n{witnesses}{line}".encode())
    )
    _add_verifiers(cases)


def _add_spelling(cases: Cases) -> None:  # noqa: PLR0915 (a table)
    built = cases.built
    text, good = point_text(built), built.points[-1]
    size, peak = text.split("\n")[1:3]
    mark, who, blob = SIGNER.signature_line(text).rstrip("\n").split(" ")
    line = f"{mark} {who} {blob}\n"
    wrong = f"{mark} {who} {base64.b64encode(base64.b64decode(blob)[:-1] + bytes(1)).decode()}\n"
    raw = base64.b64decode(blob)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stray = alphabet[alphabet.index(peak[-2]) ^ 1]

    def note(name: str, data: bytes) -> None:
        cases.refuses(f"checkpoint {name}", "checkpoint", UNREAD, replace(built, "checkpoint", data))

    def signed(name: str, said: str) -> None:
        assert said != text
        note(name, SIGNER.sign(said))

    note("signed by a stranger", STRANGER.sign(text))
    cases.refuses("rotten checkpoint signature", "checkpoint", UNREAD, flip(built, "checkpoint", len(good) - 12))
    cases.refuses("last letter of the checkpoint signature", "checkpoint", UNREAD,
                  flip(built, "checkpoint", len(good) - 3))  # fmt: skip
    signed("with zeros before its size", text.replace(f"\n{size}\n", f"\n0{size}\n"))
    signed("with a sign before its size", text.replace(f"\n{size}\n", f"\n+{size}\n"))
    signed("of a size below 0", text.replace(f"\n{size}\n", f"\n-{size}\n"))
    signed("of a size in hexadecimal", text.replace(f"\n{size}\n", "\n0x7\n"))
    signed("of a size with a blank", text.replace(f"\n{size}\n", f"\n{size} \n"))
    signed("of a size in other digits", text.replace(f"\n{size}\n", "\n٧\n"))
    signed("of size 2^63", text.replace(f"\n{size}\n", f"\n{2**63}\n"))
    signed("of a size of five thousand digits", text.replace(f"\n{size}\n", f"\n{'9' * 5000}\n"))
    signed("without a size", text.replace(f"\n{size}\n", "\n\n"))
    signed("with a root of 31 bytes", text.replace(peak, base64.b64encode(bytes(31)).decode()))
    signed("with a root of 33 bytes", text.replace(peak, base64.b64encode(bytes(33)).decode()))
    signed("with a root without padding", text.replace(peak, peak.rstrip("=")))
    signed("with a root spelt otherwise", text.replace(peak, f"{peak[:-2]}{stray}="))
    signed("with a root for web addresses", text.replace(peak, "_" * 42 + "8="))
    signed("with a root in hexadecimal", text.replace(peak, base64.b64decode(peak).hex()))
    signed("without its entries", text.replace("entries 7\n", ""))
    signed("with zeros before its entries", text.replace("entries 7\n", "entries 07\n"))
    signed("of 2^63 entries", text.replace("entries 7\n", f"entries {2**63}\n"))
    signed("without its time", text[: text.index("time ")])
    signed("with a time without decimals", text.replace(".456789Z", "Z"))
    signed("with a time with an offset", text.replace(".456789Z", ".456789+00:00"))
    signed("with its lines exchanged", "\n".join(text.split("\n")[i] for i in (0, 1, 2, 4, 3, 5)))
    signed("with an empty line of its own", f"{text}\nanother line\n")
    signed("without an origin", text.partition("\n")[2])
    signed("with an empty origin", "\n" + text.partition("\n")[2])
    note("without an empty line before the signature", f"{text}{line}".encode())
    note("without a signature", f"{text}\n".encode())
    note("of nothing", b"")
    note("of empty lines", b"\n\n\n")
    note("with a wrong second signature", f"{text}\n{line}{wrong}".encode())
    note("with a wrong first signature", f"{text}\n{wrong}{line}".encode())
    note("with another key id", f"{text}\n{mark} {who} {base64.b64encode(bytes(4) + raw[4:]).decode()}\n".encode())
    note("with an id alone", f"{text}\n{mark} {who} {base64.b64encode(raw[:4]).decode()}\n".encode())
    note("with a signature of 63 bytes", f"{text}\n{mark} {who} {base64.b64encode(raw[:-1]).decode()}\n".encode())
    note("with a signature of 65 bytes", f"{text}\n{mark} {who} {base64.b64encode(raw + b'0').decode()}\n".encode())
    note("with a signature without padding", f"{text}\n{mark} {who} {blob.rstrip('=')}\n".encode())
    note("with a signature under another name", f"{text}\n{mark} drill/other {blob}\n".encode())
    note("with a name that holds a plus", f"{text}\n{mark} a+b {blob}\n{line}".encode())
    note("with a name of nothing", f"{text}\n{mark}  {blob}\n{line}".encode())
    note("with a hyphen for the dash", f"{text}\n- {who} {blob}\n".encode())
    note("with two blanks in its signature line", f"{text}\n{mark} {who}  {blob}\n".encode())
    note("with a text behind the signature", good + b"more\n")
    note("with an empty line behind the signature", good + b"\n")
    note("without a newline at the end", good[:-1])
    note("with carriage returns", good.replace(b"\n", b"\r\n"))
    note("with a tab", SIGNER.sign(text.replace("entries 7", "entries\t7")))
    note("with a byte that is not UTF-8", b"\xff" + good)
    note("signed without its last newline", f"{text}\n{SIGNER.signature_line(text[:-1])}".encode())
    note("signed with its empty line", f"{text}\n{SIGNER.signature_line(text + chr(10))}".encode())


def _add_verifiers(cases: Cases) -> None:
    built = cases.built
    line = f"{SIGNER.verifier}"
    name, key_id, key = line.split("+", 2)
    raw = base64.b64decode(key)
    cases.refuses("verifier of another key", "trust", [], replace(built, "verifier", f"{STRANGER.verifier}\n".encode()),
                  entries=0)  # fmt: skip
    cases.refuses("verifier whose id is not its key's", "verifier", [], flip(built, "verifier", len(ORIGIN) + 2),
                  entries=0)  # fmt: skip
    for what, said in (
        ("of another algorithm", f"{name}+{key_id}+{base64.b64encode(bytes([2]) + raw[1:]).decode()}"),
        ("of 31 bytes", f"{name}+{key_id}+{base64.b64encode(raw[:-1]).decode()}"),
        ("without its id", f"{name}+{key}"),
        ("without a name", f"+{key_id}+{key}"),
        ("with its id in capitals", f"{name}+{key_id.upper()}+{key}"),
        (
            "without padding",
            f"{name}+{key_id}+{key.rstrip('=')}" if key.endswith("=") else f"{name}+{key_id}+{key[:-1]}",
        ),
        ("of nothing", ""),
    ):
        cases.refuses(f"verifier {what}", "verifier", [], replace(built, "verifier", f"{said}\n".encode()), entries=0)
    cases.refuses("a key that no header names", "key", [], key="reader/peer", entries=0)
