"""The plan as a sheet to decide on and to tick off, in French or English."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from contrefeu.acts import Cut, FunctionState, Start
from contrefeu.contain.plan import Plan, WardLoss
from contrefeu.contain.simulate import Expected
from contrefeu.contain.words import WORDS
from contrefeu.contain.zones import ANY
from contrefeu.typeset import document

ROWS_MAX = 60  # rows of a table: two pages; who has more to do needs a list, not a sheet
SYSTEMS_NAMED = 6  # systems named in a cell

Row = list[str]


def plan_pdf(plan: Plan, *, facility: str, inventory: str, at: str, language: str, exercise: bool = False) -> bytes:
    """Return the sheet.

    Args:
        plan: The plan.
        facility: On the sheet.
        inventory: What it was made from.
        at: When, as people write it.
        language: "fr" or "en".
        exercise: Whether the home is a drill's.
    """
    sheet = _Sheet(plan, WORDS[language])
    words = sheet.words
    about = words["about"].format(
        facility=facility, at=at, inventory=inventory, systems=plan.systems, flows=plan.flows
    )  # fmt: skip
    template = files("contrefeu.contain").joinpath("templates", "containment.typ").read_bytes()
    values = {
        "lang": language,
        "title": words["title"],
        "about": about,
        "advice": words["advice"],
        "exercise": words["exercise"] if exercise else "",
        "suspects": words["suspects"].format(names=", ".join(plan.suspects)),
        "parts": sheet.parts(),
        "sign": words["sign"],
        "footer": words["footer"].format(model=plan.model),
    }
    return document(template, values)


class _Sheet:
    def __init__(self, plan: Plan, words: dict[str, Any]) -> None:
        self.plan = plan
        self.words = words

    def parts(self) -> list[dict[str, Any]]:
        """Its tables."""
        plan, words = self.plan, self.words
        proof = words["proven" if plan.proven else "unproven"].format(
            cost=self.number(plan.cost, 3), bound=self.number(plan.bound, 3)
        )
        if plan.unknown or plan.unplaced:
            proof += " " + words["unknown"].format(unknown=plan.unknown, unplaced=plan.unplaced)
        cuts = [["[ ]", self.step(cut), self.named(cut.functions) or words["no_care"]] for cut in plan.cut]
        return [
            self.part("cut", [".", "*", "."], cuts, proof if cuts else f"{words['nothing_cut']} {proof}"),
            self.part("lost", [".", ".", "*", "*"], self.states(plan.lost_functions), self.none("lost")),
            self.part("at_risk", [".", ".", "*", "*"], self.states(plan.at_risk_functions), self.none("at_risk")),
            self.part("wards", [".", "*", "*", "*"], [self.ward(one) for one in plan.wards], self.spared()),
            self.part("kept", [], [], self.kept()),
            self.part("compared", ["*", ".", ".", "."], self.compared(), self.compared_said()),
            self.part("restart", [".", "*", ".", "*", "*"], [self.start(one) for one in plan.restart], ""),
        ]

    def part(self, name: str, widths: list[str], rows: Sequence[Row], said: str) -> dict[str, Any]:
        """One table, cut short where a sheet ends."""
        if len(rows) > ROWS_MAX:
            said = f"{said} {self.words['cut_short'].format(count=len(rows) - ROWS_MAX)}".strip()
        head = self.words.get(f"{name}_head", [])
        return {"title": self.words[name], "head": head, "widths": widths, "rows": list(rows[:ROWS_MAX]), "said": said}

    def none(self, name: str) -> str:
        """What stands where a table has no row."""
        found = self.plan.lost_functions if name == "lost" else self.plan.at_risk_functions
        return "" if found else str(self.words[f"nothing_{name}"])

    def step(self, cut: Cut) -> str:
        """One thing to do."""
        if cut.action == "block":
            ends = {name: self.words["any"] if end == ANY else end for name, end in
                    (("source", cut.source), ("target", cut.target))}  # fmt: skip
            port = cut.port or self.words["port"]
            return str(self.words["block"].format(**ends, protocol=cut.protocol, transport=cut.transport, port=port))
        named = f"{cut.system} ({cut.name})" if cut.name else cut.system
        return str(self.words[cut.action].format(system=named, account=cut.account))

    def named(self, functions: Sequence[str]) -> str:
        """Functions by their names."""
        plan = self.plan
        names = {one.id: one.name for one in [*plan.lost_functions, *plan.at_risk_functions, *plan.kept_functions]}
        return ", ".join(names[one] for one in functions)

    def states(self, found: Sequence[FunctionState]) -> list[Row]:
        """One row a function."""
        nowhere = self.words["nowhere"]
        return [
            [
                one.name,
                ", ".join(one.wards) or nowhere,
                _few([self.way(why) for why in one.why]),
                one.covered_by or nowhere,
            ]
            for one in found
        ]

    def way(self, why: str) -> str:
        """A link as it is read, `*` being all; a system or an account as it is."""
        source, arrow, target = why.partition("->")
        ends = (self.words["any"] if end.split(":")[0] == ANY else end for end in (source, target))
        return " → ".join(ends) if arrow else why

    def ward(self, one: WardLoss) -> Row:
        """What one ward loses."""
        nowhere = str(self.words["nowhere"])
        return [one.ward, *("; ".join(found) or nowhere for found in (one.lost, one.at_risk, one.covered_by))]

    def spared(self) -> str:
        """What stands where no ward loses anything."""
        return "" if self.plan.wards else str(self.words["nothing_wards"])

    def kept(self) -> str:
        """What is kept, in a sentence."""
        return ", ".join(one.name for one in self.plan.kept_functions) or str(self.words["nothing_kept"])

    def compared(self) -> list[Row]:
        """The plan and its alternatives."""
        told = self.plan.compared
        rows = zip(self.words["compared_rows"], (told.plan, told.nothing, told.everything_off), strict=True)
        return [[name, *self.expected(one)] for name, one in rows]

    def expected(self, one: Expected) -> Row:
        """One course of action."""
        struck = f"{self.number(one.systems_struck, 1)} ({one.systems_struck_95})"
        return [str(one.systems_off), struck, self.number(one.care_lost + one.care_struck, 1)]

    def number(self, value: float, digits: int) -> str:
        """A number with the language's decimal sign."""
        return f"{value:.{digits}f}".replace(".", str(self.words["decimal"]))

    def compared_said(self) -> str:
        """Over what."""
        told = self.plan.compared
        return str(self.words["compared_said"].format(hours=told.hours, runs=told.nothing.runs))

    def start(self, one: Start) -> Row:
        """One step of the restart."""
        after = ", ".join(one.after)
        if one.missing:
            after = f"{after} {self.words['missing'].format(names=_few(one.missing))}".strip()
        how = f"{one.order}. {one.name}", self.words["hows"][one.how]
        return ["[ ]", *how, after or self.words["nowhere"], self.named(one.functions) or self.words["nowhere"]]


def _few(names: Sequence[str]) -> str:
    left = f" +{len(names) - SYSTEMS_NAMED}" if len(names) > SYSTEMS_NAMED else ""
    return ", ".join(names[:SYSTEMS_NAMED]) + left
