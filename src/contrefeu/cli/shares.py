"""The custodians' shares as files: one text file and one printable page each (SLIP-39 words)."""

import contextlib
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from contrefeu.base import OperatorError, durable_makedirs, write_file

_WORDS_A_LINE = 5


def write_shares(
    folder: Path, mnemonics: Sequence[str], threshold: int, node: str, facility: str, fingerprint: str
) -> list[Path]:
    """Write share-N-of-M.txt and .html into *folder*, readable by their owner alone; returns the text files."""
    durable_makedirs(folder)
    count = len(mnemonics)
    paths = []
    for number, mnemonic in enumerate(mnemonics, 1):
        title = f"Share {number} of {count} · part {number} sur {count}"
        about = (
            f"{facility} · node {node} · recovery key {fingerprint[:16]}",
            f"Any {threshold} of the {count} shares open the archive; fewer open nothing.",
            f"{threshold} parts sur {count} ouvrent l'archive ; moins n'ouvrent rien.",
        )
        text = "".join(f"# {line}\n" for line in (title, *about)) + f"{mnemonic}\n"
        path = folder / f"share-{number}-of-{count}.txt"
        write_file(path, text.encode())
        write_file(path.with_suffix(".html"), _page(title, about, mnemonic.split()).encode())
        paths.append(path)
    return paths


def refuse_shares_folder(home: Path, folder: Path) -> None:
    """See that shares may be written to *folder*.

    Raises:
        OperatorError: It lies inside the home that they open, or holds shares already.
    """
    if home.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise OperatorError(
            "The shares would lie inside the home they open.",
            safe="Nothing was made.",
            next="Name a folder elsewhere with --shares-out, best on a stick.",
        )
    if folder.is_dir() and any(folder.glob("share-*")):
        raise OperatorError(
            f"{folder} holds shares already.",
            safe="Nothing was made.",
            next="Name another folder with --shares-out. Those there say on their first lines which key they open:\n"
            "contrefeu keys status says whether that one is in force.",
        )


def remove_shares(shares: Sequence[Path]) -> None:
    """Remove what `write_shares` wrote, and the folder if that leaves it empty."""
    for share in shares:
        share.unlink(missing_ok=True)
        share.with_suffix(".html").unlink(missing_ok=True)
    for folder in {share.parent for share in shares}:
        with contextlib.suppress(OSError):
            folder.rmdir()


def read_share(path: Path) -> str:
    """The words of one share file.

    Raises:
        OperatorError: It is not there, or holds none.
    """
    advice = "Give each custodian's own file, as init or keys rotate wrote it, or a text file with its words."
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise OperatorError(f"The file {path} is not there.", safe="Nothing was opened.", next=advice) from None
    except OSError as refused:
        raise OperatorError(
            f"{path} cannot be read: {refused.strerror}.",
            safe="Nothing was opened.",
            next="Look at the stick or at who may read the file; any other custodian's share serves as well.",
        ) from None
    if path.suffix == ".html":  # the page to print, which lies beside: its words are the same
        text = " ".join(re.findall(r"</small> ([a-z]+)</td>", text.decode(errors="replace"))).encode()
    lines = text.decode(errors="replace").splitlines()
    words = " ".join(line for line in lines if not line.startswith("#")).strip()
    if not words or "\ufffd" in words:
        raise OperatorError(f"There is no share in {path}.", safe="Nothing was opened.", next=advice)
    return words


def _page(title: str, about: Sequence[str], words: Sequence[str]) -> str:
    """A page to print: words numbered, large, in rows."""
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td><small>{at + 1}</small> {escape(words[at])}</td>"
            for at in range(start, min(start + _WORDS_A_LINE, len(words)))
        )
        + "</tr>"
        for start in range(0, len(words), _WORDS_A_LINE)
    )
    lines = "".join(f"<p>{escape(line)}</p>" for line in about)
    return (
        "<!doctype html><html lang=fr><meta charset=utf-8>"
        f"<title>{escape(title)}</title>"
        "<style>body{font:14pt serif;margin:2cm}td{padding:.4em 1em;font:15pt monospace}"
        "small{color:#666;font-size:9pt}@page{size:A4}</style>"
        f"<h1>{escape(title)}</h1>{lines}<table>{rows}</table></html>\n"
    )
