"""The whole story: a hospital at work, an attack, the wards going on, a new station, and the account of it all.

    work ─► power cut ─► work ─► the record system dies ─► downtime on the wards ─► the node's home dies
         ─► too few custodians ─► enough of them ─► a new home elsewhere ─► every chart against the truth

Rules kept here:
  * The node is the real command in its own processes; the hospital speaks to it over real sockets and waits for ACKs.
  * Everything lies in one folder, which is removed unless it is asked to stay; no home of the operator is touched.
  * The same seed is the same hospital, to the byte. What is measured in seconds is this machine's.
  * A promise is held or broken by what was measured, and the figure is printed either way.
"""

import asyncio
import shutil
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from msgspec import Struct, json

from contrefeu.base import StorageError, SystemClock, parse_rfc3339
from contrefeu.custody import DataKeys, HomePaths, ReadingKeys
from contrefeu.drill.attacker import strike, tamperings
from contrefeu.drill.charted import Charted, read_export
from contrefeu.drill.command import Answer, NodeUnderDrill
from contrefeu.drill.hospital import Hospital
from contrefeu.drill.ledger import TruePatient
from contrefeu.drill.promises import Language, Outcome, Promise, said
from contrefeu.drill.score import Compared, compare, without_source
from contrefeu.drill.screen import Screen
from contrefeu.drill.sending import Delivery, Sent, send
from contrefeu.exercise import JournalEnd, journal_ends, signer_at
from contrefeu.hospital import parse_settings
from contrefeu.journal import Entry, JournalFiles, JournalReader, journals_in
from contrefeu.proof import Signer

START_NS = parse_rfc3339("2026-03-02T07:00:00+01:00")  # a Monday morning; fixed, so that a seed is a hospital
HOURS = 24  # lived through before the attack: every schedule of the day comes up once
PEOPLE = ("user/", "console", "rule/")  # sources of entries that no feed sent: people, and the watch
LAG_S_MAX = 1.0  # C5
LOOK_S = 0.02  # how often the copy is looked at: a fiftieth of what it may lag
COPY_S_MAX = 30.0  # a copy that has not caught up by then does not follow
RESTORE_S_MAX = 600.0  # "minutes" (promise 5), on two cores
_GARBAGE = (b"\xff\xfe not HL7 at all \x00\x01", b"MSH|^~\\&|BROKEN", b"PID|1||no header before it", b"MSH" * 700)

Progress = Callable[[str], None]


class DrillReport(Struct, frozen=True):
    """What a drill found."""

    promises: list[Promise]
    seconds: float
    seed: int
    attack: str
    patients: int
    messages: int


class Phase(Struct, frozen=True):
    """A part of the story, in seconds from its beginning."""

    id: str
    from_s: float
    to_s: float


class Story(NamedTuple):
    """A drill that was played, and what its record needs."""

    report: DrillReport
    outcomes: list[Outcome]
    phases: list[Phase]
    node: str
    signer: Signer
    journals: list[JournalEnd]  # as they stood when the attack came
    began_ns: int
    ended_ns: int


class _Watch:
    """Notes when each part of the story ends."""

    def __init__(self) -> None:
        self._begun = self._last = time.monotonic()
        self.phases: list[Phase] = []

    def ends(self, id_: str) -> None:
        now = time.monotonic()
        self.phases.append(Phase(id_, round(self._last - self._begun, 1), round(now - self._begun, 1)))
        self._last = now


class _Seal(NamedTuple):
    """What signs for the first node, kept from before the attack."""

    node: str
    signer: Signer
    journals: list[JournalEnd]


class _Before(NamedTuple):
    """What was true when the attack began."""

    delivered: Delivery
    truth: tuple[TruePatient, ...]
    charts_sha256: str
    lag_s: float
    accounts: dict[str, str]  # login -> secret
    chart: str  # id of the chart that the nurse looked at
    first_chart_s: float
    seen_entries: int  # audit entries of that nurse before the attack


def run_drill(
    *,
    patients: int,
    attack: str,
    seed: int,
    keep: Path | None = None,
    language: Language = "fr",
    progress: Progress = lambda _: None,
) -> Story:
    """Run the story and score it.

    Args:
        patients: Beds of the hospital.
        attack: "ransomware", "worm", "insider" or "wiper".
        seed: Of the hospital and of the attacker.
        keep: Where to leave what the drill made; a folder that is not there yet, or empty.
        language: Of what is said of each promise.
        progress: Told what is going on, one line at a time.

    Raises:
        StorageError: A part of the story could not be played; that is no score.
    """
    clock, watch = SystemClock(), _Watch()
    began_ns, started = clock.now_ns(), time.monotonic()
    folder = keep or Path(tempfile.mkdtemp(prefix="contrefeu-drill-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        outcomes, messages, seal = _play(folder, patients, attack, seed, progress, watch)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    promises = [said(outcome, language) for outcome in outcomes]
    report = DrillReport(promises, round(time.monotonic() - started, 1), seed, attack, patients, messages)
    return Story(report, outcomes, watch.phases, *seal, began_ns, clock.now_ns())


def _play(
    folder: Path, beds: int, attack: str, seed: int, progress: Progress, watch: _Watch
) -> tuple[list[Outcome], int, _Seal]:
    home, vault, shares = folder / "home", folder / "vault", folder / "shares"
    rng = Random(seed)  # noqa: S311 - an attacker of a drill, not a key
    with NodeUnderDrill(home) as node:
        before, rolled_back = _work(node, folder, beds, attack, seed, progress)
        seal = _seal(home)
        watch.ends("work")
        progress("attack: tampering with copies of the journals ...")
        missed, tried = _tamper(home, rolled_back, folder / "tampered", rng)
        leaks = _search(_secrets_of(before.truth), [home / "journals", home / "charts", vault])
        watch.ends("tampering")
        node.kill()
    done = strike(attack, home, rng)
    progress(f"attack: {attack}: {done}")
    if home.exists():
        home.rename(folder / "ruins")

    share_files = sorted(shares.glob("share-*.txt"))
    second = NodeUnderDrill(folder / "another-machine")
    progress("restore: with too few shares, then with enough ...")
    few = share_files[:2]
    too_few = _restore(second, vault, few)
    made = (second.home / "contrefeu.toml").exists()
    watch.ends("attack")
    begun = time.monotonic()
    restored = _restore(second, vault, share_files[1:4])
    restore_s = time.monotonic() - begun
    watch.ends("restore")
    if restored.status:
        progress(f"restore ended with {restored.status}: {restored.said.strip()}")
        figures = {"first": before.first_chart_s, "restore": restore_s, "again": -1.0}
        return [Outcome("P5", False, figures)], len(before.delivered.sent), seal
    second.command("export", "--to", str(folder / "restored"))
    charts = read_export(folder / "restored")
    compared = compare(before.truth, charts)
    for difference in compared.differences[:20]:
        progress(f"  {difference.how}: {difference.patient} {difference.block} {difference.line}")
    entries = list(_entries(second.home))
    with second:
        second.up()
        again_s = _first_chart(second, before.accounts, before.chart)
    watch.ends("compared")
    outcomes = [
        _nothing_lost(before.delivered, entries),
        Outcome("P2", not missed, {"tried": tried, "found": tried - len(missed), "list": "; ".join(missed)}),
        Outcome(
            "P3",
            not leaks and too_few.status == 14 and not made,
            {"leaks": leaks, "few": len(few), "count": len(share_files), "status": too_few.status},
        ),
        _nobody_unseen(before, entries),
        Outcome(
            "P5",
            before.first_chart_s >= 0 and again_s >= 0 and restore_s < RESTORE_S_MAX,
            {"first": before.first_chart_s, "restore": restore_s, "again": again_s},
        ),
        _accounted(second, entries),
        _sourced(charts, entries),
        _bad_input(before.delivered, entries, second),
        _same_charts(before.charts_sha256, str(restored.value["charts_sha256"])),
        _true_charts(compared),
        Outcome("C5", 0 <= before.lag_s < LAG_S_MAX, {"lag": before.lag_s}),
    ]
    return outcomes, len(before.delivered.sent), seal


def _seal(home: Path) -> _Seal:
    """What signs the record, taken while the home is whole."""
    paths = HomePaths(home)
    node = parse_settings(paths.settings.read_bytes()).node.id
    return _Seal(node, signer_at(node, paths.signing_seed("station")), journal_ends(paths.journals))


def _work(
    node: NodeUnderDrill, folder: Path, beds: int, attack: str, seed: int, progress: Progress
) -> tuple[_Before, Path]:
    """A day of the hospital, with a power cut in it; then the record system is gone and the wards go on."""
    home = node.home
    node.command("init", "--drill", "--facility", "Exercise", "--shares-out", str(folder / "shares"))
    node.command("vault", "add", f"file://{folder / 'vault'}")
    accounts = {
        login: str(node.command("users", "add", login, "--name", name, "--role", role, "--ward", "*")["secret"])
        for login, name, role in (("night", "Night Nurse", "nurse"), ("crisis", "Crisis Cell", "coordinator"))
    }
    node.up()
    hospital = Hospital.for_drill(seed=seed, beds=beds, style="fr", now_ns=START_NS)
    messages = list(hospital.run(hours=HOURS))
    truth = hospital.truth()
    progress(f"hospital: {len(truth)} patients, {len(messages)} messages of {HOURS} h and of the days before")
    rolled_back = folder / "rolled-back"
    delivered, lag_s = asyncio.run(_deliver(node, messages, rolled_back, progress))
    _copied(node)
    exported = node.command("export", "--to", str(folder / "exported"))
    shutil.rmtree(folder / "exported")
    progress(f"the record system is gone ({attack}); downtime is declared")
    ca = home / "ca" / "ca.pem"
    chart = str(node.command("find", truth[0].number.partition("|")[2])["patients"][0]["id"])
    nurse, crisis = Screen(node.web, ca), Screen(node.web, ca)
    nurse.log_in("night", accounts["night"])
    crisis.log_in("crisis", accounts["crisis"])
    begun = time.monotonic()
    crisis.declare_downtime("drill: the record system is down")
    status, _ = nurse.get(f"/patient/{chart}")
    first_chart_s = time.monotonic() - begun if status == 200 else -1.0
    _copied(node)
    seen = sum(entry.source == "user/night" for entry in _entries(home))
    before = _Before(delivered, truth, str(exported["charts_sha256"]), lag_s, accounts, chart, first_chart_s, seen)
    return before, rolled_back


async def _deliver(
    node: NodeUnderDrill, messages: list[Sent], rolled_back: Path, progress: Progress
) -> tuple[Delivery, float]:
    """Send a day's messages; a third of the way through, cut the node's power and give it back.

    Returns what was delivered, and how far the copy was behind at most before the power cut, in seconds.
    """
    third = len(messages) // 3
    lag = _Lag(node.home)
    watching = asyncio.create_task(lag.watch())
    first = await send(messages[:third], *node.mllp)
    watching.cancel()
    mllp = str(node.ready["mllp"])
    await asyncio.to_thread(_copied, node)
    shutil.copytree(node.home / "journals", rolled_back)
    sending = asyncio.create_task(send(messages[third:], *node.mllp))
    await asyncio.sleep(0.3)
    node.kill()
    progress("power cut while every system was sending; the node is started again")
    await asyncio.to_thread(node.up, mllp)
    rest = await sending
    garbage = await _send_garbage(*node.mllp)
    return Delivery.joined(first, rest, garbage), lag.max_s


async def _send_garbage(host: str, port: int) -> Delivery:
    """What no system should send: each is answered or kept, and the feed goes on."""
    reader, writer = await asyncio.open_connection(host, port)
    kept: list[bytes] = []
    for body in _GARBAGE:
        writer.write(b"\x0b" + body + b"\x1c\r")
        await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 10)
        kept.append(body)
    writer.close()
    await writer.wait_closed()
    return Delivery(sent=tuple(kept), resent=0, garbage=tuple(kept))


def _copied(node: NodeUnderDrill) -> None:
    """Wait until the vault holds every entry.

    Raises:
        StorageError: It does not follow.
    """
    deadline = time.monotonic() + COPY_S_MAX
    while time.monotonic() < deadline:
        status = node.command("status")
        [vault] = status["vaults"]
        if vault["entries"] >= sum(journal["entries"] for journal in status["journals"]):
            return
        time.sleep(0.2)
    raise StorageError(f"The vault has not followed for {COPY_S_MAX:.0f} s.")


class _Lag:
    """How old the oldest entry is that is on the node's disk and not yet read back from the vault."""

    def __init__(self, home: Path) -> None:
        self._journals = home / "journals"
        self._state = home / "run" / "copies.json"
        self._waiting: deque[tuple[float, int]] = deque()  # when the journals were seen to hold so many entries
        self.max_s = 0.0

    async def watch(self) -> None:
        """Look on until cancelled."""
        while True:
            now = time.monotonic()
            heads = [head.sequence for files in journals_in(self._journals) if (head := files.read_head())]
            self._waiting.append((now, sum(heads)))
            try:
                copied = json.decode(self._state.read_bytes())[0]["entries"]
            except (FileNotFoundError, IndexError):
                copied = 0
            while self._waiting and self._waiting[0][1] <= copied:
                self._waiting.popleft()
            if self._waiting:
                self.max_s = max(self.max_s, now - self._waiting[0][0])
            await asyncio.sleep(LOOK_S)


def _tamper(home: Path, rolled_back: Path, scratch: Path, rng: Random) -> tuple[list[str], int]:
    """Change the past in every way known, each on a fresh copy of the home; returns what was not found."""
    missed, tried = [], 0
    for tampering in (*tamperings(), None):
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(home, scratch, ignore=shutil.ignore_patterns("run"))
        (scratch / "run").mkdir()
        if tampering is None:
            name = "the journals of a while ago put back, checkpoint included"
            shutil.rmtree(scratch / "journals")
            shutil.copytree(rolled_back, scratch / "journals")
        else:
            name = tampering.name
            largest = max(journals_in(scratch / "journals"), key=_bytes_of)
            tampering.change(largest, rng)
        tried += 1
        if NodeUnderDrill(scratch).ask("journal", "verify").status not in {12, 13}:
            missed.append(name)
    shutil.rmtree(scratch, ignore_errors=True)
    return missed, tried


def _bytes_of(files: JournalFiles) -> int:
    return sum(files.segment(number).stat().st_size for number in files.segments())


def _secrets_of(truth: Sequence[TruePatient]) -> list[bytes]:
    """What must not lie about in clear: names and numbers, in the encodings of the feeds."""
    words = {patient.identity.birth_name for patient in truth} | {patient.identity.national for patient in truth}
    return [word.encode(code) for word in words if len(word) >= 6 for code in ("utf-8", "latin-1")]


def _search(secrets: list[bytes], folders: Sequence[Path]) -> int:
    """How many of *secrets* stand in clear in the files of *folders*."""
    found: set[bytes] = set()
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                found.update(secret for secret in secrets if secret in data)
    return len(found)


def _restore(second: NodeUnderDrill, vault: Path, shares: Sequence[Path]) -> Answer:
    arguments = ["restore", "--from", f"file://{vault}", "--to", str(second.home), "--shares", *map(str, shares)]
    return second.ask(*arguments)


def _entries(home: Path) -> Iterator[Entry]:
    """Every entry that a home's own keys open."""
    paths = HomePaths(home)
    granting = [files.verifier() for files in journals_in(paths.journals)]
    keys = DataKeys(ReadingKeys(paths.keys), grants=paths.grants, granted_by=granting)
    for files in journals_in(paths.journals):
        reader = JournalReader(files, keys)
        for entries in reader.after(0):
            yield from entries
        reader.close()


def _first_chart(node: NodeUnderDrill, accounts: dict[str, str], chart: str) -> float:
    """Seconds until a nurse sees a chart on a node that is up; -1 when it does not show."""
    begun = time.monotonic()
    nurse = Screen(node.web, node.home / "ca" / "ca.pem")
    nurse.log_in("night", accounts["night"])
    status, _ = nurse.get(f"/patient/{chart}")
    return time.monotonic() - begun if status == 200 else -1.0


# The promises, each from what was measured.


def _nothing_lost(delivered: Delivery, entries: Sequence[Entry]) -> Outcome:
    kept = Counter(entry.body for entry in entries if not entry.source.startswith(PEOPLE))
    acknowledged = Counter(delivered.sent)
    missing = sum((acknowledged - kept).values())
    twice = sum((kept - acknowledged).values())
    return Outcome(
        "P1",
        missing == 0 and twice <= delivered.resent,
        {"acknowledged": acknowledged.total(), "missing": missing, "twice": twice, "resent": delivered.resent},
    )


def _nobody_unseen(before: _Before, entries: Sequence[Entry]) -> Outcome:
    looked = sum(
        entry.source == "user/night" and b'"AuditEvent"' in entry.body and before.chart.encode() in entry.body
        for entry in entries
    )
    return Outcome("P4", looked > 0, {"entries": before.seen_entries, "looked": looked})


def _accounted(second: NodeUnderDrill, entries: Sequence[Entry]) -> Outcome:
    status = second.command("status")
    charted, kept, repeats, received = (
        sum(feed[key] for feed in status["feeds"]) for key in ("charted", "kept_uncharted", "duplicates", "received")
    )
    fed = sum(not entry.source.startswith(PEOPLE) for entry in entries)
    held = received == fed == charted + kept + repeats and status["charts"]["lag_entries"] == 0
    return Outcome("P6", held, {"received": received, "charted": charted, "kept": kept, "repeats": repeats})


def _sourced(charts: Sequence[Charted], entries: Sequence[Entry]) -> Outcome:
    known = {entry.ref for entry in entries}
    lines = sum(len(chart.by_id) for chart in charts)
    lost = without_source(charts, known.__contains__)
    return Outcome("P7", not lost and lines > 0, {"lines": lines, "lost": len(lost)})


def _bad_input(delivered: Delivery, entries: Sequence[Entry], second: NodeUnderDrill) -> Outcome:
    refs = {entry.body: entry.ref for entry in entries}
    shown = [
        body
        for body in delivered.garbage
        if body in refs and not second.ask("journal", "show", "--entry", refs[body]).status
    ]
    return Outcome("P8", len(shown) == len(_GARBAGE), {"sent": len(_GARBAGE), "kept": len(shown)})


def _same_charts(before: str, after: str) -> Outcome:
    return Outcome("R1", before == after and bool(before), {"before": before[:16], "after": after[:16]})


def _true_charts(compared: Compared) -> Outcome:
    return Outcome(
        "TRUTH",
        compared.patients > 0 and not compared.differences,
        {"patients": compared.patients, "lines": compared.lines, "differences": len(compared.differences)},
    )
