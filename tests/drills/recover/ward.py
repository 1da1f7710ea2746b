"""The wards of a downtime: nurses, doctors and a laboratory write for days, on the ward app's forms and on paper.

Rules kept here:
  * An act goes through its form as a page sends it: its fields with what stands in them, what was typed, its checks,
    the bundle, the station's journal (station/pages/care.py, arrival_form.py; cli/taking.py for pages on paper).
  * What it means is noted beside it (facts.py).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from random import Random
from typing import Any, Literal
from zoneinfo import ZoneInfo

from contrefeu.acts import (
    TEMPORARY,
    IdentitiesLinked,
    NumberDrawn,
    PagesIssued,
    PairDecided,
    PairsProposed,
    ProposedPair,
)
from contrefeu.acts import encode as encode_act
from contrefeu.base import ManualClock, parse_rfc3339, rfc3339
from contrefeu.chart import SPECIMEN, Chart, Resource, number_of
from contrefeu.chart.fold import new_chart
from contrefeu.chart.sheet import Sheet
from contrefeu.cli.node import CONSOLE, Node
from contrefeu.drill import TruePatient
from contrefeu.fhir import encode
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, Draft, JournalWriter
from contrefeu.paper import Verdict, document_of
from contrefeu.station.care import FORMS, Bed, Scribe, Target, Typed
from contrefeu.station.care.arrivals import capitals, named, named_fields, place_fields
from contrefeu.station.care.scribe import bundle
from contrefeu.station.care.stay import step
from contrefeu.station.care.takeback import made_by
from contrefeu.station.pages.writing import chosen
from contrefeu.web import Words
from tests.drills.recover.facts import NEVER, Facts, Newcomer

ZONE = ZoneInfo("Europe/Paris")
WARDS = ("MED", "CHIR")
_SEXES = {"F": "female", "M": "male"}
_WORLD: Literal["T"] = "T"  # a drill is an exercise (F33)
_FAMILIES = ("MARTINEAU", "LEBRUN", "OKAFOR", "DA-SILVA", "NGUYEN", "ROUSSEL")
_GIVEN = ("CLAIRE", "HUGO", "INES", "MALO", "SARA", "TOM")


class Ward:
    """Everybody who writes, one after the other."""

    def __init__(self, node: Node, clock: ManualClock, chance: Random) -> None:
        self.facts = Facts()
        self._node, self._clock, self._chance = node, clock, chance
        self._journal: JournalWriter
        self._once = 0
        self._answered: list[tuple[str, str]] = []  # patient and entry whose results wait for a signature

    @contextmanager
    def at_work(self) -> Iterator["Ward"]:
        """The station's journal is written here, and by no command."""
        self._journal = self._node.writer(self._node.station_journal)
        try:
            yield self
        finally:
            self._journal.close()

    def round(self, present: Sequence[str], former: Sequence[TruePatient], newcomers: int) -> None:
        """Half a day: somebody comes, every second one a *former* patient, and everybody is cared for."""
        for _ in range(newcomers):
            came = len(self.facts.newcomers)
            again = former[came // 2] if came % 2 and came // 2 < len(former) else None
            self._arrives(again)
        with self._node.own_charts() as charts:
            for number in [*present, *self.facts.newcomers]:
                chart = charts.chart(number)
                assert chart is not None, number
                self._cares(number, Sheet(chart, self._clock.now_ns()))

    def unites(self, one: Newcomer, *, told: bool) -> None:
        """Two people say that somebody is a patient who is known (station/pages/identities.py)."""
        at, known = rfc3339(self._clock.now_ns()), one.known
        pair = ProposedPair(one.number, known, "said", 0.0, {}, world=_WORLD, proof="carte d'identité")
        decided = PairDecided(one.number, known, True, at, world=_WORLD)
        self.acts("recovery-a", PairsProposed([pair], at), decided)
        self.acts("recovery-b", decided, IdentitiesLinked(known, one.number, at, world=_WORLD))
        one.same_as, one.told = known, told

    def acts(self, login: str, *acts: Any) -> None:
        """Somebody says something that is no care."""
        for act in acts:
            self._append(f"user/{login}", MEDIA_ACT, encode_act(act))

    # One act.

    def _says(
        self,
        name: str,
        patient: str,
        sheet: Sheet,
        values: Mapping[str, str],
        line: Resource | None = None,
        said: str = "",
    ) -> str:
        """Fill in the form *name* and send it; returns the entry."""
        form, scribe = FORMS[name], self._scribe()
        target = Target(sheet, line, made_by(sheet, said) if said else (), ward="CHIR", beds=(Bed("12"),))
        fields = form.fields(target, scribe)
        typed = Typed({one.name: values.get(one.name, one.value) for one in fields}, scribe)
        assert chosen(fields, typed), (name, typed.problems)
        resources = form.write(target, typed)
        assert not typed.problems, (name, typed.problems)
        self.facts.acts[name] += 1
        return self._writes(sheet.chart, scribe, resources)

    def _writes(self, chart: Chart, scribe: Scribe, resources: Sequence[Any], once: str = "") -> str:
        self._once += 1
        body = bundle(chart, scribe, once or f"form/{self._once}", resources)
        return self._append(f"user/{scribe.login}", MEDIA_FHIR, body)

    def _append(self, source: str, media: str, body: bytes) -> str:
        written = self._journal.append([Draft(source, media, body, self._clock.now_ns())])
        return f"{self._node.station_journal}/{written.start}"

    def _scribe(self) -> Scribe:
        self._clock.advance(seconds=self._chance.randint(20, 90))
        node = self._node.settings.node
        return Scribe("nadia", "Nadia Benali", node.id, self._clock.now_ns(), ZONE, Words(node.language, ZONE))

    @property
    def _now(self) -> int:
        """As forms and messages write it: whole seconds."""
        return self._clock.now_ns() // 10**9 * 10**9

    # Who comes, is moved, goes.

    def _arrives(self, again: TruePatient | None) -> None:
        scribe, chance, facts = self._scribe(), self._chance, self.facts
        drawn = self._append("user/nadia", MEDIA_ACT, encode_act(NumberDrawn(rfc3339(self._clock.now_ns()))))
        number = number_of(drawn)
        if not number:
            return
        count = len(facts.newcomers)
        if again is not None:
            who = again.identity
            one = Newcomer(f"{TEMPORARY}|{number}", capitals(who.birth_name), capitals(who.given[0]), who.birth_date,
                           _SEXES[who.sex], again.number)  # fmt: skip
        else:
            family, born = f"{chance.choice(_FAMILIES)} {_letters(count)}", f"{1930 + count % 80}-0{1 + count % 9}-10"
            one = Newcomer(
                f"{TEMPORARY}|{number}", family, chance.choice(_GIVEN), born, chance.choice(("female", "male"))
            )
        beds = (Bed(str(100 + count)),)
        year, month, day = one.birth_date.split("-")
        values = {
            "family": one.family, "given": one.given, "sex": one.sex,
            "born": f"{day}/{month}/{year}", "bed": beds[0].name,
        }  # fmt: skip
        fields = (*named_fields(one.birth_date), *place_fields(beds, scribe))
        typed = Typed({f.name: values.get(f.name, f.value) for f in fields}, scribe)
        assert chosen(fields, typed), typed.problems
        ward = chance.choice(WARDS)
        came = step(f"stay:{number}", "admit", typed.moment(), place=(ward, "", typed.text("bed")), inside="IMP")
        self._writes(new_chart(one.number, _WORLD), scribe, [*named(typed, number), came], f"admit/{number}")
        facts.newcomers[one.number] = one
        facts.acts["arrive"] += 1
        facts.add(one.number, "stay", "in-progress", "I", self._now, NEVER, (ward, beds[0].name))

    def _moves(self, patient: str, sheet: Sheet) -> None:
        """Somebody who came here is moved, or goes home."""
        (stay,) = [fact for fact, n in self.facts.by_patient[patient].items() if fact[0] == "stay" and n > 0]
        _, status, kind, begun, _left, _where = stay
        if status != "in-progress":
            return
        home = self._chance.random() < 0.3
        self._says("discharge" if home else "transfer", patient, sheet, {} if home else {"bed": "12"})
        self.facts.drop(patient, *stay)
        if home:
            self.facts.add(patient, "stay", "finished", kind, begun, self._now, ())
        else:
            self.facts.add(patient, "stay", status, kind, begun, NEVER, ("CHIR", "12"))

    # Care.

    def _cares(self, patient: str, sheet: Sheet) -> None:
        chance = self._chance
        self._vitals(patient, sheet)
        for share, act in _ACTS:
            if chance.random() < share:
                act(self, patient, sheet)
        if patient in self.facts.newcomers and chance.random() < 0.2:
            self._moves(patient, sheet)

    def _vitals(self, patient: str, sheet: Sheet) -> None:
        chance = self._chance
        pulse, warm = str(chance.randint(50, 120)), f"{chance.randint(360, 395) / 10}"
        self._says("vitals", patient, sheet, {"pulse": pulse, "temperature": warm})
        for code, value, unit in (("8867-4", pulse, "/min"), ("8310-5", warm, "°C")):
            self.facts.add(patient, "result", code, value, unit, "F", self._now, ())
            self.facts.add(patient, "report", code)

    def _note(self, patient: str, sheet: Sheet) -> None:
        word = self.facts.token(patient)
        self._says("note", patient, sheet, {"text": f"Va mieux, {word}.\nÀ revoir | demain & après."})
        self.facts.add(patient, "document", (word,))

    def _prescribes(self, patient: str, sheet: Sheet) -> None:
        word, rhythm = self.facts.token(patient), self._chance.choice(("hours", "every", "needed"))
        drug, how = f"PARACETAMOL 1 g {word}", {"hours": "08:00 20:00", "every": "6", "limit": "si douleur, 4 par jour"}
        self._says("prescription", patient, sheet, {"drug": drug, "dose": "1 cp", "rhythm": rhythm} | how)
        words = {"hours": "1 cp · 08:00 20:00", "every": "1 cp · /6 h", "needed": "1 cp · si douleur, 4 par jour"}
        self.facts.add(patient, "prescription", drug, words[rhythm], "active")

    def _stops(self, patient: str, sheet: Sheet) -> None:
        for one in self._ours(sheet, "MedicationRequest")[:1]:
            self._says("stop", patient, sheet, {"reason": "allergie"}, one)  # goes in ORC-16, which charts do not show
            drug, words = one["medicationCodeableConcept"]["text"], one["dosageInstruction"][0]["text"]
            self.facts.drop(patient, "prescription", drug, words, "active")
            self.facts.add(patient, "prescription", drug, words, "stopped")

    def _gives(self, patient: str, sheet: Sheet) -> None:
        active = [one for one in sheet.all("MedicationRequest") if one.get("status") == "active"]
        for one in self._chance.sample(active, min(2, len(active))):
            drug = one["medicationCodeableConcept"].get("text", "")
            word = self.facts.token(patient)
            if self._chance.random() < 0.1:
                self._says("dose", patient, sheet, {"outcome": "not-done", "reason": f"refus {word}"}, one)
                self.facts.add(patient, "dose", drug, self._now, "refused", f"refus {word}")
            else:
                self._says("dose", patient, sheet, {"amount": f"1 cp {word}"}, one)
                self.facts.add(patient, "dose", drug, self._now, "given", "")

    def _asks(self, patient: str, sheet: Sheet) -> None:
        word, kind = self.facts.token(patient), self._chance.choice(("laboratory", "imaging", "advice"))
        self._says("request", patient, sheet, {"kind": kind, "what": f"Examen {word}", "why": "douleur"})
        self.facts.add(patient, "order", f"Examen {word}", self._now)

    def _answers(self, patient: str, sheet: Sheet) -> None:
        """The laboratory types the results of a request; a biologist signs what was typed before."""
        for one in [one for one in self._ours(sheet, "ServiceRequest") if _is_laboratory(one)][:1]:
            sodium = str(self._chance.randint(125, 150))
            ref = self._says("answer", patient, sheet, {"t-2951-2": sodium, "t-2951-2-again": sodium}, one)
            self._answered.append((patient, ref))
            self.facts.add(patient, "result", "2951-2", sodium, "mmol/L", "P", self._now, ())
            self.facts.add(patient, "report", "2951-2")

    def _signs(self, patient: str, sheet: Sheet) -> None:
        for whose, ref in [one for one in self._answered if one[0] == patient]:
            for line in made_by(sheet, ref):
                if line["resourceType"] == "Observation":
                    value, at = str(line["valueQuantity"]["value"]), parse_rfc3339(line["effectiveDateTime"])
                    self.facts.drop(patient, "result", "2951-2", value, "mmol/L", "P", at, ())
                    self.facts.add(patient, "result", "2951-2", value, "mmol/L", "F", at, ())
            self._says("validate", patient, sheet, {"note": "vu"}, said=ref)
            self._answered.remove((whose, ref))

    def _learns(self, patient: str, sheet: Sheet) -> None:
        word = self.facts.token(patient)
        told = {"what": f"Pollen {word}", "reaction": "urticaire", "severity": "mild", "told": "sa fille"}
        self._says("allergy", patient, sheet, told)
        self.facts.add(patient, "allergy", f"Pollen {word}", "MI", "urticaire", False)

    def _warns(self, patient: str, sheet: Sheet) -> None:
        form, word = self._chance.choice(("precaution", "directive")), self.facts.token(patient)
        self._says(form, patient, sheet, {"what": f"consigne {word}"})
        self.facts.add(patient, "document", (word,))

    def _charges(self, patient: str, sheet: Sheet) -> None:
        open_ = [one for one in sheet.all("Task") if one.get("status") == "requested"]
        word = self.facts.token(patient)
        if open_:
            self._says("done", patient, sheet, {"note": f"fait {word}"}, open_[0])
            before = str(open_[0]["description"]).rpartition(" ")[2]
            self.facts.add(patient, "document", (before, word))
        else:
            self._says("task", patient, sheet, {"what": f"Refaire le pansement {word}"})
            self.facts.add(patient, "document", (word,))

    def _on_paper(self, patient: str, sheet: Sheet) -> None:
        """A sheet that was filled in by hand comes back, and is scanned at the console or by somebody."""
        self._scribe()
        self._once += 1
        issue, at = f"{self._once:016x}", rfc3339(self._now)
        issued = PagesIssued(issue, "vitals", 1, "MED", at, "", sheet.chart.id, sheet.chart.key)
        picture = b"\xff\xd8 page " + self._chance.randbytes(2000)
        page = document_of(Verdict("filed", "", issued, 1), picture, at, "console", "fr", is_exercise=True)
        source = self._chance.choice((CONSOLE, "user/nadia"))
        self._append(source, MEDIA_FHIR, encode(page))
        self.facts.acts["paper"] += 1
        self.facts.add(patient, "picture", sha256(picture).hexdigest())

    def _ours(self, sheet: Sheet, kind: str) -> list[Resource]:
        """Active lines that were written here."""
        return [
            one
            for one in sheet.all(kind)
            if one.get("status") == "active" and "mot" in str(one.get("medicationCodeableConcept") or one.get("code"))
        ]


_ACTS: tuple[tuple[float, Callable[[Ward, str, Sheet], None]], ...] = (
    (0.6, Ward._gives),
    (0.2, Ward._note),
    (0.2, Ward._prescribes),
    (0.1, Ward._stops),
    (0.2, Ward._signs),
    (0.2, Ward._answers),
    (0.2, Ward._asks),
    (0.05, Ward._learns),
    (0.08, Ward._warns),
    (0.1, Ward._charges),
    (0.15, Ward._on_paper),
)


def _is_laboratory(request: Resource) -> bool:
    return any(one.get("system") == SPECIMEN for one in request.get("identifier") or [])


def _letters(n: int) -> str:
    """A family name that nobody else has."""
    return "".join(chr(ord("A") + n // 26**k % 26) for k in (2, 1, 0))
