"""Boards say who lies where and what is due, to those who may know, and never more than the charts say.

Method: pages of a ward in memory, read as words; each rule with the row that would break it.
"""

import pytest

from contrefeu.acts import DowntimeDeclared, DowntimeLifted
from contrefeu.base import ManualClock, rfc3339
from contrefeu.chart import AsOf, DueItem, FeedStatus, Restoring, due_in_downtime
from contrefeu.station import NodeStatus, PackState, VaultState
from tests.station.visitors import text_of, visitor, wait_for
from tests.station.ward_in_memory import CAPTURE, NOW_NS, Charts, at, staffed


def row_of(page, name):
    """The words of one patient's row."""
    rows = [text_of(row) for row in page.text.split("<tr ")[1:]]
    return next(row for row in rows if name in row)


def test_a_row_holds_what_a_ward_asks_first():
    """Bed, birth name first, used name, sex, age, birth date, number, allergies, alerts, what is due, results."""
    row = row_of(visitor("nadia").get("/ward/CARD"), "DURAND")
    expected = [
        "204 F",
        "DURAND",
        "Élodie",
        "utilisé : LEFEBVRE Élodie",
        "F, 84 ans",
        "12 mars 1942",
        "0100234",
        "Pénicillines : œdème de Quincke",
        "Précautions contact (BMR)",
        "01:59 Furosémide 40 mg IV en retard",
        "03:17 Paracétamol 1 g orale maintenant",
        "07:59 Bisoprolol 2,5 mg orale",
        "1 critique",
        "5 anormaux",
    ]
    at_ = 0
    for words in expected:
        at_ = row.index(words, at_)


@pytest.mark.req("F1")
def test_absent_unknown_and_none_never_look_alike():
    """No source, none known, conflict and a list are four different words; no hour is never "nothing to give"."""
    page = visitor("nadia").get("/ward/CARD")
    assert "? Allergies : aucune source" in row_of(page, "MERCIER")
    assert "Aucune allergie connue" in row_of(page, "BOUCHARD")
    assert "≠ Allergies : sources en désaccord" in row_of(page, "NGUYEN")
    assert "rien à heure fixe dans les 12 h aucun signalé anormal" in row_of(page, "BOUCHARD")
    assert "? Prescriptions : aucune source ? aucune source ici" in row_of(page, "MERCIER")
    assert "Héparine 25 000 UI / 24 h, débit selon TCA heure non calculée" in row_of(page, "NGUYEN")


@pytest.mark.req("F1", "F6")
def test_allergies_taken_back_say_how_many():
    """Neither "none known", which nobody said, nor "no source": some were said, none is in force."""
    charts = Charts()
    charts.set_row("p-mercier", allergies_state="struck", allergies_struck=2)
    nadia = visitor("nadia", charts=staffed(charts))
    assert "? Allergies : aucune en vigueur (2 retirées)" in row_of(nadia.get("/ward/CARD"), "MERCIER")
    row = row_of(nadia.get("/ward/CARD", accept_language="en"), "MERCIER")
    assert "none in force (2 withdrawn)" in row
    assert "connue" not in row


@pytest.mark.req("F2", "F9")
def test_what_has_no_hour_is_not_computed_and_what_may_have_been_given_is_not_known():
    """Without an hour: "not computed", in downtime too; with an hour that came in downtime: "given? not known"."""
    charts = Charts()
    due = [DueItem("Ramipril", at(-1), "late", "MedicationRequest/r"), DueItem("Insuline", "", "unknown", "x/y")]
    charts.set_row("p-mercier", due=due)
    nadia = visitor("nadia", charts=staffed(charts))
    assert "Ramipril en retard ? Insuline heure non calculée" in row_of(nadia.get("/ward/CARD"), "MERCIER")
    wait_for(nadia.app.state.house.staff.write(DowntimeDeclared(["CARD"], "", rfc3339(NOW_NS)), "crise"))
    row = row_of(nadia.get("/ward/CARD"), "MERCIER")
    assert "Ramipril donnée ? non connu ? Insuline heure non calculée" in row


@pytest.mark.req("F7")
def test_the_board_says_by_whom_critical_is_meant():
    """No biologist's list is in force here, and the board says so."""
    assert "aucune liste de seuils signée par un biologiste" in text_of(visitor("nadia").get("/ward/CARD"))


@pytest.mark.req("F10")
def test_the_youngest_have_their_age_in_their_own_unit():
    """Three days, nineteen months, about ninety-five years: the unit says what the number is."""
    page = visitor("nadia").get("/ward/CARD")
    assert "M, 3 jours" in row_of(page, "COLIN")
    assert "F, 19 mois" in row_of(page, "ROUX")
    assert "M, ≈ 95 ans · 1931" in row_of(page, "FONTAINE")


@pytest.mark.req("F2")
def test_in_downtime_a_dose_that_fell_due_is_not_known():
    """From the declaration on: "given? not known", never late, never due; what is to come stays; lifting ends it."""
    nadia, clock = visitor("nadia"), ManualClock(NOW_NS)
    staff = nadia.app.state.house.staff
    wait_for(staff.write(DowntimeDeclared(["CARD"], "test", rfc3339(NOW_NS)), "crise"))
    for path in ("/ward/CARD", "/patient/p-durand"):
        page = text_of(nadia.get(path))
        assert "01:59 Furosémide 40 mg IV donnée ? non connu" in page
        assert "en retard" not in page
        assert "07:59 Bisoprolol 2,5 mg orale" in page
        assert "PANNE DÉCLARÉE depuis 03:11 · CARD" in page
    wait_for(staff.write(DowntimeLifted(["CARD"], "", rfc3339(clock.now_ns())), "crise"))
    assert "en retard" in text_of(nadia.get("/ward/CARD"))


def test_due_items_of_a_downtime_compare_instants():
    """An hour in another zone is the same instant; an unreadable hour is not known; a dose not yet due stays due."""
    items = [
        DueItem("a", "2026-11-24T01:59:00Z", "late", "M/1"),
        DueItem("b", "2026-11-24T02:59:00+01:00", "due", "M/2"),
        DueItem("c", "2026-11-24T03:59:00+01:00", "due", "M/3"),
        DueItem("d", "2026-11-24T01:00:00Z", "coming", "M/4"),
        DueItem("e", "", "due", "M/5"),
        DueItem("f", "tonight", "late", "M/6"),
    ]
    states = [item.state for item in due_in_downtime(items, NOW_NS)]
    assert states == ["unknown", "unknown", "due", "coming", "unknown", "unknown"]


@pytest.mark.req("F24")
def test_a_protected_identity_is_a_bed_that_is_taken():
    """For who does not care for them: no name, no id, no age; for their own nurse, a mark beside the name."""
    lucas = visitor("lucas").get("/ward/CARD")
    assert "HIDDEN" not in lucas.text
    assert "p-hidden" not in lucas.text
    assert "206 P Identité protégée" in text_of(lucas)
    assert "HIDDEN Person identité protégée" in row_of(visitor("nadia").get("/ward/CARD"), "HIDDEN")


def test_other_wards_rows_show_who_lies_there_and_no_more():
    """A nurse bound to surgery sees names on the cardiology board, and neither allergies, doses, results nor alerts."""
    page = visitor("lucas").get("/ward/CARD")
    assert "Hors de vos unités" in row_of(page, "DURAND")
    for secret in ("Pénicillines", "Furosémide", "BMR", "critique<", "en retard", "Limitation"):
        assert secret not in page.text


def test_a_clerk_sees_beds_and_nothing_clinical():
    """Admissions see who lies where; no chart, no allergy, no alert, no dose, no result."""
    clerk = visitor("accueil")
    page = clerk.get("/ward/CARD")
    assert "204 F DURAND Élodie" in text_of(page)
    for secret in ("Pénicillines", "Furosémide", "BMR", "critique", "/patient/"):
        assert secret not in page.text
    assert clerk.get("/patient/p-durand").status_code == 403


def test_a_board_names_the_feeds_that_fell_silent():
    """After an hour a feed is named with its last word: a board is as fresh as its oldest live source."""
    clock = ManualClock(NOW_NS)
    nadia = visitor("nadia", clock=clock)
    assert "silencieux" not in text_of(nadia.get("/ward/CARD"))
    clock.advance(seconds=50 * 60)
    nadia.shell.sessions.get(nadia.token, used=True)
    found = visitor("nadia", charts=nadia.charts, clock=clock)
    assert "silencieux : PHARMA@CHU 02:56" in text_of(found.get("/ward/CARD"))


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    ("minutes", "mark", "words"),
    [(1, '"asof"', ""), (20, "asof old", "il y a 20 min"), (75, "asof silent", "il y a 1 h 15")],
)
def test_every_page_says_how_old_it_is(minutes, mark, words):
    """As-of time and entry on every page; past a quarter of an hour its age too, past an hour in red."""
    clock = ManualClock(NOW_NS + minutes * 60 * 10**9)
    nadia = visitor("nadia", clock=clock)
    for path in ("/", "/ward/CARD", "/hospital", "/patient/p-durand", "/search", "/status", "/account", "/nothing"):
        page = nadia.get(path)
        assert mark in page.text
        assert "Lu jusqu’à 03:11:58" in text_of(page)
        assert "entrée 184 220" in text_of(page)
        assert words in text_of(page)
    assert "Lu jusqu’à 03:11:58" in text_of(visitor(clock=clock).get("/login"))


@pytest.mark.req("F33")
def test_an_exercise_is_said_on_every_page():
    """When the patients are an exercise's a banner and the title say so; beside real ones only for who chose it."""
    nadia = visitor("nadia")
    for path in ("/", "/ward/CARD", "/patient/p-durand", "/search", "/status", "/login", "/nothing"):
        page = nadia.get(path)
        assert "Patients fictifs" in page.text
        assert "<title>[EXERCICE]" in page.text
    real = visitor("nadia", charts=staffed(Charts(patients=3)))
    assert "Patients fictifs" not in real.get("/ward/CARD").text
    real.post("/world", world="T")
    assert "Patients fictifs" in real.get("/ward/CARD").text


@pytest.mark.req("F33")
@pytest.mark.parametrize(("world", "looks_at"), [("T", ""), ("P", "T")])
def test_a_chart_says_its_own_world(world, looks_at):
    """Whatever world its reader looks at, an exercise's chart has the banner and a real patient's never has."""
    charts = staffed(Charts(patients=3))
    plain = charts.chart

    async def of_world(id_, at_ns=None):
        chart = await plain(id_, at_ns)
        chart.world = world
        return chart

    charts.chart = of_world
    nadia = visitor("nadia", charts=charts)
    nadia.post("/world", world=looks_at)
    assert ("Patients fictifs" in nadia.get("/patient/p-durand").text) is (world == "T")


@pytest.mark.req("F33")
def test_a_search_shows_one_world():
    """Beside real patients an exercise's are not found, until the person chose to look at the exercise."""
    nadia = visitor("nadia", charts=staffed(Charts(patients=3)))
    nadia.post("/search", q="durand")
    assert "DURAND" not in nadia.get("/search/1").text
    nadia.post("/world", world="T")
    assert "DURAND" in nadia.get("/search/1").text


def test_wards_come_with_ones_own_first():
    """The wards of the account stand first, the others after them, those in downtime say so."""
    lucas = visitor("lucas")
    wait_for(lucas.app.state.house.staff.write(DowntimeDeclared(["REA"], "", rfc3339(NOW_NS)), "crise"))
    page = text_of(lucas.get("/"))
    assert page.index("Vos unités") < page.index("Chirurgie") < page.index("Autres unités") < page.index("Cardiologie")
    assert "REA · en panne" in page


def test_a_ward_that_is_none_is_said_to_be_none():
    """An empty ward is a page; a ward that nobody ever named is not."""
    nadia = visitor("nadia")
    assert "Aucun patient dans cette unité" in nadia.get("/ward/MED").text
    assert nadia.get("/ward/NOWHERE").status_code == 404


@pytest.mark.req("D2")
def test_downtime_is_declared_and_lifted_by_its_role():
    """A form each, an act each, with who and why; every screen says since when."""
    crise = visitor("crise")
    crise.post("/downtime", do="declare", ward=["CARD", "MED"], reason="Rançongiciel")
    page = text_of(crise.get("/downtime"))
    assert "CARD 03:11 sur papier depuis 03:11 crise Rançongiciel" in page
    banner = "PANNE DÉCLARÉE depuis 03:11 · CARD sur papier · MED sur papier"
    assert banner in text_of(visitor("nadia", charts=crise.charts).get("/"))
    crise.post("/downtime", do="lift", ward="CARD", reason="essai")
    assert crise.app.state.house.staff.downtime.wards == ["MED"]
    crise.post("/downtime", do="nonsense", ward="MED")
    assert crise.app.state.house.staff.downtime.wards == ["MED"]


@pytest.mark.req("C3")
def test_status_tells_what_the_node_does():
    """Feeds with their counts, journals, copies; a silent feed is marked; one without copies is told to add one."""
    page = text_of(visitor("nadia").get("/status"))
    assert "LABO@CHU 03:11:58 71 002 70 998 4 0 ● parle" in page
    assert "PHARMA@CHU 02:56:58 21 104 21 100 4 0 ? silencieux" in page
    assert "file:///media/vault-b 186 500 0,4 s à jour" in page


def test_a_copy_whose_delay_nobody_knows_says_so():
    """No figure is "unknown", never 0 s."""

    async def unknown():
        return NodeStatus([], [VaultState("file:///media/vault-b", 12, None, "arrêtée")])

    page = text_of(visitor("nadia", node_status=unknown).get("/status"))
    assert "file:///media/vault-b 12 inconnu arrêtée" in page


@pytest.mark.req("W2")
def test_a_pack_made_ahead_tells_its_age_and_says_when_it_is_too_old():
    """By ward; where none are made ahead, nothing is said of them."""

    async def packs():
        return NodeStatus(packs=[PackState("CARD", 12, 24), PackState("REA", 75, 9, old=True)])

    page = text_of(visitor("nadia", node_status=packs).get("/status"))
    assert "CARD 24 12 ● prêt" in page
    assert "REA 9 75 ‼ trop ancien, ou posé nulle part" in page
    assert "Classeurs prêts" not in text_of(visitor("nadia").get("/status"))


def test_what_is_counted_of_ones_own_wards_says_so():
    """Somebody bound to wards counts the critical results of those alone, and the hospital's board says so."""
    charts = Charts()
    charts.set_row("p-mercier", ward="CHIR", critical=2)
    lucas = visitor("lucas", charts=staffed(charts))
    assert "‼ 2 résultats critiques dans vos unités" in text_of(lucas.get("/hospital"))
    assert "dans vos unités" not in text_of(lucas.get("/ward/CHIR"))
    assert "dans vos unités" not in text_of(visitor("nadia", charts=charts).get("/hospital"))


def test_people_here_are_no_feed():
    """Acts and looks are counted apart: nobody "speaks" or falls silent there."""

    class Seen(Charts):
        @property
        def feeds(self):
            ours = [FeedStatus(source, 7, rfc3339(NOW_NS)) for source in ("console", "user/nadia")]
            return [*super().feeds, *ours]

    page = text_of(visitor("nadia", charts=staffed(Seen())).get("/status"))
    assert "user/nadia" not in page
    assert "console" not in page
    assert "Actes et consultations inscrits ici : 0" in page


@pytest.mark.req("C7")
def test_a_journal_that_is_not_read_on_stands_on_every_page():
    """A red line names it and the kind of error, for whoever is logged in; its row of the status says so too."""
    charts = staffed(Charts(troubles={CAPTURE: "journal-tampered", "other-capture": "odd"}))
    nadia = visitor("nadia", charts=charts)
    for path in ("/", "/ward/CARD", "/hospital", "/patient/p-durand", "/search", "/status", "/unplaced", "/nothing"):
        page = text_of(nadia.get(path))
        assert f"‼ Le journal {CAPTURE} n’est plus lu : des octets n’y sont plus ceux qui ont été scellés." in page
        assert "‼ Le journal other-capture n’est plus lu : odd." in page
    assert f"{CAPTURE} ‼ n’est plus lu : des octets" in text_of(nadia.get("/status"))
    assert "n’est plus lu" not in visitor(charts=charts).get("/login").text
    assert "n’est plus lu" not in visitor("nadia").get("/").text


@pytest.mark.req("R1", "F1")
def test_history_that_is_being_restored_stands_on_every_page_in_both_languages():
    """In large type, since when all is there, how much of how much, and what may be missing; to who is logged in."""
    charts = staffed(Charts(restoring=Restoring("2026-11-21T06:00:00Z", 20_000, 1_000_000)))
    nadia = visitor("nadia", charts=charts)
    for path in ("/", "/ward/CARD", "/hospital", "/patient/p-durand", "/search", "/status", "/unplaced", "/nothing"):
        page = text_of(nadia.get(path))
        assert "HISTORIQUE EN COURS DE RESTAURATION : DOSSIERS INCOMPLETS" in page
        assert "depuis le 21 nov. 2026 07:00 est ici. Une allergie, une prescription, un résultat ou un patient" in page
        assert "20000 entrées sur 1000000." in page
    charts.restoring = Restoring("2026-11-21T06:00:00Z", 30_000, 1_000_000, present=True)
    assert "avec tout ce qui nomme les patients alors présents" in text_of(nadia.get("/"))
    english = text_of(nadia.get("/", accept_language="en"))
    assert "HISTORY BEING RESTORED: CHARTS ARE NOT COMPLETE" in english
    assert "with all that names the patients who were present then" in english
    assert "RESTAURATION" not in visitor(charts=charts).get("/login").text
    assert "RESTAURATION" not in visitor("nadia").get("/").text


@pytest.mark.req("G1")
def test_a_ward_that_is_not_ready_is_red_on_its_own_board_with_what_to_do():
    """In words, in both languages; the hospital's board and the status page name it, another ward's board does not."""
    lacks = {"CARD": ("printer", "login"), "REA": ("pack-old",)}
    nadia = visitor("nadia", lacking=lambda: lacks)
    page = text_of(nadia.get("/ward/CARD"))
    assert "‼ Cette unité n’est pas prête pour une panne" in page
    assert "son imprimante n’imprimerait rien : vérifiez papier et courant" in page
    assert "personne de l’unité ne peut se connecter ici" in page
    assert "son classeur est trop ancien" not in page
    assert "This ward is not ready for downtime" in text_of(nadia.get("/ward/CARD", accept_language="en"))
    assert "‼ 2 unités ne sont pas prêtes pour une panne" in text_of(nadia.get("/hospital"))
    assert "REA son classeur est trop ancien" in text_of(nadia.get("/status"))
    del lacks["CARD"]
    assert "pas prête" not in text_of(nadia.get("/ward/CARD"))


@pytest.mark.req("F28")
def test_a_journal_that_cannot_write_stands_on_every_page_in_both_languages():
    """Each reason in words, for whoever is logged in: what is safe, and whom to tell; one that was left is said too."""
    alarms = {"a": "full", "b": "read-only", "c": "failing", "d": "away", "e": "succeeded", "copies": "copy-unproven"}

    async def told():
        return alarms

    nadia = visitor("nadia", alarms=told)
    for path in ("/", "/ward/CARD", "/hospital", "/patient/p-durand", "/search", "/status", "/unplaced", "/nothing"):
        page = text_of(nadia.get(path))
        for journal, why in zip(
            "abcd", ("le disque est plein", "que la lecture", "en défaut", "ne répond pas"), strict=True
        ):
            assert f"‼ Le journal {journal} n’écrit plus : " in page and why in page
        assert "‼ L’essai de restauration n’a pas rendu les dossiers depuis une copie." in page
        assert "‼ Le journal e est abîmé ou incomplet. Un autre a pris sa suite : ce qui arrive est gardé." in page
    page = text_of(nadia.get("/", **{"accept-language": "en"}))
    assert "‼ Journal a cannot write: the disk is full. What was confirmed is kept" in page
    assert "‼ Journal e is damaged or incomplete." in page
    assert "‼ The restore rehearsal did not get the charts back from a copy." in page
    alarms.clear()
    for why, french, english in (
        ("no-vault", "confirmés une fois sur le disque d’ici, sans copie ailleurs", "once they are on this disk"),
        ("no-vault-waiting", "des automates attendent leur confirmation", "senders wait for their acknowledgement"),
    ):
        alarms["vaults"] = why
        assert "‼ Aucun coffre n’est joignable : " in text_of(nadia.get("/")) and french in text_of(nadia.get("/"))
        assert english in text_of(nadia.get("/", **{"accept-language": "en"}))
    alarms.clear()
    assert "cannot write" not in nadia.get("/").text
    assert "n’écrit plus" not in visitor(alarms=told).get("/login").text


@pytest.mark.req("W2")
def test_a_page_says_when_no_feed_has_spoken():
    """Accounts and looks are no entry that a page was read up to."""

    class Silent(Charts):
        as_of = AsOf()

    assert "Aucune entrée encore" in text_of(visitor("nadia", charts=staffed(Silent())).get("/hospital"))


def test_roles_without_patients_are_welcomed_plainly():
    """A data-protection officer lands on a page that names what is open to them, and no ward."""
    dpo = visitor("dpo")
    page = dpo.get("/")
    assert page.status_code == 200
    assert "Bonjour Sophie Caron" in page.text
    assert "/ward/" not in page.text
    assert dpo.get("/hospital").status_code == 403


def test_times_of_a_row_are_the_wards():
    """What changed yesterday has its day beside its hour."""
    assert "23 nov. 23:59" in row_of(visitor("nadia").get("/ward/CARD"), "BOUCHARD")
    assert at(0).endswith("+01:00")
