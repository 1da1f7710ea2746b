"""What of a crisis stick people read and start: guides, poster, packs, a word in two languages, the start script."""

import shutil
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Literal

from contrefeu.base import durable_makedirs, write_file
from contrefeu.cli.node import Node
from contrefeu.cli.stick_home import SWITCH_ADDRESS
from contrefeu.paper import poster_pdf

# As the poster says it: nobody on the switch knows a name, and only a boot stick gives its PC an address that is known
ADDRESS = {
    "fr": f"https://{SWITCH_ADDRESS}:8443 si la clé a démarré le PC du poste et qu’on y a choisi 2 ; "
    "sinon https://ADRESSE-DU-PC:8443. Sur ce PC lui-même : https://localhost:8443",
    "en": f"https://{SWITCH_ADDRESS}:8443 if the stick started the station’s PC and 2 was chosen there; "
    "else https://ADDRESS-OF-THAT-PC:8443. On that PC itself: https://localhost:8443",
}
GUIDES = {"ward": ("Le service", "The ward"), "recovery": ("La cellule de crise", "The crisis cell")}
LANGUAGES: tuple[Literal["fr", "en"], ...] = ("fr", "en")


def put_pages(node: Node, stick: Path) -> int:
    """Put them onto the stick; returns how many packs were there to be put."""
    guides = stick / "guides"
    durable_makedirs(guides)
    for at, language in enumerate(LANGUAGES):
        for name, titles in GUIDES.items():
            text = files("contrefeu.station").joinpath("guides", f"{name}-{language}.html").read_text()
            write_file(guides / f"{name}-{language}.html", _page(titles[at], language, text).encode(), mode=0o644)
        poster = poster_pdf(node.settings.node.facility, ADDRESS[language], language)
        write_file(guides / f"poster-{language}.pdf", poster, mode=0o644)
    folder = files("contrefeu.cli").joinpath("on_stick")
    for name in ("start.sh", "LISEZMOI.txt", "README.txt"):
        write_file(stick / name, folder.joinpath(name).read_bytes(), mode=0o755 if name.endswith(".sh") else 0o644)
    return _put_packs(node, stick / "packs")


def _put_packs(node: Node, to: Path) -> int:
    """Copy the packs that were made ahead: sealed already, each with its ward's password."""
    durable_makedirs(to)
    packs = {
        pack.name: pack
        for folder in node.settings.packs.folders
        for pack in sorted(Path(folder.partition("{ward}")[0]).glob("**/pack-*"))
        if pack.suffix in {".pdf", ".html"} and pack.is_file()
    }
    for name, pack in packs.items():
        shutil.copyfile(pack, to / name)
    return len({Path(name).stem for name in packs})


def _page(title: str, language: str, text: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        "<style>body{font:1.1rem/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}img{max-width:100%}"
        f"</style></head>\n<body>{text}</body></html>\n"
    )
