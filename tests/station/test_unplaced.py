"""What stands in no chart is seen by whoever looks at a board: results without owner first, and alarmed (F31).

Method: a ward in memory whose charts say what waits; pages read as words, by people of several roles.
"""

import ast
from pathlib import Path

import pytest

from contrefeu.chart import UnplacedEntry
from contrefeu.station.labels import LABELS
from tests.station.visitors import text_of, visitor
from tests.station.ward_in_memory import Charts, at, ref, staffed

SOURCES = Path(__file__).parents[2] / "src" / "contrefeu"
UNKNOWN = "names an order or a stay, and no patient was named beside it yet"
NOBODY = "names no patient that can be told from others"


def charts(waiting: int = 2, unread: int = 1, **more):
    """Charts beside which entries wait."""
    return staffed(
        Charts(
            owned_by_nobody=[UnplacedEntry(ref(500 - n), "LABO@CHU", at(-n), UNKNOWN, "T") for n in range(waiting)],
            of_nobody=[UnplacedEntry(ref(400 - n), "GEF@CHU", at(-2), NOBODY, "T") for n in range(unread)],
            **more,
        )
    )


@pytest.mark.req("F31")
def test_the_hospitals_board_alarms_and_names_the_newest():
    """Sender, hour, why, and the way to the message; how many there are, and the whole list one click away."""
    page = visitor("nadia", charts=charts(waiting=5)).get("/hospital")
    text = text_of(page)
    assert "‼ Résultats sans propriétaire (5)" in text
    assert "03:11 LABO@CHU nomme une demande ou un séjour, et aucun patient n’a encore été nommé avec" in text
    assert f'href="/entry/{ref(500)}"' in page.text
    assert page.text.count('href="/entry/') == 3
    assert "1 message ne nomme personne" in text
    assert 'href="/unplaced"' in page.text


@pytest.mark.req("F31")
def test_a_wards_board_says_how_many():
    """Whose they are is not known, so each ward is told, and led to the list."""
    page = visitor("nadia", charts=charts()).get("/ward/CARD")
    assert "‼ 2 résultats sans propriétaire" in text_of(page)
    assert 'href="/unplaced"' in page.text
    assert "LABO@CHU nomme" not in text_of(page)


@pytest.mark.req("F31")
def test_the_first_page_says_how_many():
    """Where everybody arrives."""
    page = visitor("nadia", charts=charts()).get("/")
    assert "‼ 2 résultats sans propriétaire" in text_of(page)
    assert 'href="/unplaced"' in page.text


def test_boards_are_calm_when_nothing_waits():
    """No alarm, no empty list; the page says that there is none."""
    nadia = visitor("nadia", charts=charts(0, 0))
    for path in ("/", "/hospital", "/ward/CARD"):
        assert "sans propriétaire" not in nadia.get(path).text
        assert "/unplaced" not in nadia.get(path).text
    assert "Aucun : chaque message reçu qui parle d’un soin a son patient." in text_of(nadia.get("/unplaced"))


@pytest.mark.req("F31", "C3")
def test_the_list_has_both_kinds_with_true_totals():
    """What care may depend on comes first; what is listed is said to be a part when it is one."""
    page = text_of(visitor("nadia", charts=charts(more=1200)).get("/unplaced"))
    assert "Résultats sans propriétaire (1 202)" in page
    assert "Les 2 plus récents sont montrés." in page
    assert page.index("sans propriétaire") < page.index("qui ne nomment personne")
    assert "GEF@CHU ne nomme aucun patient que l’on puisse distinguer" in page


def test_messages_open_for_those_who_may_read_them():
    """A nurse of the whole house opens them; one bound to a ward, or a clerk, sees that they wait and no more."""
    assert "/entry/" in visitor("nadia", charts=charts()).get("/unplaced").text
    for login in ("lucas", "accueil"):
        page = visitor(login, charts=charts()).get("/unplaced")
        assert page.status_code == 200
        assert "/entry/" not in page.text
        assert ref(500) in page.text
    assert visitor("dpo", charts=charts()).get("/unplaced").status_code == 403


@pytest.mark.req("G4")
def test_looking_at_the_list_is_journaled():
    """It is a board."""
    nadia = visitor("nadia", charts=charts())
    nadia.get("/unplaced")
    (look,) = nadia.looks("board")
    assert look["entity"][0]["what"] == {"display": "unplaced"}


@pytest.mark.req("F33")
def test_an_exercise_is_marked_beside_real_patients():
    """On a node with real patients, a message of an exercise says so; in an exercise the banner does."""
    assert "LABO@CHU exercice" in text_of(visitor("nadia", charts=charts(patients=3)).get("/unplaced"))
    assert "LABO@CHU exercice" not in text_of(visitor("nadia", charts=charts()).get("/unplaced"))


@pytest.mark.req("G5")
def test_every_reason_has_words():
    """Whatever readings and charts say of an entry that is in no chart is said in the language of the page."""
    said = set()
    for path in [*(SOURCES / "mapping").rglob("*.py"), SOURCES / "chart" / "filing.py", SOURCES / "hl7" / "hprim.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "lose":
                said.add(node.args[1])
            elif path.name == "hprim.py" and isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "append":
                said |= {node.args[0].elts[1]} if isinstance(node.args[0], ast.Tuple) else set()
            elif path.name == "filing.py" and isinstance(node, ast.Assign):
                said.add(node.value)
            elif path.name == "events.py" and isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
                said |= set(node.value.values) if getattr(node.targets[0], "id", "") == "UNDONE" else set()
    texts = {node.value for node in said if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert len(texts) > 20
    assert texts - set(LABELS["loss"]) == set()
