"""The story, from the first message to the last comparison (the package says which)."""

import io
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from contrefeu.acts import EntriesReleased, EntriesSetAside, PatientSignedOff, decode
from contrefeu.base import ManualClock, parse_rfc3339, rfc3339
from contrefeu.cli.main import run
from contrefeu.cli.node import Node
from contrefeu.drill import Hospital, TruePatient
from contrefeu.hl7 import peek
from contrefeu.journal import MEDIA_ACT, MEDIA_HL7V2, Draft, Entry
from contrefeu.recovery.forms import own_control_id
from contrefeu.station.reprise import reprise
from tests.drills.recover.facts import Newcomer, judge
from tests.drills.recover.record_system import RecordSystem
from tests.drills.recover.ward import Ward

START_NS = parse_rfc3339("2026-03-02T07:00:00+01:00")  # a Monday morning; fixed, so that a seed is a hospital
DAY_NS = 86_400 * 10**9
DAYS, BACKUP, ATTACK, BACK = 28, 15, 20, 26
ROUNDS_A_DAY = 2
CLEAN_HOURS = 2  # before the attack: what came in since is looked at before it goes back
BATCH = 200  # messages an append
TARGET = "ehr"
ODDLY = 0.003  # of the answers: each ends a run, and somebody looks
TIMES_MAX = 400  # runs of a replay until nothing is left: each ends at a refusal or a silence
PROFILE = f"""
name = "{TARGET}"
form = "marked"
honours_mark = true
acts = "hl7"
version = "2.5.1"
answer_s = 0.25
"""


@dataclass
class Report:
    """What the story found; `wrong` says what is not as it must be."""

    beds: int
    days: float
    patients: int
    messages: int
    lost: int  # messages that the restored system had and has no more
    acts: dict[str, int]
    newcomers: int
    united: int
    missing: int  # entries, by the first comparison
    set_aside: int
    sent: int
    runs: int
    answers: dict[str, int]
    missing_after: int
    entries: int
    fates: dict[str, int]
    written: int
    retyped_share: float
    signed: int  # patients who lacked something, and were signed off
    unsigned: int  # who lacked something by the first comparison, and nobody was asked to sign
    lines: int  # of charts, compared with the truth
    seconds: float
    cpu_s: float
    wrong: list[str]


class Story:
    """One hospital, one attack."""

    def __init__(self, folder: Path, beds: int, seed: int, days: float = DAYS, oddly: float = ODDLY) -> None:
        self._folder, self._beds, self._days = folder, beds, days
        self._chance = Random(seed)
        self._began, self._cpu = time.monotonic(), time.process_time()
        self._home = folder / "home"
        self._command("init", "--drill", "--facility", "Exercise", "--shares-out", str(folder / "shares"))
        (folder / "ehr.toml").write_text(PROFILE)
        self._clock = ManualClock(START_NS)
        self._node = Node.at(self._home)
        self._node.clock = self._clock
        self._hospital = Hospital(seed, beds, "fr", START_NS)
        self._ehr = RecordSystem(self._chance, oddly)
        self._messages = self._sent = self._runs = self._united = 0

    def tell(self) -> Report:
        """Live through it."""
        self._lives(BACKUP)
        backup = self._ehr.backup()
        self._lives(ATTACK)
        ward = self._writes(self._hospital.truth())
        lost = self._ehr.restore(backup)
        self._lives(BACK + 1)
        first = self._goes_back(ward)
        self._lives(DAYS)
        last = self._gap("after", 0)
        account = self._command("reconcile", "--out", str(self._folder / "account.pdf"), status=None)
        signed, unsigned = self._signs(ward, first)
        truth, charts = self._hospital.truth(), list(self._ehr.charts())
        self._ehr.close()
        wrong, lines = judge(truth, ward.facts, charts)
        written, back = account["written"], account["written_back"]
        if not account["sound"]:
            wrong.append(f"the account is not sound: {account['reasons']}")
        return Report(
            beds=self._beds, days=self._days, patients=len(truth) + len(ward.facts.newcomers) - self._united,
            messages=self._messages, lost=lost, acts=dict(ward.facts.acts), newcomers=len(ward.facts.newcomers),
            united=self._united, missing=first["missing"], set_aside=self._aside, sent=self._sent, runs=self._runs,
            answers=dict(self._ehr.answers), missing_after=last["missing"], entries=account["entries"],
            fates={fate: account[fate] for fate in _FATES}, written=written,
            retyped_share=round(1 - back / written, 4), signed=signed, unsigned=unsigned, lines=lines,
            seconds=round(time.monotonic() - self._began, 1),
            cpu_s=round(time.process_time() - self._cpu, 1), wrong=wrong,
        )  # fmt: skip

    # Life.

    def _at(self, day: float) -> int:
        """A day of the story, when its 28 are as long as this one's."""
        return START_NS + int(day / DAYS * self._days * DAY_NS)

    def _lives(self, day: float) -> None:
        """Feeds speak, to the record system and to us."""
        self._node.reading_keys().make_ahead(self._clock.now_ns())
        journal = self._node.writer(self._node.capture_journal)
        batch: list[Draft] = []
        sent = self._hospital.run((self._at(day) - self._hospital.now_ns) / 3600e9) if day in (ATTACK, DAYS) else (
            self._hospital.until(self._at(day))
        )  # fmt: skip
        for one in sent:
            header = peek(one.message)
            batch.append(Draft(header.source if header else "", MEDIA_HL7V2, one.message, one.at_ns))
            self._ehr.take(one.message)
            self._messages += 1
            if len(batch) >= BATCH:
                self._append(journal, batch)
        self._append(journal, batch)
        journal.close()
        self._clock.set(max(self._clock.now_ns(), self._at(day)))

    def _append(self, journal: Any, batch: list[Draft]) -> None:
        if batch:
            self._clock.set(max(self._clock.now_ns(), batch[-1].received_ns))
            journal.append(batch)
            batch.clear()

    def _writes(self, truth: Sequence[TruePatient]) -> Ward:
        """The downtime."""
        ward = Ward(self._node, self._clock, self._chance)
        present = [one.number for one in truth if one.present]
        former = [one for one in truth if not one.present and one.stays and not one.identity.dead]
        rounds = max(2, round((BACK - ATTACK) / DAYS * self._days * ROUNDS_A_DAY))
        for n in range(rounds):
            self._clock.set(max(self._clock.now_ns(), self._at(ATTACK + (BACK - ATTACK) * n / rounds)))
            self._node.reading_keys().make_ahead(self._clock.now_ns())
            with ward.at_work():
                ward.round(present, former, max(2, self._beds // 20))
        self._clock.set(max(self._clock.now_ns(), self._at(BACK)))
        self._hospital.stand_still((self._at(BACK) - self._at(ATTACK)) / 3600e9)
        self._again = [one for one in ward.facts.newcomers.values() if one.known]
        self._unite(ward, self._again[::2], told=False)
        return ward

    def _unite(self, ward: Ward, newcomers: Sequence[Newcomer], *, told: bool) -> None:
        with ward.at_work():
            for one in newcomers:
                ward.unites(one, told=told)
                self._united += 1

    # Back.

    def _goes_back(self, ward: Ward) -> dict[str, Any]:
        """Compare, send, look at what was set aside, and send that; then unite those who were not, and tell it."""
        first = self._gap("before", 10)
        self._send()
        self._release(ward)
        self._send()
        self._unite(ward, self._again[1::2], told=True)
        self._gap("united", 0)
        self._send()
        return first

    def _gap(self, name: str, status: int) -> dict[str, Any]:
        attack = self._at(ATTACK)
        clean = attack - int(CLEAN_HOURS * 3600e9 * self._days / DAYS)
        between = ("--clean", rfc3339(clean), "--detected", rfc3339(attack))
        export = self._ehr.export(self._folder / name)
        return self._command("gap", "--against", str(export), *between, status=status if status else None)

    def _send(self) -> None:
        """Replay until nothing is left but what was set aside; somebody looks after each run that stopped."""
        to = ("replay", "--to", self._ehr.url, "--profile", str(self._folder / "ehr.toml"))
        for _ in range(TIMES_MAX):
            plan = self._folder / f"plan-{self._runs}.jsonl"
            self._command(*to, "--dry-run", "--plan", str(plan))
            self._decide(plan)
            done = self._command(*to, "--resume", "--plan", str(plan), status=None)
            self._runs += 1
            self._sent += done["sent"]
            if not done["stopped"] and not done["in_doubt"]:
                return
        raise AssertionError("it does not come to its end")

    def _decide(self, plan: Path) -> None:
        """Write into the plan what somebody sees in the record system of what is in doubt."""
        there = self._ehr.control_ids()
        head, *lines = plan.read_text().splitlines()
        found = [json.loads(line) for line in lines]
        for one in found:
            if one["do"] == "send" and own_control_id(one["entry"], TARGET) in there:
                one["do"] = "arrived"
            elif one["do"] == "send":
                one["do"] = "again"
        plan.write_text("\n".join([head, *map(json.dumps, found)]) + "\n")

    def _release(self, ward: Ward) -> None:
        """Somebody looked at what was set aside (station/pages/recovery.py)."""
        entries = [one for act in self._said() if isinstance(act, EntriesSetAside) for one in act.entries]
        self._aside = len(entries)
        with ward.at_work():
            ward.acts("recovery-a", EntriesReleased(entries, "relues", rfc3339(self._clock.now_ns())))

    def _signs(self, ward: Ward, first: dict[str, Any]) -> tuple[int, int]:
        """Somebody looks at each patient of the list, and signs; returns how many, and who was on none."""
        listed = reprise(list(self._acts())).patients
        with ward.at_work():
            for one in listed.values():
                ward.acts("recovery-a", PatientSignedOff(one.chart, rfc3339(self._clock.now_ns()), one.left))
        signed = reprise(list(self._acts()))
        with self._node.own_charts() as charts:
            lacked = {charts.numbers(one["id"])[0] for one in first["patients"] if one["missing"] and one["id"]}
        return signed.signed, len(lacked - {one.chart for one in signed.patients.values() if one.state == "signed"})

    def _said(self) -> Iterator[Any]:
        return (act for _, act in self._acts())

    def _acts(self) -> Iterator[tuple[Entry, Any]]:
        for entry in self._node.entries(self._node.station_journal, 0, 1 << 63):
            if entry.media_type == MEDIA_ACT:
                yield entry, decode(entry.body)

    def _command(self, *arguments: str, status: int | None = 0) -> dict[str, Any]:
        """Run a command in this process; None: whatever its exit status."""
        out = io.TextIOWrapper(io.BytesIO())
        with redirect_stdout(out):
            ended = run(["--home", str(self._home), *arguments, "--json"])
        out.flush()
        assert status is None or ended == status, (arguments, ended)
        found: dict[str, Any] = json.loads(out.buffer.getvalue() or b"{}")
        return found


_FATES = ("present", "replayed", "merged", "set_aside", "kept_here", "unaccounted")


def rehearsed(beds: int, seed: int, days: float = DAYS) -> int:
    """How many patients the feeds of such a hospital name, when it lives through the same days."""
    day_ns = days / DAYS * DAY_NS
    hospital = Hospital(seed, beds, "fr", START_NS)
    for _ in hospital.until(START_NS + int(ATTACK * day_ns)):
        pass
    hospital.stand_still((BACK - ATTACK) * day_ns / 3600e9)
    for _ in hospital.until(START_NS + int(DAYS * day_ns)):
        pass
    return len(hospital.truth())


def tell(folder: Path, beds: int, seed: int, days: float = DAYS, oddly: float = ODDLY) -> Report:
    """Live through the story in *folder*."""
    return Story(folder, beds, seed, days, oddly).tell()
