"""The way in and out, and every form between: sessions, tokens of forms, cookies, what a refusal tells.

Method: the whole app on a ward in memory, asked over ASGI as a browser without JavaScript would, and as somebody who
is no browser would.
"""

import re
import time

import msgspec
import pytest

from contrefeu.access import hash_secret, new_account
from contrefeu.acts import AccountDisabled, SecretChanged, encode
from contrefeu.base import ManualClock
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.web import local_path
from tests.station import ward_in_memory
from tests.station.visitors import enter, join, text_of, visitor
from tests.station.ward_in_memory import NOW_NS, SECRET, STATION, Charts, staffed

FORMS = ["/logout", "/choose", "/search", "/world", "/downtime", "/account", "/glass/p-durand"]
PAGES = [
    "/",
    "/hospital",
    "/ward/CARD",
    "/patient/p-durand",
    "/search",
    "/status",
    "/downtime",
    "/review",
    "/account",
    "/glass/p-durand",
    "/entry/n7f3k2-capture/184000",
    "/raw/n7f3k2-capture/184000",
    "/document/p-durand/DocumentReference/doc1/0",
    "/changes",
]


def act(charts, what):
    """An act of the console, as another command appends it."""
    number = len(charts.journal) + 1
    charts.journal.append(Entry(STATION, number, NOW_NS, number, "console", MEDIA_ACT, encode(what)))


def test_a_login_needs_no_script():
    """A plain form, a redirect, a page: nothing else (SURFACE, HTTP)."""
    nadia = visitor()
    answer = enter(nadia, "Nadia ", next="/ward/CARD")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ward/CARD")
    assert "Cardiologie" in nadia.get("/ward/CARD").text
    assert [event["outcome"] for event in nadia.looks("110122")] == ["0"]


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_a_login(path):
    """A page leads to the login and says nothing of what it holds."""
    answer = visitor().get(path)
    assert answer.status_code in {303, 401}
    assert "DURAND" not in answer.text
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", ["", "stolen", None], ids=["none", "wrong", "another session's"])
def test_no_form_is_taken_without_its_own_token(path, token):
    """Every POST carries its session's token; one of another session is none (CSRF)."""
    crise = visitor("lucas" if path.startswith("/glass") else "crise")
    before = len(crise.charts.journal)
    other = crise.shell.sessions.get(crise.shell.sessions.start("nadia"), used=False).csrf
    answer = crise.post(path, _csrf=other if token is None else token, do="declare", q="durand", reason="because of")
    assert answer.status_code == 403
    assert "expiré" in answer.text
    written = [entry for entry in crise.charts.journal[before:] if entry.media_type == MEDIA_ACT]
    assert written == []


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", "http://ward.example.org.evil.example.org"])
def test_no_form_is_taken_from_another_site(origin):
    """The right token from a page of another origin is refused too."""
    crise = visitor("crise")
    answer = crise.post("/downtime", _headers={"origin": origin}, do="declare")
    assert answer.status_code == 403
    assert crise.app.state.house.staff.downtime.state == "normal"


def test_a_form_has_a_bound():
    """A form above the limit, or of no said length, is refused before it is read."""
    crise = visitor("crise")
    assert crise.post("/downtime", reason="x" * 70_000).status_code == 413
    assert crise.send("/downtime", b"csrf=1", content_length="many").status_code == 413


def test_cookies_are_out_of_scripts_and_other_sites_reach():
    """HttpOnly, SameSite=Strict, whole host; over TLS also Secure and bound to this host by their name."""
    plain = visitor()
    enter(plain, "nadia")
    secure = visitor(insecure_http=False)
    secure.client.base_url = "https://ward.example.org"
    given = [value for key, value in enter(secure, "nadia").headers.multi_items() if key == "set-cookie"]
    given += [value for key, value in secure.get("/login").headers.multi_items() if key == "set-cookie"]
    assert len(given) >= 2
    for cookie in given:
        assert {"HttpOnly", "SameSite=strict", "Path=/", "Secure"} <= set(re.split("; ", cookie))
        assert cookie.startswith("__Host-contrefeu")
        assert "Domain" not in cookie


def test_a_session_is_opaque_and_new_at_each_login():
    """256 random bits, nothing of the person in them, and the one before the login opens nothing after it."""
    nadia = visitor("nadia")
    before = nadia.token
    enter(nadia, "nadia")
    after = nadia.client.cookies[nadia.shell.cookie]
    assert after != before
    assert len(after) >= 43
    assert nadia.shell.sessions.get(before, used=False) is None


def test_logging_out_ends_it_there():
    """The cookie that is still in a browser's memory opens nothing."""
    nadia = visitor("nadia")
    assert nadia.post("/logout").status_code == 303
    nadia.client.cookies.set(nadia.shell.cookie, nadia.token, domain="ward.example.org", path="/")
    assert nadia.get("/ward/CARD").status_code == 303
    assert len(nadia.looks("110123")) == 1


def test_a_session_that_nobody_uses_ends():
    """Fifteen minutes of a page that refreshes itself are no use; a click is."""
    clock = ManualClock(NOW_NS)
    nadia = visitor("nadia", clock=clock)
    for _ in range(3):
        clock.advance(seconds=600)
        assert nadia.get("/ward/CARD").status_code == 200
    for _ in range(2):
        clock.advance(seconds=600)
        last = nadia.get("/ward/CARD", x_refresh="1")
    assert last.status_code == 401
    assert nadia.get("/ward/CARD").headers["location"] == "/login?next=/ward/CARD"


def test_a_refresh_without_script_is_no_use_either():
    """The meta refresh of a browser without JavaScript keeps nobody logged in, and leads to the login."""
    clock = ManualClock(NOW_NS)
    nadia = visitor("nadia", clock=clock)
    assert 'url=/ward/CARD?refresh=1"' in nadia.get("/ward/CARD").text
    clock.advance(seconds=14 * 60)
    assert nadia.get("/ward/CARD?refresh=1").status_code == 200
    clock.advance(seconds=2 * 60)
    assert nadia.get("/ward/CARD?refresh=1").headers["location"] == "/login?next=/ward/CARD"


def test_no_session_outlives_a_shift():
    """Fourteen hours of work end in a login."""
    clock = ManualClock(NOW_NS)
    nadia = visitor("nadia", clock=clock)
    for _ in range(83):
        clock.advance(seconds=600)
        assert nadia.shell.sessions.get(nadia.token, used=True) is not None
    assert nadia.get("/account").status_code == 200
    clock.advance(seconds=660)
    assert nadia.get("/account").status_code == 303


def test_a_form_sent_too_late_says_so():
    """After the session's end a form does nothing, and its sender reads that nothing was done."""
    clock = ManualClock(NOW_NS)
    crise = visitor("crise", clock=clock)
    token = crise.csrf
    clock.advance(seconds=16 * 60)
    answer = crise.post("/downtime", _csrf=token, do="declare")
    assert answer.headers["location"] == "/login?ended=1"
    assert "rien n’a été enregistré" in text_of(crise.get("/login?ended=1"))


def test_somebody_disabled_is_out_within_a_second():
    """The act of another process ends the session that is open here."""
    clock = ManualClock(NOW_NS)
    nadia = visitor("nadia", clock=clock)
    assert nadia.get("/").status_code == 200
    act(nadia.charts, AccountDisabled("nadia"))
    clock.advance(seconds=1.1)
    assert nadia.get("/").status_code == 303
    assert enter(nadia, "nadia").status_code == 401


@pytest.mark.parametrize("login", ["nadia", "ghost", "NADIA"])
def test_a_refusal_says_nothing_of_who_exists(login):
    """Wrong login and wrong secret read alike, byte for byte but for what was typed."""
    page = enter(visitor(), login, "wrong-secret-1")
    assert page.status_code == 401
    assert "Identifiant, badge ou mot de passe non reconnu" in page.text
    plain = re.sub(r'value="[^"]*"', "", page.text)
    assert plain == re.sub(r'value="[^"]*"', "", enter(visitor(), "somebody", "wrong-secret-1").text)


def test_a_refusal_takes_as_long_for_nobody(full_hashes, monkeypatch):
    """The time of a refusal tells no login from another."""
    monkeypatch.setattr(ward_in_memory, "_ACTS", [])  # the staff's hash is a full one, too

    def spent(login):
        began = time.perf_counter()
        enter(visitor(), login, "wrong-secret-1")
        return time.perf_counter() - began

    somebody, nobody = [], []
    for _ in range(5):
        somebody.append(spent("nadia"))
        nobody.append(spent("ghost"))
    assert 0.5 < min(nobody) / min(somebody) < 2, "the least of each: what other tests take is no answer"


def test_guessing_is_slowed_down_for_everybody():
    """After some failures the right secret waits too, for a login that nobody has as for one that is ours."""
    clock = ManualClock(NOW_NS)
    found = visitor(clock=clock)
    for login in ("lucas", "ghost"):
        pages = [enter(found, login, f"wrong-{number}") for number in range(5)]
        assert "Réessayez dans 2 secondes" in text_of(pages[-1])
        assert enter(found, login).status_code == 401
    clock.advance(seconds=3)
    assert enter(found, "lucas").status_code == 303
    assert [event["outcome"] for event in found.looks("110122")] == ["4"] * 12 + ["0"]


def badged():
    """A ward where Nadia has a badge."""
    charts = staffed(Charts())
    act = msgspec.structs.replace(new_account("nadia", "Nadia Benali", "nurse", ["*"], SECRET).act, badge="04A27F11")
    charts.journal.append(Entry(STATION, 90, NOW_NS, 90, "console", MEDIA_ACT, encode(act)))
    return charts


def test_a_badge_and_a_code_let_its_owner_in():
    """The session, the audit and what is written are her login's; tries by badge and by name are counted together."""
    found = visitor(charts=badged())
    for number in range(3):
        enter(found, "04a27f11", f"wrong-{number}")
    assert "Réessayez" not in text_of(enter(found, "nadia", "wrong-3"))
    assert "Réessayez" in text_of(enter(found, "04A27F11", "wrong-4"))
    assert {event["agent"][0]["who"]["identifier"]["value"] for event in found.looks("110122")} == {"nadia"}
    other = visitor(charts=badged())
    assert enter(other, "04a2-7f11").status_code == 303
    assert enter(visitor(charts=badged()), "04a27f11", "").status_code == 401


def test_another_person_takes_over_on_the_same_page():
    """One click ends the session and asks who comes; after the login the page is there again."""
    found = visitor("nadia")
    left = found.post("/logout", next="/ward/CARD")
    assert left.headers["location"] == "/login?next=/ward/CARD"
    assert enter(found, "martin", next="/ward/CARD").headers["location"] == "/ward/CARD"
    join(found, "nadia")
    assert found.post("/logout", next="//evil.example").headers["location"] == "/login"


def test_what_was_typed_as_a_login_is_journaled_only_if_it_is_one():
    """Tired people type their password in the wrong field: it enters no journal."""
    found = visitor()
    enter(found, "my-real-password-7", "nadia")
    enter(found, "nadia", "wrong-secret-1")
    assert b"my-real-password-7" not in b"".join(entry.body for entry in found.charts.journal)
    assert [event["agent"][0]["who"] for event in found.looks("110122")] == [
        {"display": "?"},
        {"identifier": {"value": "nadia"}, "display": "Nadia Benali"},
    ]


def test_a_machine_has_no_screen():
    """The account of an interface does not log in to pages."""
    assert enter(visitor(), "machine").status_code == 401


@pytest.mark.parametrize(
    "wished",
    [
        "//evil.example.org",
        "https://evil.example.org",
        "/\\evil.example.org",
        "\\\\evil",
        "/x\r\nset-cookie: a=b",
        "javascript:1",
        "",
    ],
)
def test_a_login_leads_to_no_other_host(wished):
    """What stands in ?next= is a path of ours, or it is the first page."""
    assert local_path(wished) == "/"
    assert enter(visitor(), "nadia", next=wished).headers["location"] == "/"


def test_a_changed_secret_ends_the_other_screens():
    """Whoever changes a secret that was seen over the shoulder is alone again."""
    nadia = visitor("nadia")
    other = nadia.shell.sessions.start("nadia")
    lucas = nadia.shell.sessions.start("lucas")
    wrong = nadia.post("/account", old="no", new="new-secret-1", again="new-secret-1")
    assert (wrong.status_code, nadia.shell.sessions.get(other, used=False) is None) == (400, False)
    done = nadia.post("/account", old=SECRET, new="new-secret-1", again="new-secret-1")
    assert "C’est fait" in text_of(done)
    assert "data-live" not in done.text, "a page that renews itself would take the answer away"
    sessions = nadia.shell.sessions
    assert sessions.get(other, used=False) is None
    assert sessions.get(lucas, used=False) is not None
    assert sessions.get(nadia.token, used=False) is not None
    assert enter(nadia, "nadia").status_code == 401
    assert enter(nadia, "nadia", "new-secret-1").status_code == 303


@pytest.mark.parametrize(("new", "again"), [("12345", "12345"), ("long-enough", "otherwise")])
def test_a_bad_new_secret_changes_nothing(new, again):
    """Too short, or written twice in two ways: the old one stays."""
    nadia = visitor("nadia")
    assert nadia.post("/account", old=SECRET, new=new, again=again).status_code == 400
    assert not [entry for entry in nadia.charts.journal if b"secret-changed" in entry.body]


def test_another_nodes_new_secret_holds_here():
    """A secret changed by an act of the console is the one that opens."""
    found = visitor(clock=ManualClock(NOW_NS))
    act(found.charts, SecretChanged("nadia", hash_secret("from-the-console")))
    assert enter(found, "nadia").status_code == 401
    assert enter(found, "nadia", "from-the-console").status_code == 303


def test_language_and_theme_are_kept_by_a_plain_form():
    """The choice is a cookie that outlives the session; nonsense is no choice."""
    nadia = visitor("nadia")
    assert nadia.post("/choose", lang="en", theme="night", next="/ward/CARD").headers["location"] == "/ward/CARD"
    page = nadia.get("/ward/CARD").text
    assert '<html lang="en" data-theme="night"' in page
    nadia.post("/choose", lang="xx", theme="<script>")
    assert '<html lang="en" data-theme="night"' in nadia.get("/ward/CARD").text


def test_the_login_page_speaks_both_languages():
    """Before anybody is logged in the language can be chosen, with the form's own token."""
    found = visitor()
    page = found.get("/login").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    assert found.post("/choose", _csrf=token, lang="en", next="/login").status_code == 303
    assert "Password or PIN" in found.get("/login").text
    assert found.post("/choose", _csrf="forged", lang="fr").status_code == 403


def test_two_people_at_one_screen_are_two_sessions():
    """What one opened by breaking the glass stays closed for the next."""
    lucas = visitor("lucas")
    lucas.post("/glass/p-durand", reason="urgence vitale")
    assert lucas.get("/patient/p-durand").status_code == 200
    join(lucas, "lucas")
    assert lucas.get("/patient/p-durand").headers["location"] == "/glass/p-durand"
