"""A pack that is made again and again keeps its numbers, opens with its ward's password alone, and grows old aloud.

Method: one ward's pack made twice, with more and with fewer pages; the sealed page opened as the browser's script does,
and once in a browser, from a file, with no network.
"""

import re
from base64 import b64decode
from pathlib import Path

import pypdfium2
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from contrefeu.acts import PageScanned
from contrefeu.base import rfc3339
from contrefeu.paper import WEEK_NS, Issuer, missing_in, pack_password, print_standing, sealed_page, ward_pack
from tests.chart.feed import PID, adt, chart, ns, oru, rde
from tests.paper.house import KEY, NOW, Ward, texts
from tests.station.serving import chromium

A01 = adt("A01", "1124 0800", at="1124 0800", more=["AL1|1|DA|PEN^Pénicilline^L|SV|Choc"])
MANY = oru("1124 0900", *(f"NM|T{n}^Test {n}^L||{n}|mmol/L|||||F" for n in range(90)))
PASSWORD = "orage-bleu-27-mars"
HOUR_NS = 3600 * 10**9


def made(ward, held, later_ns=0):
    """A standing pack of *ward*, that much later."""
    by_id = {one.id: one for one in ward.charts}
    pack, charts = ward_pack(ward.board, by_id.get, ward.setting, "CHU")
    now_ns = ns(NOW) + later_ns
    return print_standing(pack, charts, Issuer(KEY, "CARD", rfc3339(now_ns)), held, now_ns, PASSWORD)


def test_a_pack_that_is_made_again_keeps_its_numbers_and_adds_nothing_to_the_journal():
    """For half a day; then it has others. Nobody misses a page of it."""
    ward = Ward([chart(A01)])
    first, held, acts = made(ward, {})
    assert [(act.form, act.returns) for act in acts] == [("census", False), ("chart", False), ("dose-sheet", True)]
    assert all(act.ahead for act in acts)
    assert missing_in(acts) == []
    again, held_again, more = made(ward, held, HOUR_NS)
    assert (held_again, more) == (held, [])
    assert [one.number for one in again.issues] == [one.number for one in first.issues]
    late, _, acts_late = made(ward, held, 13 * HOUR_NS)
    assert len(acts_late) == 3
    assert not {one.number for one in late.issues} & {one.number for one in first.issues}


@pytest.mark.req("Q2")
def test_a_page_made_ahead_is_missed_once_another_of_its_issue_came_back():
    """Two pages that nobody printed are not missed; one of them came back, so the other was printed too."""
    many = [rde("1124 0810", number=f"P{n}", drug=f"D{n}^Drug {n}^L") for n in range(14)]
    acts = made(Ward([chart(A01, *many)]), {})[2]
    [sheet] = [act for act in acts if act.form == "dose-sheet"]
    assert sheet.pages > 1
    assert missing_in(acts) == []
    assert [one.pages for one in missing_in([*acts, PageScanned("filed", "n/1", "", "", sheet.issue, 1)])] == [
        [*range(2, sheet.pages + 1)]
    ]


@pytest.mark.req("Q3")
def test_other_boxes_are_another_issue():
    """A dose fell out of the sheet: a box of the old one never stands for another dose under the same number."""
    ward, later = (
        Ward([chart(A01, rde("1124 0810"))]),
        Ward([chart(A01, rde("1124 0810"), rde("1124 0811", number="P2"))]),
    )
    first, held, _ = made(ward, {})
    again, _, acts = made(later, held)
    assert [act.form for act in acts] == ["dose-sheet"]
    assert [a.number == b.number for a, b in zip(first.issues, again.issues, strict=True)] == [True, True, False]
    assert {box.what for box in first.issues[2].act.boxes} < {box.what for box in again.issues[2].act.boxes}


def test_another_count_of_pages_is_another_issue():
    """Ninety results came: the chart has more pages, and a number of its own; the others keep theirs."""
    _, held, _ = made(Ward([chart(A01)]), {})
    printed, now_held, acts = made(Ward([chart(A01, MANY)]), held)
    assert [(act.form, act.pages > 1) for act in acts] == [("chart", True)]
    kept = [key for key, one in now_held.items() if held[key] == one]
    assert [key.split()[0] for key in kept] == ["census", "dose-sheet"]
    document = pypdfium2.PdfDocument(printed.pdf, password=PASSWORD)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    assert all(one.number in text for one in printed.issues)


@pytest.mark.req("F44")
def test_a_password_is_a_ward_s_and_a_week_s_and_can_be_made_void():
    """Another ward, week, turn or node: another password; the same: the same."""
    now = ns(NOW)
    mine = pack_password(bytes(32), "CARD", now)
    assert re.fullmatch(r"([a-hj-km-np-z2-9]{4}-){3}[a-hj-km-np-z2-9]{4}", mine)
    assert mine == pack_password(bytes(32), "CARD", now - now % WEEK_NS)
    others = [
        pack_password(bytes(32), "REA", now),
        pack_password(bytes(32), "CARD", now + WEEK_NS),
        pack_password(bytes(32), "CARD", now, turn=1),
        pack_password(bytes(31) + b"\1", "CARD", now),
    ]
    assert len({mine, *others}) == 5


def page_of(*charts, language="en"):
    """The sealed page of a ward."""
    ward = Ward(charts, language=language)
    by_id = {one.id: one for one in charts}
    pack, _ = ward_pack(ward.board, by_id.get, ward.setting, "CHU")
    return sealed_page(pack, ward.board.as_of.time, ward.setting, PASSWORD).decode()


def opened(page, password):
    """What the script of the page does."""
    told = {name: b64decode(re.search(rf'data-{name}="([^"]*)"', page)[1]) for name in ("salt", "nonce", "sealed")}
    rounds = int(re.search(r'data-rounds="(\d+)"', page)[1])
    key = PBKDF2HMAC(SHA256(), 32, told["salt"], rounds).derive(password.encode())
    return AESGCM(key).decrypt(told["nonce"], told["sealed"], None).decode()


@pytest.mark.req("W4")
def test_a_sealed_page_says_nothing_without_its_password():
    """No name outside; inside what the pack says, with what senders wrote as words, never as markup."""
    pid = PID.replace("MARTIN", "<script>x</script>").replace("1001", "1002")
    evil = chart(adt("A01", "1124 0800", at="1124 0800", place="CARD^2^B", pid=pid), key="IPP|1002")
    page = page_of(chart(A01), evil)
    assert "MARTIN" not in page and "Pénicilline" not in page
    assert "http" not in page.replace("http-equiv", "")
    inside = opened(page, PASSWORD)
    assert "MARTIN" in inside and "Pénicilline" in inside
    assert "<script" not in inside and "&lt;script&gt;" in inside
    with pytest.raises(InvalidTag):
        opened(page, PASSWORD + "x")


@pytest.mark.browser
@pytest.mark.req("W4", "W2")
def test_a_sealed_page_opens_from_a_file_and_tells_its_age(tmp_path: Path):
    """In a browser without a network: a wrong password is said, the right one opens, and its age is told."""
    file = tmp_path / "pack.html"
    file.write_text(page_of(chart(A01)))
    errors: list[str] = []
    with chromium() as screen:
        page = screen.browser.new_context(offline=True, viewport={"width": 1366, "height": 768}).new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(file.as_uri())
        page.fill("#password", "wrong")
        page.click("button")
        page.wait_for_selector("#said:has-text('does not open')")
        page.fill("#password", PASSWORD)
        page.click("button")
        page.wait_for_selector("#inside:visible")
        assert "MARTIN" in page.inner_text("#inside")
        assert "old" in page.inner_text("#age")
        page.screenshot(path=str(tmp_path / "pack.png"))
    assert errors == []


@pytest.mark.browser
@pytest.mark.req("W4")
def test_a_page_that_a_browser_prints_has_name_and_allergies_on_each_sheet(tmp_path: Path):
    """A chart of several sheets: a browser that prints it repeats the head and the age, as the PDF does (W2)."""
    lines = [f"NM|C{n}^Mesure {n}^L||{n}|mmol/L|||||F" for n in range(120)]
    file = tmp_path / "pack.html"
    file.write_text(page_of(chart(A01, oru("1124 0900", *lines))))
    with chromium() as screen:
        page = screen.browser.new_context(offline=True).new_page()
        page.goto(file.as_uri())
        page.fill("#password", PASSWORD)
        page.click("button")
        page.wait_for_selector("#inside:visible")
        printed = page.pdf(format="A4")
        (tmp_path / "printed.pdf").write_bytes(printed)
    census, *of_patient = texts(printed)
    assert len(of_patient) > 2
    assert all("As of messages of 24 Nov 2026 12:00" in sheet for sheet in (census, *of_patient))
    assert all("MARTIN" in sheet and "Pénicilline" in sheet for sheet in of_patient)
