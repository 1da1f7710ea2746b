"""Many results that wait are a line a ward, and none is lost: what is not in full is counted and one click away."""

import msgspec
import pytest

from contrefeu.chart.work import WorkItem, WorkLine
from contrefeu.station.urgency import FULL_MAX, grouped
from contrefeu.web import Urgent
from tests.station.living import in_downtime
from tests.station.visitors import text_of, visitor
from tests.station.ward_in_memory import at


def waiting(number, ward, hours=-1.0):
    """One result."""
    return Urgent(
        "critical", f"p{number}", ward, f"NOM{number}", "Pouls", str(number), at(hours), "/a", False, ward, at(hours)
    )


MANY = [waiting(n, ward, -n / 10) for n, ward in enumerate(["CARD", "CHIR", "CARD", "URG", "CARD", ""], 1)]


@pytest.mark.req("D5")
def test_few_stand_in_full_for_everybody():
    """Up to three, as before."""
    assert grouped(MANY[:FULL_MAX], ["*"], "/") == (tuple(MANY[:FULL_MAX]), ())


@pytest.mark.req("D5")
@pytest.mark.parametrize(
    ("wards", "path", "full"),
    [
        (["*"], "/", []),
        (["*"], "/ward/CARD", [1, 3, 5]),
        (["*"], "/round/URG", [4]),
        (["*"], "/patient/p2", [2]),
        (["*"], "/write/vitals/p6", [6]),
        (["CARD", "URG"], "/", [1, 3, 4, 5]),
    ],
)
def test_ones_own_ward_stands_in_full_and_others_are_a_line_each(wards, path, full):
    """What is in full and what is counted together are everything, the newest ward first."""
    shown, lines = grouped(MANY, wards, path)
    assert [int(one.value) for one in shown] == full
    assert len(shown) + sum(line.count for line in lines) == len(MANY)
    assert [line.newest.received for line in lines] == sorted((line.newest.received for line in lines), reverse=True)
    assert not {one.ward for one in shown if path == "/"} & {line.ward for line in lines}


@pytest.mark.req("F7")
def test_a_page_shows_a_line_a_ward_and_the_ward_shows_all():
    """The nurse of every ward reads two lines for six results; on the ward's own page each stands with its button."""
    charts = in_downtime()
    line = WorkLine("p", "NOM", "Prénom", "1950-01-01", "1", "CARD", "204", "F", "", False, 0, [])

    def patient(number, ward):
        item = WorkItem("critical", f"Observation/o{number}", "Pouls", f"{number} /min, HH", at(-0.1), at(-0.1))
        return msgspec.structs.replace(line, id=f"p{number}", family=f"NOM{number}", ward=ward, items=[item])

    async def work(world=""):
        return [patient(n, "CARD" if n < 5 else "CHIR") for n in range(1, 7)]

    charts.work = work
    nurse = visitor("nadia", charts=charts)
    page = text_of(nurse.get("/"))
    assert "‼ CARD 4 résultats à reconnaître" in page
    assert "‼ CHIR 2 résultats à reconnaître" in page
    assert "RÉSULTAT CRITIQUE" not in page
    assert "À faire ‼ 6" in page
    page = text_of(nurse.get("/ward/CARD"))
    assert page.count("RÉSULTAT CRITIQUE") == 4
    assert "‼ CHIR 2 résultats" in page
    lucas = text_of(visitor("lucas", charts=charts).get("/"))
    assert "CARD" not in lucas.split("Contrefeu")[0]
    assert lucas.count("RÉSULTAT CRITIQUE") == 2
