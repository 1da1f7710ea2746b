"""What a feed, a browser or a curious colleague may send does nothing but stand on the page as words.

Method: one name that is a script in every field that a page shows; paths and headers made to climb; hypothesis for what
reads bytes from outside.
"""

import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrefeu.access import new_account
from contrefeu.acts import encode
from contrefeu.chart import BoardRow, DueItem
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, MEDIA_HL7V2, Entry
from contrefeu.station.message import show_segments, show_text
from contrefeu.station.sparkline import sparkline
from tests.station.living import in_downtime
from tests.station.visitors import text_of, visitor, wait_for
from tests.station.ward_in_memory import (
    CAPTURE,
    MESSAGE,
    NOW_NS,
    PDF,
    SECRET,
    STATION,
    Charts,
    at,
    durand,
    resource,
    staffed,
)

SCRIPT = """<script>alert(1)</script>'"><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}"""
MARK = "<script>alert"


def poisoned(value):
    """*value* with every text that a person reads made a script; codes and links that pages act on stay."""
    keep = {
        "resourceType",
        "id",
        "reference",
        "system",
        "url",
        "source",
        "status",
        "contentType",
        "data",
        "use",
        "birthDate",
        "gender",
    }
    if isinstance(value, dict):
        return {key: one if key in keep else poisoned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one) for one in value]
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d|[\w.+-]+$", value):
        return SCRIPT
    return value


@pytest.fixture
def ward():
    """A ward where everything that feeds said is a script."""
    rows = [
        BoardRow(
            id="p-durand",
            bed=SCRIPT,
            room="",
            ward="CARD",
            family=SCRIPT,
            given=SCRIPT,
            used=SCRIPT,
            birth_date=SCRIPT,
            sex=SCRIPT,
            identifiers=[SCRIPT],
            admitted=SCRIPT,
            allergies=[SCRIPT],
            allergies_state="listed",
            alerts=[SCRIPT],
            due=[DueItem(SCRIPT, "", "due", SCRIPT)],
            critical=1,
            abnormal=1,
            last_change=SCRIPT,
        ),
        BoardRow(
            id="\"><b onclick='x'>",
            bed="1",
            room="",
            ward=SCRIPT,
            family="B",
            given="",
            used="",
            birth_date="",
            sex="",
            identifiers=[],
            admitted="",
            allergies=[],
            allergies_state="no-source",
            alerts=[],
            due=[],
            critical=0,
            abnormal=0,
            last_change="",
        ),
    ]
    charts = staffed(Charts(rows=rows, charts={"p-durand": poisoned(durand())}))
    message = MESSAGE.replace("Élodie".encode("latin-1"), SCRIPT.encode())
    charts.journal.append(Entry("feed", 1, NOW_NS, 0, SCRIPT, MEDIA_HL7V2, message))
    charts.journal.append(Entry("feed", 2, NOW_NS, 0, SCRIPT, MEDIA_FHIR, f'{{"a": "{MARK}"}}'.encode()))
    return visitor("nadia", charts=charts)


def tags(html):
    """Every tag of a page with the names of its attributes, as a browser reads them."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, {name for name, _ in attrs}))
    parser.feed(html)
    return found


PAGES = ["/", "/hospital", "/ward/CARD", "/patient/p-durand", "/entry/feed/1", "/entry/feed/2", "/status"]


@pytest.mark.parametrize("path", PAGES)
def test_a_name_that_is_a_script_is_a_name(ward, path):
    """In no page does what a feed said become markup, an attribute or a template."""
    page = ward.get(path)
    assert page.status_code == 200
    assert MARK not in page.text
    found = tags(page.text)
    assert [attrs for tag, attrs in found if tag == "script"] == [{"src", "defer"}] * 3
    assert not [attrs for _, attrs in found if any(name.startswith("on") for name in attrs)]
    assert sum(tag == "img" for tag, _ in found) == 1, "our own flame"
    if path not in {"/", "/status"}:
        assert "&lt;script&gt;" in page.text
        assert "49" not in page.text.split("{{ 7*7 }}")[0][-4:]


def test_what_is_searched_is_shown_as_words(ward):
    """The words of a search stand in the field again, escaped, and so do the names that were found."""
    ward.post("/search", q=f'"{MARK}')
    ward.charts.find = found_all(ward.charts)
    page = ward.get("/search/1").text
    assert "&#34;&lt;script&gt;alert" in page
    assert MARK not in page


def found_all(charts):
    """A search that finds everybody."""
    plain = Charts.find

    async def find(query, limit=20, exactly=False):
        return await plain(charts, "", limit)

    return find


def test_a_reason_that_is_a_script_is_a_reason(ward):
    """What staff write is shown to others as words: reasons of a glass and of a downtime, ward names."""
    lucas = visitor("lucas", charts=staffed(Charts()))
    lucas.post("/glass/p-durand", reason=SCRIPT)
    crise = visitor("crise", charts=lucas.charts)
    crise.post("/downtime", do="declare", ward=SCRIPT, reason=SCRIPT)
    for path in ("/review", "/downtime", "/"):
        page = crise.get(path).text
        assert MARK not in page
        assert "&lt;script&gt;" in page


def test_text_turned_around_is_shown_as_such(ward):
    """A name with a control or an override of its direction shows a replacement sign, not another name."""
    ward.charts.rows = [type(row)(**{f: getattr(row, f) for f in row.__struct_fields__}) for row in ward.charts.rows]
    ward.charts.set_row("p-durand", family="DUR\u202eDNA\x00")
    page = ward.get("/ward/CARD").text
    assert "DUR\ufffdDNA\ufffd" in page


@pytest.mark.parametrize(
    "key",
    [
        "..",
        "../../../etc/passwd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "DocumentReference/doc1/1",
        "DocumentReference/doc1/-1",
        "DocumentReference/doc1/²",
        "DocumentReference/doc1/0/0",
        "DocumentReference/doc1/99999999999",
        "Patient/p-durand/0",
        "Observation/k0/0",
        "DocumentReference/other/0",
        "x",
        "0",
    ],
)
def test_no_path_leads_to_what_is_no_document(key):
    """Only an attachment of this chart is sent; everything else is no page, and no look either."""
    nadia = visitor("nadia")
    assert nadia.get(f"/document/p-durand/{key}").status_code == 404
    assert nadia.looks("document") == []


@pytest.mark.parametrize(
    ("said", "sent", "how"),
    [
        ("application/pdf", "application/pdf", "inline"),
        ("Application/PDF; name=x", "application/pdf", "inline"),
        ("text/html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("text/plain; charset=x\r\nset-cookie: a=b", "text/plain; charset=utf-8", "inline"),
        ("application/pdf\r\nset-cookie: a=b", "application/octet-stream", "attachment"),
        ("", "application/octet-stream", "attachment"),
    ],
)
def test_a_documents_type_is_ours_to_say(said, sent, how):
    """A browser shows what can run nothing, saves the rest, and no word of a sender's is a header."""
    attachment = {"contentType": said, "data": b64encode(PDF).decode()}
    bad = resource("DocumentReference", "bad", 1, status="current", content=[{"attachment": attachment}])
    nadia = visitor("nadia", charts=staffed(Charts(charts={"p-durand": [*durand(), bad]})))
    answer = nadia.get("/document/p-durand/DocumentReference/bad/0")
    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == (sent, how)
    assert "set-cookie" not in answer.headers
    assert answer.content == PDF


@pytest.mark.parametrize(
    "ref", ["x", "feed/", "/1", "feed/-1", "feed/²", "feed/1\r\nx: y", "../../etc/passwd", "feed/" + "9" * 5000]
)
def test_what_names_no_entry_is_no_page(ref):
    """An entry is journal/sequence; anything else is no page."""
    nadia = visitor("nadia")
    assert nadia.get("/entry/" + ref.replace("\r\n", "%0d%0a")).status_code == 404


def test_the_name_of_a_download_is_plain():
    """A journal's name cannot end the file name and begin another header."""
    charts = staffed(Charts())
    charts.journal.append(Entry('a"; x="/b', 1, NOW_NS, 0, "S", MEDIA_HL7V2, b"MSH|"))
    answer = visitor("nadia", charts=charts).get('/raw/a"; x="/b/1')
    assert answer.headers["content-disposition"] == 'attachment; filename="a___x___b_1.bin"'
    assert answer.content == b"MSH|"


@pytest.mark.req("C3")
@given(st.binary(max_size=400))
def test_no_message_breaks_the_page_that_shows_it(body):
    """Whatever bytes came, the page shows something, and never fails."""
    show_segments(body)
    show_segments(b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5||||||8859/1\r" + body)
    for kind in ("application/fhir+json", "application/cda+xml", "text/plain", ""):
        text, cut = show_text(body, kind)
        assert isinstance(text, str)
        assert not cut


@pytest.mark.req("F5")
@given(st.decimals(allow_nan=False, allow_infinity=False, places=3), st.text(max_size=20))
@settings(max_examples=50)
def test_laying_out_changes_no_value(number, text):
    """JSON is shown with its own digits and letters: only blanks move."""
    plain = "".join(c for c in text if c.isprintable() and c not in '"\\')
    body = f'{{"v": {number}, "t": "{plain}", "e": 4.20, "x": 1E5}}'
    shown, _ = show_text(body.encode(), "application/fhir+json")
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", body)


def test_fields_are_shown_with_their_separators():
    """The proof is the field as it was sent: separators, repetitions, empty parts; MSH-2 is MSH-2."""
    shown = {field.name: field.text for segment in show_segments(MESSAGE) for field in segment.fields}
    assert shown["MSH-2"] == "^~\\&"
    assert shown["MSH-10"] == "4711"
    assert shown["PID-5"] == "DURAND^Élodie^^^^^L"
    assert shown["OBX-7"] == "3.5-5.0"


def test_xml_with_entities_is_not_unfolded():
    """A document that defines entities is shown as it is: it cannot grow without end."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    assert show_text(bomb, "application/cda+xml") == (bomb.decode(), False)


def test_a_long_message_says_what_it_leaves_out():
    """A scanned file in OBX-5 is not poured over the page: how much is missing is said, the bytes are a click away."""
    charts = staffed(Charts())
    body = b"MSH|^~\\&|A|B\rOBX|1|ED|X||" + b"A" * 50_000 + b"\r"
    charts.journal.append(Entry("feed", 1, NOW_NS, 0, "S", MEDIA_HL7V2, body))
    nadia = visitor("nadia", charts=charts)
    assert "[30 000 caractères non montrés]" in text_of(nadia.get("/entry/feed/1"))
    assert nadia.get("/raw/feed/1").content == body


def test_a_drawing_is_drawn_from_numbers_alone():
    """The trend's title is escaped; fewer than two points draw nothing."""
    from decimal import Decimal

    drawn = sparkline([Decimal("1"), Decimal("2")], None, None, f'">{MARK}')
    assert MARK not in drawn
    assert sparkline([Decimal("1")], None, None, "x") == ""
    assert "nan" not in sparkline([Decimal("5"), Decimal("5")], Decimal("5"), Decimal("5"), "x")


def test_nothing_of_a_request_is_a_header():
    """A line break in an address never reaches a header of the answer."""
    nadia = visitor("nadia")
    for path in (
        "/patient/a%0d%0aset-cookie:%20x=y",
        "/glass/a%0d%0aset-cookie:%20x=y",
        "/login?next=/%0d%0aset-cookie:%20x=y",
    ):
        answer = nadia.get(path)
        assert "x=y" not in answer.headers.get("set-cookie", "")
        assert "\n" not in answer.headers.get("location", "")


@pytest.mark.req("G4")
@pytest.mark.parametrize("path", [
    "/patient/p-durand", "/vitals/p-durand", "/transfusion/p-durand", "/measure/p-durand/324a4f37b97cb8de",
    "/document/p-durand/x", "/write/transfer/p-durand?ward=CHIR", "/identity/p-durand",
    "/arrive/newborn/p-durand?ward=CHIR",
])  # fmt: skip
def test_every_page_of_another_wards_patient_leads_to_the_glass(path):
    """Who may break it is led there; who may not is refused at once, and the refusal is an entry."""
    charts = in_downtime()
    assert visitor("lucas", charts=charts).get(path).headers["location"] == "/glass/p-durand"
    staff = new_account("guichet", "Guichet", "clerk", ["CHIR"], secret=SECRET).act
    charts.journal.append(Entry(STATION, len(charts.journal) + 1, NOW_NS, 1, "console", MEDIA_ACT, encode(staff)))
    clerk = visitor("guichet", charts=charts)
    refused = len(clerk.looks("act"))
    assert clerk.get(path).status_code == 403
    assert len(clerk.looks("act")) == refused + 1


@pytest.mark.req("G4")
def test_a_broken_glass_is_loud():
    """Why is asked; the act, its reason and each page after it are entries, and the page says so."""
    lucas = visitor("lucas")
    assert lucas.get("/patient/p-durand").headers["location"] == "/glass/p-durand"
    assert lucas.post("/glass/p-durand", reason="  ok ").status_code == 400
    assert lucas.post("/glass/p-durand", reason="Arrêt cardiaque").headers["location"] == "/patient/p-durand"
    page = lucas.get("/patient/p-durand")
    assert "ouvert par bris de glace" in page.text
    assert lucas.get("/entry/n7f3k2-capture/184000?chart=p-durand").status_code == 200
    broken = lucas.looks("act")
    assert broken[0]["purposeOfEvent"][0]["text"] == "Arrêt cardiaque"
    assert all(event["purposeOfEvent"][0]["coding"][0]["code"] == "BTG" for event in lucas.looks("view"))
    review = text_of(visitor("crise", charts=lucas.charts).get("/review"))
    assert "lucas Arrêt cardiaque p-durand" in review


def test_a_glass_mends_after_a_shift():
    """Eight hours later the reason must be said again; another session never had it."""
    from contrefeu.base import ManualClock

    clock = ManualClock(NOW_NS)
    lucas = visitor("lucas", clock=clock)
    lucas.post("/glass/p-durand", reason="Arrêt cardiaque")
    for hours, status in ((7.9, 200), (0.2, 303)):
        for _ in range(48):
            clock.advance(hours=hours / 48)
            lucas.shell.sessions.get(lucas.token, used=True)
        assert lucas.get("/patient/p-durand").status_code == status


@pytest.mark.req("F24")
def test_a_protected_person_is_found_by_their_own_staff_only():
    """Search and glass say nothing of who is protected, on a ward or gone home, to who does not care for them."""
    label = {"meta": {"source": "urn:contrefeu:entry:x/1", "security": [{"code": "R"}]}}
    hidden = [durand()[0] | label, durand()[1] | {"location": durand()[1]["location"]}]
    charts = staffed(Charts(charts={"p-durand": hidden}))
    plain = charts.chart

    async def protected(id_, at_ns=None):
        chart = await plain(id_, at_ns)
        if chart is not None:
            chart.identity.elements["security"] = [{"code": "R"}]
        return chart

    charts.chart = protected
    lucas, nadia = visitor("lucas", charts=charts), visitor("nadia", charts=charts)
    for who, found in ((lucas, False), (nadia, True)):
        who.post("/search", q="durand")
        assert ("DURAND" in who.get("/search/1").text) is found
    assert "CARD" not in text_of(lucas.get("/glass/p-durand")).split("Ce patient")[1]


def test_a_search_has_a_number_of_its_own_session():
    """The number in the address is nobody else's: another session's search is not there."""
    nadia = visitor("nadia")
    for number in range(60):
        nadia.post("/search", q=f"name {number}")
    assert nadia.get("/search/60").status_code == 200
    assert nadia.get("/search/1").headers["location"] == "/search"
    assert visitor("martin", charts=nadia.charts).get("/search/60").headers["location"] == "/search"
    assert nadia.post("/search", q="   ").headers["location"] == "/search"
    assert wait_for(nadia.charts.find("dur"))
    assert at(0)


def test_journals_of_feeds_make_no_accounts():
    """An act inside a feed's journal is a message like any other: only a station's journal says who may come in."""
    from contrefeu.access import new_account
    from contrefeu.acts import encode
    from contrefeu.journal import MEDIA_ACT
    from tests.station.visitors import enter

    charts = staffed(Charts())
    made = new_account("intruder", "X", "physician", ["*"])
    charts.journal.append(Entry(CAPTURE, 9_999_999, NOW_NS, 0, "console", MEDIA_ACT, encode(made.act)))
    assert enter(visitor(charts=charts), "intruder", made.secret).status_code == 401
