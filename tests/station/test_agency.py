"""Agency staff at night: two people of a ward in downtime let somebody in, and the door shuts by itself.

Method: forms sent as a browser sends them, by people at the pages of a ward in memory whose clock is moved by hand;
then a chromium over a real socket, in both languages.
"""

import asyncio
import re
from dataclasses import dataclass

import pytest
from msgspec import structs

from contrefeu.access import HOURS_MAX, OPEN_MAX
from contrefeu.acts import (
    AccountDisabled,
    TemporaryAccountEnded,
    TemporaryAccountMade,
    TemporaryAccountProlonged,
    WardCorrected,
    decode,
    encode,
)
from contrefeu.base import ManualClock, rfc3339
from contrefeu.journal import MEDIA_ACT, Entry
from contrefeu.station.pages.agency import PIN_KEPT_S
from contrefeu.station.staff import Staff
from contrefeu.web import Refused
from tests.station.living import LivingCharts, in_downtime
from tests.station.serving import chromium, log_in, serving
from tests.station.test_care import form
from tests.station.visitors import Visitor, enter, join, text_of, visitor, wait_for
from tests.station.ward_in_memory import NOW_NS, SECRET, Charts, staffed

HOUR_NS = 3600 * 10**9
ZOE = {"given": "Zoé", "family": "Le Roux", "profession": "nurse", "ward": "CARD", "hours": "12", "badge": ""}
SIGNED = {"do": "make", "own": SECRET, "second": "martin", "pin": SECRET}
OWN_CODE = "her-own-code-7"


@dataclass
class Night:
    """A ward in downtime, Nadia at its screen, and the clock."""

    charts: LivingCharts
    clock: ManualClock
    nadia: Visitor

    def at(self, login: str) -> Visitor:
        """The same screen, another person."""
        found = Visitor(self.charts, self.nadia.app)
        if login:
            join(found, login)
        return found

    def acts(self, *kinds: type) -> list[Entry]:
        """The entries of acts of *kinds*."""
        found = [entry for entry in self.charts.journal if entry.media_type == MEDIA_ACT]
        return [entry for entry in found if isinstance(decode(entry.body), kinds)]

    def made(self) -> list[TemporaryAccountMade]:
        """The accounts that two opened."""
        return [decode(entry.body) for entry in self.acts(TemporaryAccountMade)]  # type: ignore[misc]


@pytest.fixture
def night():
    """Tonight."""
    charts, clock = in_downtime(), ManualClock(NOW_NS)
    return Night(charts, clock, visitor("nadia", charts=charts, clock=clock))


def opened(page):
    """The login and the code that a page hands over."""
    found = re.findall(r'<b class="mono tall">([^<]+)</b>', page.text)
    assert len(found) == 2, text_of(page)
    return found


def let_in(night, **more):
    """Let Zoé in, and have her choose her code; her login and her screen."""
    login, pin = opened(form(night.nadia, "/agency/new?ward=CARD", **(ZOE | SIGNED | more)))
    hers = night.at("")
    assert enter(hers, login, pin).status_code == 303
    join(hers, login)
    assert hers.post("/account", old=pin, new=OWN_CODE, again=OWN_CODE).status_code == 200
    return login, hers


@pytest.mark.req("F20")
def test_two_people_let_somebody_in_and_she_gives_a_dose(night):
    """The two read, then sign; the code is in no journal; she chooses her own before all else, and writes."""
    read = form(night.nadia, "/agency/new?ward=CARD", **ZOE, do="read")
    words = text_of(read)
    assert read.status_code == 200 and not night.made()
    for said in ("Zoé Le Roux", "infirmière, infirmier", "CARD", "15:11", "L’autre personne, qui a tout lu"):
        assert said in words, words
    done = form(night.nadia, "/agency/new?ward=CARD", **ZOE, **SIGNED)
    login, pin = opened(done)
    [act] = night.made()
    [entry] = night.acts(TemporaryAccountMade)
    assert (entry.source, act.second, act.login, act.name) == ("user/nadia", "martin", login, "Zoé Le Roux")
    assert (act.at, act.until) == (rfc3339(NOW_NS), rfc3339(NOW_NS + 12 * HOUR_NS))
    assert re.fullmatch(r"leroux\.[0-9]{3}", login) and re.fullmatch(r"[0-9]{6}", pin)
    assert not any(pin.encode() in one.body for one in night.charts.journal)

    hers = night.at("")
    assert enter(hers, login, pin).status_code == 303
    join(hers, login)
    assert hers.get("/").headers["location"] == "/account"
    for path in ("/ward/CARD", "/patient/p-durand", "/search", "/write/vitals/p-durand"):
        assert (hers.get(path).status_code, hers.get(path).headers["location"]) == (303, "/account"), path
    assert hers.post("/write/vitals/p-durand", temperature="38").headers["location"] == "/account"
    assert "Choisissez votre code" in text_of(hers.get("/account"))
    assert hers.post("/account", old=pin, new=pin, again=pin).status_code == 400
    assert hers.post("/account", old=pin, new=OWN_CODE, again=OWN_CODE).status_code == 200
    assert isinstance(wait_for(hers.shell.setting.door.enter(login, pin)), Refused), "the makers' code is void"
    assert hers.get("/patient/p-durand").status_code == 200
    form(hers, "/write/vitals/p-durand", temperature="38,40")
    body = night.charts.written()[-1]
    assert body.source == f"user/{login}"
    assert "Zoé Le Roux (intérim)" in body.body.decode()


@pytest.mark.req("F20", "G4")
def test_who_looked_stays_by_full_name_and_says_agency(night):
    """Each look of hers names her, her role, and until when she was let in."""
    login, hers = let_in(night)
    assert "se ferme à" not in text_of(hers.get("/patient/p-durand"))
    [agent] = hers.charts.audited()[-1]["agent"]
    assert agent["who"] == {"identifier": {"value": login}, "display": "Zoé Le Roux"}
    assert agent["role"] == [{"text": "nurse"}, {"text": f"agency, until {rfc3339(NOW_NS + 12 * HOUR_NS)}"}]


@pytest.mark.req("F20")
@pytest.mark.parametrize(
    "wrong",
    [
        {"own": "not-hers"},
        {"own": ""},
        {"second": "nadia"},
        {"second": "NADIA "},
        {"pin": "not-his"},
        {"second": "nobody"},
        {"second": "labo"},
        {"second": "info"},
        {"second": "lucas"},  # a nurse, of another ward
        {"profession": "physician", "second": "third"},
    ],
)
def test_nobody_lets_somebody_in_alone(night, wrong):
    """Without one's own code, by oneself twice, with somebody who may not or is of another ward: nothing is opened."""
    third = structs.replace(decode(night.charts.journal[0].body), login="third")
    night.charts.journal.append(Entry("n7f3k2-station", 101, NOW_NS, 101, "console", MEDIA_ACT, encode(third)))
    night.clock.advance(seconds=90)
    answer = form(night.nadia, "/agency/new?ward=CARD", **(ZOE | SIGNED | wrong))
    assert answer.status_code == 400
    assert "Rien n’est fait" in text_of(answer)
    assert not night.made()


@pytest.mark.req("F20")
def test_a_refusal_is_no_oracle_and_counts_as_at_the_door(night):
    """Nobody, a wrong code and somebody who may not are refused in the same words; guesses make both doors wait."""

    def said(**wrong):
        page = form(night.nadia, "/agency/new?ward=CARD", **(ZOE | SIGNED | wrong)).text
        found = re.search(r'<div class="notice bad" role="alert" id="two-wrong">(.*?)</div>', page, re.DOTALL)
        assert found
        return found[1]

    assert said(second="nobody") == said(pin="wrong") == said(second="labo") == said(second="nadia")
    for _ in range(5):
        said(pin="wrong")
    assert "Réessayez dans" in said()
    assert wait_for(night.nadia.shell.setting.door.enter("martin", SECRET)).wait_s > 0
    for _ in range(5):
        said(own="wrong", second="crise")
    assert "Réessayez dans" in said(second="crise")
    assert len([one for one in night.nadia.looks("act") if one["outcome"] == "4"]) > 10
    assert not night.made()


@pytest.mark.req("F20")
def test_a_form_posted_twice_is_one_account_and_shows_its_code_while_an_answer_may_be_lost(night):
    """At once, again, by another, and too late: one act, the same code for who opened it, for five minutes."""
    typed = ZOE | SIGNED | {"once": "f" * 32}
    first, second = (night.nadia.post("/agency/new", **typed) for _ in range(2))
    assert opened(first) == opened(second)
    both = night.nadia.client.post

    async def at_once():
        body = typed | {"csrf": night.nadia.csrf, "once": "e" * 32}
        return await asyncio.gather(both("/agency/new", data=body), both("/agency/new", data=body))

    one, other = wait_for(at_once())
    assert opened(one) == opened(other)
    assert len(night.made()) == 2
    assert "mono tall" not in night.nadia.post("/agency/new", **(typed | {"own": "wrong"})).text
    night.clock.advance(seconds=PIN_KEPT_S + 1)
    late = night.nadia.post("/agency/new", **typed)
    assert (late.status_code, late.headers["location"]) == (303, "/agency")
    assert len(night.made()) == 2


@pytest.mark.req("F20")
def test_an_open_session_ends_with_the_account_and_no_clock_brings_it_back(night):
    """One second before she reads a chart; then the door is shut, the end is in the journal, and a clock set back, a
    restart or a journal read again change nothing."""
    login, hers = let_in(night)
    night.clock.set(NOW_NS + 12 * HOUR_NS - 10**9)
    join(hers, login)
    last = hers.get("/patient/p-durand")
    assert last.status_code == 200 and "Votre compte d’intérim se ferme à 15:11" in text_of(last)
    night.clock.set(NOW_NS + 12 * HOUR_NS)
    shut = hers.get("/patient/p-durand")
    assert (shut.status_code, shut.headers["location"].partition("?")[0]) == (303, "/login")
    said = text_of(hers.get(shut.headers["location"]))
    assert "Votre compte d’intérim s’est fermé à son heure, 24 nov. 2026 15:11." in said
    assert "deux personnes de l’unité vous en ouvrent un autre" in said
    lost = hers.post("/write/vitals/p-durand", temperature="38").headers["location"]
    assert lost.startswith("/login")
    assert "Ce que vous veniez d’envoyer n’est pas enregistré" in text_of(hers.get(lost))
    assert "Votre compte" in text_of(hers.get("/login"))
    stranger = night.at("")
    for address in ("/login", lost, f"/login?closed={login}"):
        assert "Votre compte" not in text_of(stranger.get(address)), "who never had the session learns of no account"
    refused = enter(stranger, login, OWN_CODE)
    assert "Votre compte" not in text_of(refused) and refused.status_code == 401
    [end] = night.acts(TemporaryAccountEnded)
    assert (end.source, decode(end.body).login) == ("rule/temporary-accounts", login)
    door = hers.shell.setting.door
    night.clock.set(NOW_NS + HOUR_NS)
    assert isinstance(wait_for(door.enter(login, OWN_CODE)), Refused)
    again = Staff(night.charts, night.charts, ManualClock(NOW_NS + HOUR_NS), node="n7f3k2")
    assert wait_for(again.account(login)) is None
    assert wait_for(again.account("nadia")) is not None
    assert len(night.acts(TemporaryAccountEnded)) == 1, "its end is written once"
    assert "terminé à son heure" in text_of(night.at("info").get("/agency"))


@pytest.mark.req("F20")
def test_a_clock_that_was_set_back_while_nobody_looked_brings_nobody_back(night):
    """A station that was off when it ended: its own last act, or the account's own first minute, says that time has
    passed; and no new account is opened by such a clock."""
    login, _ = let_in(night)
    for back in (-HOUR_NS, -24 * HOUR_NS):
        elsewhere = Staff(night.charts, night.charts, ManualClock(NOW_NS + back), node="other")
        assert wait_for(elsewhere.account(login)) is None
    later = NOW_NS + 13 * HOUR_NS
    night.charts.journal.append(
        Entry("n7f3k2-station", 300, later, 300, "console", MEDIA_ACT, encode(WardCorrected("X", rfc3339(later))))
    )
    restarted = Staff(night.charts, night.charts, ManualClock(NOW_NS + HOUR_NS), node="n7f3k2")
    assert wait_for(restarted.account(login)) is None
    assert restarted.set_back
    night.clock.advance(seconds=90)
    refused = form(night.nadia, "/agency/new?ward=CARD", **ZOE, **SIGNED)
    assert refused.status_code == 400 and "L’horloge de ce poste a reculé" in text_of(refused)


@pytest.mark.req("F20")
def test_prolonged_by_two_again_and_by_nobody_alone(night):
    """One code is not enough; two sign for twelve hours more, from now, once; she herself may not."""
    login, hers = let_in(night)
    path = f"/agency/prolong/{login}"
    early = form(night.nadia, path, hours="8", own=SECRET, second="martin", pin=SECRET)
    assert early.status_code == 400 and "pas plus tard" in text_of(early)
    night.clock.advance(hours=11)
    join(night.nadia, "nadia")
    join(hers, login)
    assert form(night.nadia, path, hours="12", own=SECRET, second="nadia", pin=SECRET).status_code == 400
    assert form(night.nadia, path, hours="48", own=SECRET, second="martin", pin=SECRET).status_code == 400
    assert hers.get(path).status_code == 403
    assert form(night.nadia, path, hours="12", own=SECRET, second=login, pin=OWN_CODE).status_code == 400
    assert not night.acts(TemporaryAccountProlonged)
    for _ in range(2):
        sent = night.nadia.post(path, once="a" * 32, hours="12", own=SECRET, second="crise", pin=SECRET)
        assert (sent.status_code, sent.headers["location"]) == (303, "/agency")
    assert len(night.acts(TemporaryAccountProlonged)) == 1
    night.clock.advance(hours=11)
    join(hers, login)
    assert hers.get("/patient/p-durand").status_code == 200
    page = text_of(night.at("nadia").get("/agency?ward=CARD"))
    assert "prolongé : Nadia Benali avec Hélène Morel" in page
    night.clock.advance(hours=1)
    assert hers.get("/patient/p-durand").status_code == 303
    assert night.at("nadia").get(path).status_code == 404


@pytest.mark.req("F20")
@pytest.mark.parametrize(
    ("login", "may"),
    [("nadia", True), ("martin", True), ("info", True), ("crise", True), ("third", False), ("lucas", False)],
)
def test_ended_sooner_by_its_makers_an_administrator_or_the_crisis_cell(night, login, may):
    """At once, in an open session too; a colleague who opened nothing, or another ward's, may not."""
    third = structs.replace(decode(night.charts.journal[0].body), login="third")
    night.charts.journal.append(Entry("n7f3k2-station", 101, NOW_NS, 101, "console", MEDIA_ACT, encode(third)))
    hers_login, hers = let_in(night)
    night.clock.advance(seconds=90)
    who = night.at(login)
    path = f"/agency/end/{hers_login}"
    status = {True: {303}, False: {403, 404}}[may]
    assert who.post(path, reason="partie").status_code in status
    assert (hers.get("/patient/p-durand").status_code == 303) == may
    assert len(night.acts(AccountDisabled)) == may
    if may:
        said = text_of(hers.get("/login", accept_language="en"))
        assert "Your agency account was closed before its hour." in said and "who let you in" in said
        assert who.post(path, reason="partie").status_code == 404, "it has ended, once"
        page = night.at("rssi").get("/review").text
        assert "terminé par" in page and "Zoé Le Roux" in page


@pytest.mark.req("F20")
def test_a_temporary_account_is_no_second_and_opens_nothing_else(night):
    """She opens no account, breaks no glass, joins no charts, hands nothing back; she does not check a dose."""
    login, hers = let_in(night)
    for path in ("/agency", "/agency/new", "/glass/p-durand", "/identities", "/handback/CARD", "/withdrawals",
                 "/pharmacy", "/downtime", "/wards", "/review"):  # fmt: skip
        assert hers.get(path).status_code in {403, 404}, path
    refused = form(night.nadia, "/agency/new?ward=CARD", **(ZOE | SIGNED | {"second": login, "pin": OWN_CODE}))
    assert refused.status_code == 400
    second = {"second": login, "pin": OWN_CODE}
    drug = {"drug": "Morphine 10 mg/1 mL amp.", "units": "10", "reason": "pharmacie"}
    twice = form(night.nadia, "/register/received/CARD", **drug, **second)
    assert twice.status_code == 400 and "ne signe pas en second" in text_of(twice)
    assert form(hers, "/register/received/CARD", **drug, second="nadia", pin=SECRET).status_code == 303
    assert len(night.made()) == 1
    other = hers.get("/patient/p-nguyen")
    assert other.status_code in {200, 404, 303}


@pytest.mark.req("F20")
def test_an_account_of_another_wards_patients_is_refused(night):
    """Of CHIR alone, she does not open a chart of CARD, and is not led to the glass."""
    _, hers = let_in(night, ward="CHIR")
    answer = hers.get("/patient/p-durand")
    assert answer.status_code == 403
    assert hers.get("/ward/CHIR").status_code == 200


@pytest.mark.req("F20")
def test_only_in_a_downtime_and_only_so_many(night):
    """No downtime, no account, and the page says why; a ward has six at a time, and an ended one makes room."""
    calm = visitor("nadia", charts=staffed(Charts()))
    assert "Aucune de vos unités n’est en panne" in text_of(calm.get("/agency/new?ward=CARD"))
    assert "La panne n’est pas déclarée ici" in text_of(calm.get("/agency?ward=CARD"))
    refused = calm.post("/agency/new", **ZOE, **SIGNED)
    assert refused.status_code == 400 and not [e for e in calm.charts.journal if b"temporary" in e.body]
    for number in range(OPEN_MAX):
        assert opened(form(night.nadia, "/agency/new?ward=CARD", **ZOE, **(SIGNED | {"once": f"{number:032}"})))
    full = form(night.nadia, "/agency/new?ward=CARD", **ZOE, **SIGNED)
    assert full.status_code == 400 and "déjà six comptes" in text_of(full)
    assert form(night.nadia, "/agency/new?ward=CHIR", **(ZOE | SIGNED | {"ward": "CHIR"})).status_code == 200
    assert night.nadia.post(f"/agency/end/{night.made()[0].login}").status_code == 303
    assert opened(form(night.nadia, "/agency/new?ward=CARD", **ZOE, **SIGNED))


@pytest.mark.req("F20")
@pytest.mark.parametrize(
    "wrong",
    [{"given": ""}, {"family": " "}, {"family": "123"}, {"given": "z" * 61}, {"profession": "admin"},
     {"profession": ""}, {"ward": "NOWHERE"}, {"ward": ""}, {"hours": "25"}, {"hours": ""}, {"badge": "nadia"}],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anybody_signs(night, wrong):
    """Each field: the form comes back with what was typed, whichever step was asked for, and nothing is opened."""
    for do in ({"do": "read"}, SIGNED):
        answer = form(night.nadia, "/agency/new?ward=CARD", **(ZOE | do | wrong))
        assert answer.status_code == 400
        assert "corrigez ce qui est marqué" in text_of(answer)
    assert not night.made()


@pytest.mark.req("F20")
def test_a_correction_brings_back_what_was_typed_and_a_foreign_form_does_nothing(night):
    """`Corriger` asks for no code; without the session's token nothing is opened, prolonged or ended."""
    back = form(night.nadia, "/agency/new?ward=CARD", **ZOE, do="correct")
    assert back.status_code == 200 and 'value="Le Roux"' in back.text and not night.made()
    login, _ = let_in(night)
    count = len(night.charts.journal)
    for path in ("/agency/new", f"/agency/prolong/{login}", f"/agency/end/{login}"):
        assert night.nadia.post(path, _csrf="wrong", **(ZOE | SIGNED)).status_code == 403
    assert len(night.charts.journal) == count


@pytest.mark.req("F20")
def test_makers_who_are_disabled_after_leave_it_as_it_was(night):
    """It stays until its end, or until somebody ends it; both its makers are still named."""
    _, hers = let_in(night)
    for number, login in enumerate(("nadia", "martin")):
        act = encode(AccountDisabled(login))
        night.charts.journal.append(
            Entry("n7f3k2-station", 400 + number, NOW_NS, 400 + number, "console", MEDIA_ACT, act)
        )
    night.clock.advance(seconds=90)
    assert hers.get("/patient/p-durand").status_code == 200
    page = text_of(night.at("info").get("/agency"))
    assert "Nadia Benali avec Dr Claire Martin" in page


@pytest.mark.req("F20")
def test_who_administers_sees_all_of_it_the_next_day(night):
    """Open or ended, with who opened it and until when; what two could not say stands there as well."""
    let_in(night)
    bad = TemporaryAccountMade(
        "kx", "faux.1", "Faux Nom", "nurse", "CARD", "h", "labo", rfc3339(NOW_NS), rfc3339(NOW_NS + HOUR_NS)
    )
    night.charts.journal.append(Entry("n7f3k2-station", 500, NOW_NS, 500, "user/nadia", MEDIA_ACT, encode(bad)))
    night.clock.advance(hours=HOURS_MAX)
    for login, path in (("info", "/agency"), ("crise", "/review"), ("dpo", "/review")):
        page = text_of(night.at(login).get(path))
        assert "Zoé Le Roux" in page and "terminé à son heure" in page
        assert "Faux Nom" in page and "les deux n’en avaient pas le droit" in page
    assert "Zoé" not in text_of(night.at("lucas").get("/agency"))


def test_its_badge_opens_the_door_until_it_ends(night):
    """The number of a badge she holds, with her code; a colleague's badge is refused."""
    login, _ = let_in(night, badge="04A2-77")
    door = night.nadia.shell.setting.door
    assert wait_for(door.enter("04a277", OWN_CODE)).login == login
    night.clock.advance(hours=12)
    assert wait_for(door.named("04a277")) is None
    assert isinstance(wait_for(door.enter("04a277", OWN_CODE)), Refused)


@pytest.fixture(scope="module")
def screen():
    """A chromium."""
    with chromium() as found:
        yield found


@pytest.mark.browser
@pytest.mark.req("F20", "G5")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_night_in_a_browser(screen, language):
    """From the ward's board to the new nurse's first chart, in both languages, and out when her account is ended."""
    fr = language == "fr"
    clock = ManualClock(NOW_NS)
    with serving(in_downtime(), clock=clock) as served:
        context, page = screen.window(locale="fr-FR" if fr else "en-GB")
        log_in(page, served.url, "nadia")
        page.goto(f"{served.url}/ward/CARD")
        page.get_by_role("link", name="Intérim" if fr else "Agency", exact=True).click()
        page.get_by_role("link", name="Ouvrir un compte d’intérim" if fr else "Open an agency account").click()
        page.get_by_label("Prénom" if fr else "Given name").fill("Zoé")
        page.get_by_label("Nom" if fr else "Family name", exact=True).fill("Le Roux")
        page.get_by_label("Métier" if fr else "Profession").select_option("nurse")
        page.get_by_role("button", name="Continuer" if fr else "Go on").click()
        page.get_by_text("À lire à deux" if fr else "Read this, both of you").wait_for()
        page.locator("#own").fill(SECRET)
        page.locator("#second").fill("martin")
        page.locator("#pin").fill("wrong-code")
        page.get_by_role("button", name="Ouvrir ce compte" if fr else "Open this account").click()
        page.get_by_role("alert").filter(has_text="Rien n’est fait" if fr else "Nothing was done").wait_for()
        page.locator("#own").fill(SECRET)
        page.locator("#pin").fill(SECRET)
        page.get_by_role("button", name="Ouvrir ce compte" if fr else "Open this account").click()
        page.locator(".handed").wait_for()
        login, pin = page.locator(".handed .tall").all_inner_texts()
        page.get_by_role("link", name="C’est donné" if fr else "It is handed over").click()
        page.get_by_role("row").filter(has_text="Zoé Le Roux").wait_for()

        hers, her_page = screen.window(locale="fr-FR" if fr else "en-GB")
        log_in(her_page, served.url, login, pin)
        her_page.get_by_role("heading", name="Choisissez votre code" if fr else "Choose your code").wait_for()
        her_page.locator("#old").fill(pin)
        her_page.locator("#new").fill(OWN_CODE)
        her_page.locator("#again").fill(OWN_CODE)
        her_page.get_by_role("button", name="Changer" if fr else "Change", exact=True).click()
        her_page.get_by_role("link", name="Aller à mes unités" if fr else "Go to my wards").click()
        her_page.goto(f"{served.url}/patient/p-durand")
        her_page.get_by_role("heading", name="DURAND").first.wait_for()

        page.get_by_role("link", name="Terminer" if fr else "End Zoé").click()
        page.get_by_role("button", name="Terminer ce compte" if fr else "End this account").click()
        page.get_by_text("terminé par Nadia Benali" if fr else "ended by Nadia Benali").wait_for()
        her_page.reload()
        her_page.wait_for_url("**/login**")
        hers.close()
        context.close()
