"""Pages that a screen reader can read: language, title, one first heading, labels, names of links and buttons, tables.

Method: each page of the ward in memory, read as a tree of tags.
"""

from html.parser import HTMLParser

import pytest

from tests.station.living import in_downtime
from tests.station.visitors import visitor

PAGES = {
    "": ["/login"],
    "nadia": [
        "/",
        "/ward/CARD",
        "/hospital",
        "/patient/p-durand",
        "/search",
        "/status",
        "/account",
        "/nothing",
        "/entry/n7f3k2-capture/184000",
    ],
    "crise": ["/beds", "/flow", "/downtime", "/review", "/hospital"],
    "bio": ["/laboratory", "/write/results/p-durand", "/write/results/p-durand?panel=free"],
    "lucas": ["/glass/p-durand"],
    "pharma": [
        "/pharmacy",
        "/write/opinion/p-durand/m1",
        "/pharmacy/ward/CARD",
        "/pharmacy/returns",
        "/pharmacy/stock",
    ],
    "surete": ["/aids"],
    "dpo": ["/"],
    "info": ["/wards", "/wards/CARD"],
    "martin": [f"/write/{form}" for form in ("prescription/p-durand", "request/p-durand", "stop/p-durand/m1")]
    + [
        "/vitals/p-durand",
        "/measure/p-durand/324a4f37b97cb8de",
        "/write/saturation/p-durand",
        "/work",
        "/messages",
        "/round/CARD",
        "/handover/CARD",
        "/kitchen/CARD",
        "/outage/CARD",
        "/write/acknowledge/p-durand/k0",
    ]
    + [f"/write/{form}/p-durand" for form in ("verbal", "task", "handover")]
    + [f"/write/{form}" for form in ("vitals/p-durand", "note/p-durand", "allergy/p-durand", "dose/p-durand/m1")],
}
OF_MOVES = ["/arrive", "/arrive?ward=CARD", "/arrive/unknown?ward=CARD", "/arrive/many?ward=CARD", "/crisis"] + [
    f"/write/{form}/p-durand"
    for form in ("transfer", "discharge", "leave", "death", "cancel", "precaution", "directive", "lift")
]
PAGES["martin"] += ["/write/imaging/p-durand"]
PAGES["martin"] += ["/transfusion/p-durand", "/registers/CARD", "/register/received/CARD"]
PAGES["martin"] += ["/vitals/p-durand", "/write/saturation/p-durand", "/write/triage/p-durand"]
PAGES["martin"] += [*OF_MOVES, "/write/transfer/p-durand?ward=CARD", "/arrive/newborn/p-durand?ward=CARD"]
VOID = {"meta", "link", "input", "img", "br"}


class Tree(HTMLParser):
    """What a screen reader asks of a page."""

    def __init__(self, html):
        super().__init__()
        self.headings, self.ids, self.labels, self.controls, self.named, self.heads = [], [], set(), [], [], []
        self.lang, self.open = "", []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag not in VOID:
            self.open.append([tag, found, ""])
        self.lang = found.get("lang", "") if tag == "html" else self.lang
        if "id" in found:
            self.ids.append(found["id"])
        if tag in {"input", "select", "textarea"} and found.get("type") != "hidden":
            self.controls.append(found)
        if tag == "label":
            self.labels.add(found.get("for"))
        if tag in {"img", "iframe", "meter"}:
            self.named.append((tag, found.get("alt", found.get("title", found.get("aria-label")))))
        if tag == "th":
            self.heads.append(found.get("scope"))

    def handle_data(self, data):
        for one in self.open:
            one[2] += data

    def handle_endtag(self, tag):
        while self.open:
            name, found, text = self.open.pop()
            if name in {"h1", "h2", "h3"}:
                self.headings.append((int(name[1]), " ".join(text.split())))
            if name in {"a", "button", "summary"}:
                self.named.append((name, found.get("aria-label") or text.strip()))
            if name == tag:
                break


@pytest.mark.parametrize(("login", "path"), [(login, path) for login, paths in PAGES.items() for path in paths])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_page_can_be_heard(login, path, language):
    """One h1, a label for each field, a name for each control, a scope for each head of a table, each id once."""
    charts = in_downtime() if path.startswith(("/write/", "/arrive")) else None
    tree = Tree(visitor(login, charts=charts).get(path, accept_language=language).text)
    assert tree.lang == language
    levels = [level for level, _ in tree.headings]
    assert levels.count(1) == 1
    assert all(text for _, text in tree.headings)
    assert levels[0] == 1, "the page's own heading comes first"
    assert len(tree.ids) == len(set(tree.ids)), "an id names one thing"
    for control in tree.controls:
        assert control.get("id") in tree.labels, control
    for tag, name in tree.named:
        assert name is not None, tag
        assert name or tag == "img", f"{tag} without a name"
    assert all(scope in {"col", "row", "rowgroup"} for scope in tree.heads)
