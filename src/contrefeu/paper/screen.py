"""A pack as one file that any browser opens, from a stick, with no server: sealed, and reckoning its own age (W2, W4).

    key     = PBKDF2-HMAC-SHA-256(password, salt, ROUNDS), 32 bytes
    sealed  = AES-256-GCM(key, nonce, inside, associated data: none)

Rules kept here:
  * What senders said is escaped, and the page's own policy lets no script run but the one it was made with.
  * The file asks for nothing from anywhere. Without the password it says only that it is a pack, and of which ward.
  * A page on a screen grows old in front of its reader: its age is reckoned each half minute, and is red past an hour.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files
from secrets import token_bytes

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from contrefeu.paper.doses import DoseSheet
from contrefeu.paper.pack import Foot, WardPack
from contrefeu.paper.patient import Identity, PatientPages
from contrefeu.paper.setting import Block, Line, Setting

ROUNDS = 600_000  # of PBKDF2-HMAC-SHA-256, which every browser has: what OWASP asks; about half a second


def sealed_page(pack: WardPack, as_of: str, setting: Setting, password: str) -> bytes:
    """Return *pack* as an HTML file that *password* opens.

    Args:
        pack: What it shows.
        as_of: RFC 3339: of the last message that it knows; "" for none.
        setting: Words and time.
        password: Who reads must know it.
    """
    salt, nonce = token_bytes(16), token_bytes(12)
    key = PBKDF2HMAC(SHA256(), 32, salt, ROUNDS).derive(password.encode())
    sealed = AESGCM(key).encrypt(nonce, "".join(_inside(pack)).encode(), None)
    folder = files("contrefeu.paper").joinpath("templates")
    script, style = (folder.joinpath(name).read_text() for name in ("pack.js", "pack.css"))
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'"
    data = {"salt": salt, "nonce": nonce, "sealed": sealed}
    told = "".join(f' data-{name}="{b64encode(value).decode()}"' for name, value in data.items())
    words = {"age": "age at", "wrong": "password wrong", "old": "too old"}
    told += "".join(f' data-{name}="{escape(setting.say(said))}"' for name, said in words.items())
    told += f' data-rounds="{ROUNDS}" data-asof="{escape(as_of)}"'
    title = f"{escape(pack.title)} · {escape(pack.foot.ward)}"
    return (
        f'<!doctype html>\n<html lang="{pack.lang}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{style}</style></head>\n'
        f'<body><h1>{title}</h1><form id="lock"{told}>'
        f'<label for="password">{escape(setting.say("password"))}</label> '
        f'<input id="password" type="password" autocomplete="off" autofocus> '
        f"<button>{escape(setting.say('open'))}</button> "
        f'<p id="said" role="alert"></p></form><main id="inside" hidden></main>'
        f"<script>{script}</script></body></html>\n"
    ).encode()


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _inside(pack: WardPack) -> Iterator[str]:
    foot = pack.foot
    red = ' class="red"' if foot.red else ""
    said = " · ".join(filter(None, (foot.silent, foot.downtime, foot.incomplete)))
    yield f"<header><p{red}><b>{escape(foot.as_of)}</b> · <b id=age></b></p><p><b>{escape(foot.not_after)}</b> · "
    yield f"{escape(foot.destroy)}</p><p class=red>{escape(said)}</p><p>{escape(pack.exercise)}</p></header>"
    words = pack.words
    heads = ("bed", "patient", "allergies", "alerts", "next doses", "results")
    yield f"<h2>{escape(words['census'])}</h2>"
    yield _table(
        [words[name] for name in heads],
        (
            (
                f'<a href="#p{row.anchor}">{escape(row.bed)}</a>',
                f"<b>{escape(row.name)}</b><br>{escape(row.born)} {_marks(row.warnings)}",
                f"<b class={'red' if row.alarm else 'calm'}>{escape(row.allergies)}</b>",
                escape(" · ".join(row.alerts)),
                "<br>".join(map(escape, row.due)),
                escape(row.results),
            )
            for row in pack.census
        ),
    )
    yield f"<h2>{escape(words['index'])}</h2><ul class=index>"
    yield "".join(f'<li><a href="#p{one.anchor}">{escape(one.name)}</a> {escape(one.bed)}' for one in pack.index)
    yield f"</ul><p>{escape(words['free beds'])}{words['colon']}{escape(' · '.join(pack.free_beds))}</p>"
    for n, part in enumerate(pack.patients):
        yield f'<article id="p{n}">{_who(part.pages.who, foot)}{"".join(_chart(part.pages, pack))}'
        yield f"{''.join(_doses(part.doses, pack))}</article>"


def _who(who: Identity, foot: Foot) -> str:
    """Who, and allergies; on each sheet that a browser prints, with its age."""
    lines = " · ".join(_line(one) for one in who.allergy_lines)
    kind = "red" if who.alarm else "calm"
    age = f"<p class='asof{' red' if foot.red else ''}'>{escape(foot.as_of)} · {escape(foot.not_after)}</p>"
    return (
        f"<div class=who>{age}<h2>{escape(who.family)} {escape(who.given)} {_marks(who.warnings)}"
        f"<span>{escape(who.place)}</span></h2><p>{escape(who.born)} {escape(who.used)} "
        f"{escape(' · '.join(who.numbers))}</p>"
        f"<p class='allergies {kind}'><b>{escape(who.allergies)}</b> {lines}</p></div>"
    )


def _chart(pages: PatientPages, pack: WardPack) -> Iterator[str]:
    yield f"<p>{escape(pages.stay)} <b class={'red' if pages.weight_red else 'calm'}>{escape(pages.weight)}</b></p>"
    yield f"<p class=said>{escape(pack.words['allergies'])}{pack.words['colon']}{escape(pages.allergies_said)}</p>"
    yield from map(_block, pages.blocks[:3])
    yield f"<h3>{escape(pages.results.title)} <span>{escape(pages.results.said)}</span></h3>"
    for panel in pages.results.panels:
        rows = (
            (
                escape(row.name),
                f"<b>{_struck(row.value, row.struck)}</b> {escape(row.flag)}",
                escape(row.when),
                escape(row.range),
                escape(" · ".join(row.earlier)),
            )
            for row in panel.rows
        )
        yield f"<h4>{escape(panel.name)}</h4>" + _table([], rows)
    yield "".join(f"<p><i>{escape(note)}</i></p>" for note in pages.results.notes)
    yield from map(_block, pages.blocks[3:])
    yield f"<h3>{escape(pages.reports_title)} <span>{escape(pages.reports_said)}</span></h3>"
    for report in pages.reports:
        yield f"<h4>{_struck(report.title, report.struck)} <span>{escape(report.about)}</span></h4>"
        yield f"<pre>{escape(report.text)}</pre>{''.join(f'<p class=said>{escape(one)}</p>' for one in report.notes)}"


def _doses(sheet: DoseSheet, pack: WardPack) -> Iterator[str]:
    yield f"<h3>{escape(sheet.title)} {escape(sheet.span)} <span>{escape(sheet.said)}</span></h3>"
    yield f"<p>{escape(sheet.none)}</p>"
    unknown = f" ({escape(pack.words['unknown dose'])})"
    for row in sheet.rows:
        status = f"{escape(row.status)} — " if row.status else ""
        hours = " · ".join(
            f"{escape(one.time)} {escape(one.day)}{unknown if one.unknown else ''}".strip() for one in row.cells
        )
        yield f"<p><b>{status}{escape(row.drug)}</b> {escape(row.dosage)} <span>{escape(row.about)}</span><br>"
        yield f"<b>{escape(row.label)}</b> {hours} <i>{escape(row.last)}</i></p>"


def _block(block: Block) -> str:
    lines = "".join(f"<p>{_line(one)}</p>" for one in block.lines)
    return f"<h3>{escape(block.title)} <span>{escape(block.said)}</span></h3>{lines}"


def _table(heads: list[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(one)}" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{one}" for one in row) for row in rows)
    return f"<table><tr>{head}{body}</table>"


def _marks(warnings: Iterable[str]) -> str:
    return " ".join(f"<mark>{escape(one)}</mark>" for one in warnings)


def _line(line: Line) -> str:
    return _struck(line.text, line.struck)


def _struck(text: str, struck: bool) -> str:
    return f"<s>{escape(text)}</s>" if struck else escape(text)
