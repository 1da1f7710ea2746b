"""A ward's exercise: a node of its own with invented patients, the time line in real time, the record at the end.

Rules kept here:
  * Everything lies in one new folder; no home of the operator is touched, and none is asked for.
  * What the machine does (feeds that fall silent, a critical result) happens at its minute, through the sockets that
    any system uses.
  * However it ends, by its time or by Ctrl-C, it is scored from the journal.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from contrefeu.acts import ExerciseEnded, ExerciseStarted, ExerciseTold, NamedPatient, encode
from contrefeu.base import OperatorError, SystemClock, parse_rfc3339, rfc3339, write_file
from contrefeu.exercise import (
    Line,
    Promised,
    Record,
    Scored,
    Script,
    digest_of,
    journal_ends,
    measured,
    per_mille,
    score,
    second,
    sheet_names,
    sheet_pdf,
    signer_at,
    this_version,
)

if TYPE_CHECKING:
    from contrefeu.cli.node import Node
    from contrefeu.drill import Hospital, Sent, TruePatient
    from contrefeu.proof import Signer

FORMS = 3  # vital signs forms that lie ready, printed and numbered: some are written on, one gets lost (Q2)
SEEDS_TRIED_MAX = 20  # houses: at some hours a ward of a small one has nobody, of so many never
NS_PER_MINUTE = 60 * 1_000_000_000

Progress = Callable[[str], None]


def peopled(script: Script, now_ns: int) -> "tuple[int, Hospital, list[Sent]]":
    """The house of the scenario's seed, and its past; or of the next seed whose ward has the patients that it names."""
    from contrefeu.drill import Hospital

    most = 0
    for seed in range(script.seed, script.seed + SEEDS_TRIED_MAX):
        hospital = Hospital.for_exercise(seed, script.beds, now_ns, script.past_hours)
        past = list(hospital.until(now_ns))
        lying = len(_lying(script, hospital))
        if lying >= len(script.letters):
            return seed, hospital, past
        most = max(most, lying)
    raise OperatorError(
        f'The simulated ward "{script.ward}" has {most} patients in beds, and the scenario names '
        f"{len(script.letters)}.",
        safe="Nothing was started.",
        next="Give the scenario more beds, another seed or another ward.",
    )


def _lying(script: Script, hospital: "Hospital") -> "list[TruePatient]":
    """Patients of the ward, bed by bed."""
    found = [(one.place, one) for one in hospital.truth() if one.place and one.place.ward == script.ward]
    found = [(place, one) for place, one in found if place.bed]
    return [one for _, one in sorted(found, key=lambda each: (each[0].room, each[0].bed))]


class WardExercise:
    """One exercise, from the empty folder to its record."""

    def __init__(self, folder: Path, script: Script, text: str, language: Any, progress: Progress) -> None:
        from contrefeu.drill import NodeUnderDrill

        if folder.exists() and any(folder.iterdir()):
            raise OperatorError(
                f"{folder} is not empty.", safe="Nothing was started.", next="Name a new folder with --to."
            )
        self.folder, self.script, self._text = folder, script, text
        self._language, self._progress = language, progress
        self._clock = SystemClock()
        folder.mkdir(parents=True, exist_ok=True)
        self._under: NodeUnderDrill = NodeUnderDrill(folder / "home")
        self._hospital: Hospital | None = None
        self._seed, self._messages = script.seed, 0
        self._patients: dict[str, TruePatient] = {}
        self._ref, self._started = "", ExerciseStarted("", "", "")
        self.logins: list[dict[str, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._under.stop()

    @property
    def node(self) -> "Node":
        """The exercise's node."""
        from contrefeu.cli.node import Node

        return Node.at(self._under.home)

    @property
    def web(self) -> str:
        """Where people open the ward app."""
        return self._under.web

    def signer(self) -> "Signer":
        """What signs the record."""
        node = self.node
        return signer_at(node.settings.node.id, node.paths.signing_seed("station"))

    # Before.

    def prepare(self, web: str, *, insecure: bool = False) -> None:
        """Make the home, its accounts, its patients; print what lies on the ward."""
        from contrefeu.cli.demo import prepare_demo
        from contrefeu.drill import send

        shares = str(self.folder / "shares")
        self._under.command("init", "--drill", "--facility", self._facility, "--shares-out", shares)
        self.logins = prepare_demo(self.node)
        self._under.up("127.0.0.1:0", web, *(["--insecure-http"] if insecure else []))
        script = self.script
        self._seed, hospital, past = peopled(script, self._clock.now_ns())
        self._hospital, self._messages = hospital, len(past)
        self._progress(
            self._say("{n} messages du passé de l’hôpital", "{n} messages of the hospital’s past", n=len(past))
        )
        asyncio.run(send(past, *self._under.mllp))
        self._patients = dict(zip(script.letters, _lying(script, hospital), strict=False))
        write_sheets(script, self.folder / "sheets", self._language, self._named())
        self._print()

    @property
    def _facility(self) -> str:
        return self._say("Exercice", "Exercise")

    def _named(self) -> dict[str, str]:
        return {letter: _words(one, self._language) for letter, one in self._patients.items()}

    def _print(self) -> None:
        """The ward's pack, and forms that must come back."""
        papers = self.folder / "papers"
        papers.mkdir(exist_ok=True)
        ward, lang = self.script.ward, ["--lang", self._language]
        self._under.command(*lang, "pack", "--ward", ward, "--out", str(papers / f"pack-{ward}.pdf"))
        form = papers / f"vital-signs-{ward}.pdf"
        self._under.command(*lang, "forms", "vital-signs", "--ward", ward, "--count", str(FORMS), "--out", str(form))

    def tell_leader(self) -> None:
        """Say where things are, and who logs in as whom."""
        script, say = self.script, self._progress
        say("")
        say(f"{script.title.of(self._language)} · {script.minutes:g} min")
        say(self._say("Imprimez : {f}", "Print: {f}", f=f"{self.folder / 'sheets'}, {self.folder / 'papers'}"))
        say(self._say("Ouvrez sur chaque poste : {w}drill", "Open on each PC: {w}drill", w=self.web))
        playing = {*script.roles, "admin"}  # who leads it logs in as the administrator, and sees every inject
        for login in self.logins:
            if login["role"] in playing:
                playing.remove(login["role"])
                say(f"  {login['role']:12} {login['login']:10} {login['secret']}")

    # The time line.

    def play(self, speed: float, led_by: str) -> None:
        """Begin, run to the end or to Ctrl-C, and end."""
        patients = {
            letter: NamedPatient(_numbers(one), self._named()[letter]) for letter, one in self._patients.items()
        }
        at = rfc3339(self._clock.now_ns())
        self._started = ExerciseStarted(self._text, self.script.ward, at, speed, patients, led_by)
        self._ref = self._written(encode(self._started))
        self._progress(self._say("Minute 0.", "Minute 0."))
        asyncio.run(self._run(speed))
        self._written(encode(ExerciseEnded(self._ref, rfc3339(self._clock.now_ns()))))

    def _written(self, act: bytes) -> str:
        from contrefeu.cli.node import CONSOLE
        from contrefeu.journal import MEDIA_ACT, Draft

        node = self.node
        with node.station_appender() as journal:
            written = journal.append([Draft(CONSOLE, MEDIA_ACT, act, self._clock.now_ns())])
        return f"{node.station_journal}/{written.start}"

    async def _run(self, speed: float) -> None:
        """Let the house live, and do what the injects do, each at its minute."""
        from contrefeu.drill import live

        assert self._hospital is not None, "prepared first"
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, stop.set)
        living = asyncio.create_task(live(self._hospital, *self._under.mllp))
        for inject in self.script.in_order():
            if await self._until(inject.at_minute, speed, stop):
                break
            told = ExerciseTold(self._ref, inject.id, rfc3339(self._clock.now_ns()))
            await asyncio.to_thread(self._written, encode(told))
            self._progress(f"  {inject.at_minute:g} min  {inject.role}: {inject.id}")
            if inject.play == "silence":
                living.cancel()
            elif inject.play == "critical":
                await self._critical(inject.patient)
        await self._until(self.script.minutes, speed, stop)
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living

    async def _until(self, minute: float, speed: float, stop: asyncio.Event) -> bool:
        """Wait for a minute of the exercise; True when it was told to stop."""
        at_ns = parse_rfc3339(self._started.at) + round(minute / speed * NS_PER_MINUTE)
        wait_s = (at_ns - self._clock.now_ns()) / 1_000_000_000
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.0, wait_s))
        return stop.is_set()

    async def _critical(self, letter: str) -> None:
        from contrefeu.drill import send

        assert self._hospital is not None, "prepared first"
        sent = self._hospital.critical(self._patients[letter].number, self._clock.now_ns())
        await send(sent, *self._under.mllp)

    # After.

    def record(self, speed: float, led_by: str) -> Record:
        """Score it, and say it as a record."""
        node, now_ns = self.node, self._clock.now_ns()
        entries = node.entries(node.station_journal, 0, now_ns)
        scored = score(self.script, self._ref, self._started, entries, now_ns)
        script, language = self.script, self._language
        promises = [
            Promised(one.id, one.promise, one.threshold, one.measured, one.held, per_mille(one.ratio))
            for one in measured(scored, language)
        ]
        return Record(
            kind="ward",
            scenario=script.id,
            scenario_sha256=digest_of(self._text),
            title=script.title.of(language),
            attack=script.attack,
            facility=self._facility,
            node=node.settings.node.id,
            version=this_version(),
            began=second(parse_rfc3339(self._started.at)),
            ended=second(now_ns),
            speed=f"{speed:g}",
            seed=self._seed,
            beds=script.beds,
            messages=self._messages,
            led_by=led_by,
            language=language,
            held=all(one.held for one in promises),
            promises=promises,
            lines=list(_lines(script, scored, language, self._named())),
            players=scored.players,
            journals=journal_ends(node.paths.journals),
        )

    def _say(self, fr: str, en: str, **values: object) -> str:
        return (en if self._language == "en" else fr).format(**values)


def write_sheets(script: Script, folder: Path, language: str, patients: dict[str, str]) -> list[Path]:
    """Print the sheets of a scenario into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for role in sheet_names(script):
        path = folder / f"{script.id}-{role}.pdf"
        write_file(path.absolute(), sheet_pdf(script, role, language, patients), mode=0o644)
        made.append(path)
    return made


def _lines(script: Script, scored: Scored, language: str, patients: dict[str, str]) -> Iterator[Line]:
    said = {one.id: one.text("said", language, patients) for one in script.injects}
    for step in scored.steps:
        yield Line(step.inject, said[step.inject], step.role, step.at_s, step.done_s, step.within_s, step.by, step.held)


def _words(patient: "TruePatient", language: str) -> str:
    """A patient as an inject names them: name, birth date, bed."""
    from contrefeu.web import Words

    identity, place = patient.identity, patient.place
    born = Words(language, UTC).day(identity.birth_date)
    bed = "" if place is None else f"{'lit' if language == 'fr' else 'bed'} {place.room} {place.bed}".rstrip()
    return f"{identity.used_name} {' '.join(identity.given[:1])} ({born}, {bed})"


def _numbers(patient: "TruePatient") -> list[str]:
    """Every number that the patient is known under, without who gave it."""
    given = (patient.number, *patient.old_numbers)
    return [one.rpartition("|")[2] for one in given] + (
        [patient.identity.national] if patient.identity.national else []
    )
