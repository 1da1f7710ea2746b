"""`contrefeu transfer`: the papers of a patient who leaves for another house; `--read` reads such codes."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contrefeu.cli.door import Json, answer, door, quote, say, warn_of_restoring

if TYPE_CHECKING:
    from contrefeu.paper import Read


def transfer(
    context: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="ID", help="A chart id, or any number of the patient.")] = "",
    to: Annotated[str, typer.Option(metavar="FACILITY", help="Which house the patient goes to.")] = "",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the files go.")] = None,
    read: Annotated[list[Path] | None, typer.Option(help="Read the codes of a letter: PDF, PNG, JPEG, TIFF.")] = None,
    user: Annotated[str, typer.Option(help="Who sends the patient.  [default: console]")] = "",
    json: Json = False,
) -> None:
    """Make what a patient takes to another house: an IPS document, a letter of two pages, its codes as pictures.

    The codes say identity, allergies, medicines and problems; they are signed, and read without any network. Who left,
    where to and with which files is in the journal. With --read, files are searched for such codes, and what they say
    is told: whose key signed them is for the reader to know.
    """
    from contrefeu.base import OperatorError

    if read:
        found = _read(read)
        answer(json, _told(found), lambda: _tell(found))
        return
    if not patient or not to.strip() or out is None:
        raise OperatorError(
            "A transfer needs a patient, --to and --out.",
            safe="Nothing was written.",
            next="contrefeu transfer ID --to FACILITY --out DIR",
        )
    _give(context, patient, to.strip(), out, user, json)


def _give(context: typer.Context, patient: str, to: str, out: Path, user: str, json: bool) -> None:
    from contrefeu.acts import PapersGiven, encode
    from contrefeu.base import OperatorError, rfc3339, write_file
    from contrefeu.chart import summary
    from contrefeu.chart.sheet import Sheet
    from contrefeu.cli.node import CONSOLE, Node
    from contrefeu.cli.printing import foot_for, issued, issuer_of, page_key_of, ready, setting_of
    from contrefeu.fhir import encode as encode_fhir
    from contrefeu.journal import MEDIA_ACT, Draft
    from contrefeu.paper import Setting, passport_of, print_transfer, qr_svg, transfer_texts

    entrance = door(context)
    node = Node.at(entrance.home)
    setting: Setting = setting_of(node, entrance.language)
    facility, key = node.settings.node.facility, page_key_of(node)
    with node.charts() as charts:
        chart = charts.chart(patient)
        if chart is None:
            raise OperatorError(
                "No chart answers to that number.",
                safe="Nothing was written.",
                next="contrefeu find NAME lists charts.",
            )
        ward, foot = foot_for(node, charts, chart, setting)
        lacks = charts.status().restoring
    ready(out, make=True)
    warn_of_restoring(lacks, entrance.language, node.settings.node.zone)
    now = rfc3339(setting.now_ns)
    printed = print_transfer(chart, to, foot, setting, issuer_of(node, ward, now), key)
    texts = transfer_texts(passport_of(Sheet(chart), facility, setting), key)
    made = {
        "summary.json": encode_fhir(summary(chart, facility, entrance.language, setting.zone)),
        "letter.pdf": printed.pdf,
        **{f"code-{n}-{len(texts)}.svg": qr_svg(text) for n, text in enumerate(texts, 1)},
    }
    node.audit("export", user=user, patient=chart.id, what=f"transfer to {to}")
    issued(node, user, printed.issues)
    given = PapersGiven(chart.id, chart.key, to, now, {name: sha256(data).hexdigest() for name, data in made.items()})
    with node.station_appender() as journal:
        source = f"user/{user}" if user else CONSOLE
        journal.append([Draft(source, MEDIA_ACT, encode(given), node.clock.now_ns())])
    for name, data in made.items():
        write_file(out / name, data)
    files = [str(out / name) for name in made]
    answer(json, {"files": files, "pages": printed.pages, "codes": len(texts)}, lambda: say("\n".join(files)))


def _read(files: list[Path]) -> "Read":
    from contrefeu.base import OperatorError
    from contrefeu.cli.scan import read_pictures
    from contrefeu.paper import TRANSFER_PREFIX, NotACode, read_transfer

    texts = [text for text in read_pictures(files) if text.startswith(TRANSFER_PREFIX)]
    try:
        return read_transfer(texts)
    except NotACode as refused:
        raise OperatorError(
            f"No summary was read: {refused}.",
            safe="Nothing was written.",
            next="Give pictures of all codes of one letter.",
        ) from None


def _told(found: "Read") -> dict[str, object]:
    import msgspec

    told: dict[str, object] = msgspec.to_builtins(found.passport)
    return {**told, "key": found.key.hex()}


def _tell(found: "Read") -> None:
    one = found.passport
    quote(f"{one.family} {one.given}  {one.born}  {one.sex}  {', '.join(one.numbers)}")
    say(f"{one.by}  {one.at}  key {found.key.hex()}")
    for name in ("allergies", "medicines", "problems"):
        lines = getattr(one, name)
        say(f"allergies: {one.state}" if name == "allergies" else f"{name}:")
        for line in lines:
            quote(f"  {line}")
        if name in one.unsaid:
            say("  no source there ever spoke of it")
        if left := one.left.get(name):
            say(f"  + {left} that did not fit: read the letter")
