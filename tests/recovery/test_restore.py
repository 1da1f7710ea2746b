"""A vault and k of the custodians are enough to have every chart again elsewhere; anything less gives nothing.

Method: a node lives and is copied; its home is deleted; what is restored is compared by the hash of its charts, with
the home's own keys, as its commands would read it. Then everything that can be lacking or wrong, one by one.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from contrefeu.acts import AccountAdded, Act, WithdrawalConfirmed, WithdrawalProposed, encode
from contrefeu.base import ManualClock, MissingError, OperatorError, StorageError, TamperError
from contrefeu.custody import HomePaths, KeyPair, combine_shares, split_secret
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_ACT, Draft, JournalFiles, Recipient, journals_in, verify_journal
from contrefeu.recovery import gather, half, rebuild, restore
from contrefeu.vault import Shipper
from tests.recovery.hospital import FACILITY, NODE, Hospital, admission, charts_in, charts_of, custodians, result


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path)
    yield hospital
    hospital.close()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file and its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.req("R1", "C5", "G3")
def test_a_restored_home_has_the_same_charts(hospital: Hospital, tmp_path: Path) -> None:
    """The home is gone; from the vault and three shares of five: the same hash, the same numbers, another identity."""
    hospital.live()
    hospital.copy()
    wanted, patients = charts_of(hospital.home)
    hospital.close()
    shutil.rmtree(hospital.home.root)

    done = restore([hospital.vault.url], hospital.shares[1:4], tmp_path / "again", clock=hospital.clock)

    assert (done.charts_sha256, done.patients, done.entries) == (wanted, patients, 18)
    told = [(one.journal, one.entries) for one in done.journals]
    assert told == [("drill/nlost-capture", 18), ("drill/nlost-station", 0)]
    again = HomePaths(tmp_path / "again")
    assert charts_of(again) == (wanted, patients)
    settings = parse_settings(again.settings.read_text())
    assert settings.node.id.startswith("drill/n")
    assert settings.node.id != "drill/nlost"
    assert (settings.node.facility, settings.node.zone, settings.node.language) == (FACILITY, "Europe/Paris", "en")
    assert [(ward.id, ward.beds) for ward in settings.wards] == [("MED", ["1"])]
    assert settings.vaults == []
    found = {one.journal: (one.intact, one.entries) for one in map(verify_journal, journals_in(again.journals))}
    assert found == {
        "drill/nlost-capture": (True, 18),
        "drill/nlost-station": (True, 0),
        f"{settings.node.id}-capture": (True, 0),
        f"{settings.node.id}-station": (True, 0),
        f"{settings.node.id}-audit": (True, 0),
    }
    assert (again.ca_dir / "server.pem").is_file()
    assert not (again.root / half.UNFINISHED).exists()


def test_the_charts_can_be_read_from_nothing_but_the_home(hospital: Hospital, tmp_path: Path) -> None:
    """The chart store is a view: deleted, it is computed again with grants and reading keys, without any share."""
    hospital.live()
    hospital.copy()
    done = restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    again = HomePaths(tmp_path / "again")
    shutil.rmtree(again.charts_db.parent)
    assert charts_of(again)[0] == done.charts_sha256


def test_the_restored_node_seals_to_the_same_custodians(hospital: Hospital, tmp_path: Path) -> None:
    """Custodians keep their shares: what the new node writes is copied and restored with them, once more."""
    hospital.live(2)
    hospital.copy()
    restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    again = HomePaths(tmp_path / "again")
    assert Recipient.parse(again.recovery_public.read_text()) == hospital.recovery
    node = parse_settings(again.settings.read_text()).node.id
    hospital.close()
    hospital.home = again
    hospital.clock.advance(hours=1)
    import tests.recovery.hospital as module

    old, module.NODE = module.NODE, node
    try:
        hospital.writers = {"capture": hospital._writer("capture")}
    finally:
        module.NODE = old
    hospital.hear(admission(77, 1), result(77, "3.9"))
    state = hospital.copy()
    assert (state.state, state.problem) == ("up-to-date", "")
    wanted = charts_of(again)
    done = restore([hospital.vault.url], hospital.shares[2:5], tmp_path / "third", clock=hospital.clock)
    assert (done.charts_sha256, done.patients) == wanted
    # The node that wrote last says how the hospital is called.
    assert parse_settings((tmp_path / "third" / "contrefeu.toml").read_text()).node.facility == FACILITY


def test_no_secret_and_no_clear_text_is_in_a_vault(hospital: Hospital, tmp_path: Path) -> None:
    """Every file of it: no name, no key of the home, no share."""
    hospital.live(2)
    hospital.copy()
    secrets = [p.read_bytes() for p in hospital.home.root.rglob("*.seed")]
    secrets += [hospital.home.store_key.read_bytes(), combine_shares(hospital.shares[:3])]
    secrets += [b"ESSAI", b"PATIENT", b"Potassium", hospital.shares[0].split()[5].encode() + b" "]
    for name, data in tree(hospital.vault.folder("")).items():
        for secret in secrets:
            assert secret not in data, name


# Too little, or the wrong thing.


@pytest.mark.req("C4")
@pytest.mark.parametrize("which", ["two of three", "one twice", "none", "foreign", "mixed", "mistyped", "short secret"])
def test_shares_that_do_not_open_give_nothing(hospital: Hospital, tmp_path: Path, which: str) -> None:
    """Exit status 14, and not even an empty folder is made."""
    hospital.live(1)
    hospital.copy()
    mine, foreign = hospital.shares, custodians("another hospital's")[1]
    words = {
        "two of three": mine[:2],
        "one twice": [mine[0], mine[1], mine[0]],
        "none": [],
        "foreign": foreign[:3],
        "mixed": [*mine[:2], foreign[2]],
        "mistyped": [mine[0].replace(mine[0].split()[7], "academic"), *mine[1:3]],
        "short secret": split_secret(bytes(16), 3, 5)[:3],
    }[which]
    before = tree(tmp_path)
    with pytest.raises(StorageError) as refused:
        restore([hospital.vault.url], words, tmp_path / "again", clock=hospital.clock)
    assert refused.value.exit_status == 14
    # Two words together: a share may hold one that stands in any sentence ("hospital" is among them).
    assert " ".join(mine[0].split()[5:7]) not in refused.value.report()
    assert tree(tmp_path) == before
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("at", [0.02, 0.5, 0.9])
def test_a_damaged_copy_opens_no_home(hospital: Hospital, tmp_path: Path, at: float) -> None:
    """A wrong chart is worse than none: exit status 12, with segment and byte."""
    hospital.live()
    hospital.copy()
    folder = hospital.vault.folder("journals/drill_nlost-capture/segments")
    path = sorted(folder.iterdir())[1]
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)
    with pytest.raises(TamperError, match="damaged") as refused:
        restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    assert refused.value.exit_status == 12
    assert "segment 2, byte" in refused.value.what
    assert not (tmp_path / "again" / "contrefeu.toml").exists()


def test_a_copy_that_lacks_entries_is_refused(hospital: Hospital, tmp_path: Path) -> None:
    """What was signed for and is not there: exit status 13."""
    hospital.live()
    hospital.copy()
    folder = hospital.vault.folder("journals/drill_nlost-capture/segments")
    sorted(folder.iterdir())[-1].unlink()
    with pytest.raises(MissingError) as refused:
        restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    assert refused.value.exit_status == 13
    assert re.search(r"segment \d+, byte \d+, entries \d+ to 18$", refused.value.what)
    assert not (tmp_path / "again" / "contrefeu.toml").exists()


def test_a_torn_end_of_a_copy_is_fine(hospital: Hospital, tmp_path: Path) -> None:
    """The vault's machine died while it wrote: what lies behind the last whole frame stays there."""
    hospital.live(3)
    hospital.copy()
    wanted = hospital.charts_sha256()
    path = sorted(hospital.vault.folder("journals/drill_nlost-capture/segments").iterdir())[-1]
    path.write_bytes(path.read_bytes() + b"CF\x00\x00 a torn frame")
    done = restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    assert done.charts_sha256 == wanted
    files = JournalFiles(tmp_path / "again" / "journals" / "drill_nlost-capture")
    assert verify_journal(files).damage == []


def test_an_emptied_vault_is_not_a_hospital_without_patients(hospital: Hospital, tmp_path: Path) -> None:
    """Journals or settings deleted: an error, never an empty home."""
    hospital.live(1)
    hospital.copy()
    shutil.rmtree(hospital.vault.folder("nodes"))
    with pytest.raises(MissingError, match="settings"):
        restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    shutil.rmtree(hospital.vault.folder("journals"))
    with pytest.raises(MissingError, match="no copy"):
        restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    assert not (tmp_path / "again").exists()


def test_a_folder_that_holds_anything_is_refused(hospital: Hospital, tmp_path: Path) -> None:
    """Somebody's files, or a whole home: nothing in them is changed."""
    hospital.live(1)
    hospital.copy()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("a file")
    before = tree(tmp_path)
    for place in (tmp_path / "mine", tmp_path / "file", hospital.home.root):
        with pytest.raises(OperatorError, match="not empty"):
            restore([hospital.vault.url], hospital.shares[:3], place, clock=hospital.clock)
    assert tree(tmp_path) == before


def test_an_empty_folder_is_taken(hospital: Hospital, tmp_path: Path) -> None:
    """A mount point, for one."""
    hospital.live(1)
    hospital.copy()
    (tmp_path / "again").mkdir()
    assert restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock).entries == 4


# Stopped and gone on with.


class Stopped(BaseException):
    """The machine is switched off."""


STOPS = [
    (half, "write_file", 1),
    (half, "make_home", 1),
    (half, "_own_journals", 1),
    (half, "JournalWriter", 1),
    (half, "JournalWriter", 2),
    (half, "make_local_ca", 1),
    (gather, "write_file", 1),
    (gather, "write_file", 3),
    (rebuild, "bring_ends", 1),
    (rebuild, "refuse_damage", 1),
    (rebuild, "grant_segments", 1),
    (rebuild, "grant_segments", 2),
    (rebuild, "sync_dir", 1),
    (rebuild, "open_charts", 1),
    (half, "write_file", 2),
    (rebuild, "finish", 1),
]


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize(("module", "where", "nth"), STOPS)
def test_a_restore_that_was_stopped_goes_on(
    hospital: Hospital, tmp_path: Path, module: ModuleType, where: str, nth: int, kept: bool
) -> None:
    """Before or after each of its steps: no command takes the half for a home, the same restore makes it whole, and
    another one is refused."""
    hospital.live(3)
    hospital.copy()
    wanted = hospital.charts_sha256()
    to = tmp_path / "again"
    real = getattr(module, where)
    calls = iter(range(1, 1000))

    def stops(*arguments: object, **named: object) -> object:
        if next(calls) < nth:
            return real(*arguments, **named)
        if kept:
            result = real(*arguments, **named)
            if where == "open_charts":
                with result:
                    pass
            elif where == "JournalWriter":
                result.close()  # a process that ends lets its locks go
        raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, where, stops)
        try:
            restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock)
        except Stopped:
            whole = False
        else:
            whole = True  # it was called once only
    if not whole:
        assert where in {"write_file", "finish"} or not (to / "contrefeu.toml").exists()
        if (to / half.UNFINISHED).exists():
            with pytest.raises(OperatorError, match="Another restore"):
                restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock, until_ns=1)
        begun = to.exists() and {path.name for path in to.iterdir()} - {half.LOCK}
        if begun and not (to / half.UNFINISHED).exists():
            assert (where, kept) == ("finish", True), "nothing is left that the same command cannot go on with"
        else:
            done = restore([hospital.vault.url], hospital.shares[2:5], to, clock=hospital.clock)
            assert done.charts_sha256 == wanted
    assert charts_of(HomePaths(to))[0] == wanted
    assert sorted(p.name for p in to.iterdir()) == [
        "ca", "charts", "contrefeu.toml", "feeds", "grants", "journals", "keys", "node", "reserve", "run",
    ]  # fmt: skip
    assert len(list(journals_in(to / "journals"))) == 5


def test_a_file_copied_in_part_is_copied_again(hospital: Hospital, tmp_path: Path) -> None:
    """A segment that came home is a copy like any other: one that is not what was signed is fetched again."""
    hospital.live(4)
    hospital.copy()
    to = tmp_path / "again"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rebuild, "refuse_damage", lambda *_: (_ for _ in ()).throw(Stopped()))
        with pytest.raises(Stopped):
            restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock)
    segments = sorted((to / half.STAGED / "drill_nlost-capture" / "segments").iterdir())
    os.truncate(segments[0], 100)
    segments[-1].unlink()
    assert restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock).charts_sha256 == (
        hospital.charts_sha256()
    )


def test_two_restores_at_once_are_one(hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people typed it: the second is told so, and the first goes on."""
    hospital.live(1)
    hospital.copy()
    to = tmp_path / "again"
    monkeypatch.setattr(half, "LOCK_WAIT_S", 0.0)
    with half.alone_in(to), pytest.raises(StorageError, match="A restore is at work"):
        restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock)
    assert restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock).entries == 4


# At an instant.


@pytest.mark.req("R1")
@pytest.mark.parametrize("after", [0, 1, 5, 9, 12, 17, 18, 30])
def test_a_restore_until_an_instant_is_the_export_of_that_instant(
    hospital: Hospital, tmp_path: Path, after: int
) -> None:
    """The same hash as `export --at`, and no entry of later in the new home."""
    began = hospital.clock.now_ns()
    hospital.live()
    hospital.copy()
    until_ns = began + int((after - 0.5) * 1e9)
    to = tmp_path / "again"
    done = restore([hospital.vault.url], hospital.shares[:3], to, clock=hospital.clock, until_ns=until_ns)
    assert done.charts_sha256 == hospital.charts_sha256(until_ns)
    assert done.entries == min(after, 18)
    again = HomePaths(tmp_path / "again")
    assert charts_of(again) == (done.charts_sha256, done.patients)
    assert verify_journal(JournalFiles(again.journals / "drill_nlost-capture")).damage == []


def test_what_was_received_in_time_and_written_late_comes_along(hospital: Hospital, tmp_path: Path) -> None:
    """Entries wait for their sync: one received before the instant counts, though its frame was written after it."""
    from contrefeu.journal import MEDIA_HL7V2, Draft

    hospital.hear(admission(1, 1))
    until_ns = hospital.clock.now_ns() + 1000
    late = [
        Draft("A", MEDIA_HL7V2, admission(2, 1), until_ns - 500),
        Draft("A", MEDIA_HL7V2, admission(3, 1), until_ns),
        Draft("A", MEDIA_HL7V2, admission(4, 1), until_ns + 500),
    ]
    hospital.clock.advance(seconds=30)
    for draft in late:
        hospital.writers["capture"].append([draft])
    hospital.hear(admission(5, 1))
    hospital.copy()
    done = restore([hospital.vault.url], hospital.shares[:3], tmp_path / "a", clock=hospital.clock, until_ns=until_ns)
    assert (done.entries, done.patients) == (3, 3)
    assert done.charts_sha256 == hospital.charts_sha256(until_ns)


def people(hospital: Hospital, *acts: tuple[str, Act]) -> int:
    """Somebody does something, a second each; returns the sequence of the last."""
    written = range(0)
    for login, act in acts:
        draft = Draft(f"user/{login}" if login else "console", MEDIA_ACT, encode(act), hospital.clock.now_ns())
        written = hospital.writers["station"].append([draft])
        hospital.clock.advance(seconds=1)
    return written.start


def staffed(hospital: Hospital) -> str:
    """Six patients, an officer and a physician; the id of the first one's chart."""
    hospital.live()
    roles = {"dpo": "dpo", "martin": "physician"}
    people(hospital, *(("", AccountAdded(login, login, role, "")) for login, role in roles.items()))
    with charts_in(hospital.home) as charts:
        return str(charts.numbers("900000")[0])


def withdrawing(hospital: Hospital, chart: str) -> tuple[WithdrawalProposed, WithdrawalConfirmed]:
    """What is proposed of a patient, and confirmed: as the second act that comes from now on."""
    with charts_in(hospital.home) as charts:
        keys = charts.numbers(chart)[1:]
    head = JournalFiles.of(hospital.home.journals, f"{NODE}-station").read_head()
    proposal = f"{NODE}-station/{(head.sequence if head else 0) + 1}"
    return WithdrawalProposed("patient", chart, "another's", "2026", chart, keys), WithdrawalConfirmed(proposal, "2026")


@pytest.mark.req("R1", "F41")
@pytest.mark.parametrize("proposed", ["before", "after"])
def test_a_restore_until_an_instant_shows_nobody_who_was_withdrawn_later(
    hospital: Hospital, tmp_path: Path, proposed: str
) -> None:
    """Both persons signed after the instant, or the second of them: no chart, no number, as on the node itself."""
    chart = staffed(hospital)
    asks, agrees = withdrawing(hospital, chart)
    if proposed == "before":
        people(hospital, ("martin", asks))
        until_ns = hospital.clock.now_ns()
        hospital.clock.advance(seconds=1)
        people(hospital, ("dpo", agrees))
    else:
        until_ns = hospital.clock.now_ns()
        hospital.clock.advance(seconds=1)
        people(hospital, ("martin", asks), ("dpo", agrees))
    hospital.hear(admission(7, 1))
    hospital.copy()
    done = restore(
        [hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock, until_ns=until_ns
    )
    assert (done.charts_sha256, done.patients) == (hospital.charts_sha256(until_ns), 5)
    with charts_in(HomePaths(tmp_path / "again")) as charts:
        assert charts.bundle(chart) is None
        assert charts.bundle(chart, until_ns) is None
        assert chart not in {row.id for row in charts.board().rows}
    assert charts_of(HomePaths(tmp_path / "again"), until_ns) == (done.charts_sha256, 5)


@pytest.mark.req("R1", "F41")
def test_what_was_undone_after_the_instant_is_seen(hospital: Hospital, tmp_path: Path) -> None:
    """Hidden at the instant, shown again by two persons later: the chart is there, as on the node itself."""
    chart = staffed(hospital)
    asks, agrees = withdrawing(hospital, chart)
    people(hospital, ("martin", asks), ("dpo", agrees))
    until_ns = hospital.clock.now_ns()
    hospital.clock.advance(seconds=1)
    undo = WithdrawalProposed("entry", "", "it was ours", "2026", undo=agrees.proposal)
    at = people(hospital, ("martin", undo))
    people(hospital, ("dpo", WithdrawalConfirmed(f"{NODE}-station/{at}", "2026")))
    hospital.copy()
    done = restore(
        [hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock, until_ns=until_ns
    )
    assert (done.charts_sha256, done.patients) == (hospital.charts_sha256(until_ns), 6)


@pytest.mark.req("F41")
@pytest.mark.parametrize("where", ["grant_segments", "cut", "open_charts"])
def test_what_was_withdrawn_later_stays_so_when_the_restore_was_stopped(
    hospital: Hospital, tmp_path: Path, where: str
) -> None:
    """Before the cut, behind it, and when the old journals are in their place: the same command hides the same."""
    chart = staffed(hospital)
    until_ns = hospital.clock.now_ns()
    hospital.clock.advance(seconds=1)
    asks, agrees = withdrawing(hospital, chart)
    people(hospital, ("martin", asks), ("dpo", agrees))
    hospital.copy()
    arguments = ([hospital.vault.url], hospital.shares[:3], tmp_path / "again")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(rebuild, where, lambda *_, **__: (_ for _ in ()).throw(Stopped()))
        restore(*arguments, clock=hospital.clock, until_ns=until_ns)
    done = restore(*arguments, clock=hospital.clock, until_ns=until_ns)
    assert (done.charts_sha256, done.patients) == (hospital.charts_sha256(until_ns), 5)


# The vault's other states.


def test_a_restore_keeps_to_the_copy_and_not_to_a_fork(hospital: Hospital, tmp_path: Path) -> None:
    """An intruder rewrote the journal: what was copied before is restored, and the branch is reported by verify."""
    hospital.live(2)
    hospital.copy()
    wanted = hospital.charts_sha256()
    hospital.close()
    shutil.rmtree(hospital.home.journals)
    hospital.writers = {role: hospital._writer(role) for role in ("capture", "station")}
    hospital.hear(admission(1, 9))
    assert hospital.copy().state == "refused"
    done = restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    assert done.charts_sha256 == wanted


def test_settings_changed_later_are_the_ones_restored(hospital: Hospital, tmp_path: Path) -> None:
    """The last version counts; the vaults it names do not come along."""
    hospital.live(1)
    hospital.copy()
    text = hospital.home.settings.read_text().replace("Europe/Paris", "America/Cayenne")
    hospital.home.settings.write_text(
        text + f'[[vaults]]\nurl = "{hospital.vault.url}"\n[capture]\nrefuse = ["RH@CHU"]\n'
    )
    Shipper(hospital.home, hospital.vault).step()
    restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    settings = parse_settings((tmp_path / "again" / "contrefeu.toml").read_text())
    assert (settings.node.zone, settings.capture.refuse, settings.vaults) == ("America/Cayenne", ["RH@CHU"], [])


def test_the_recovery_key_is_nowhere_in_the_new_home(hospital: Hospital, tmp_path: Path) -> None:
    """Not in a file, and the plan names its fingerprint only while the restore is under way."""
    hospital.live(1)
    hospital.copy()
    restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    seed = combine_shares(hospital.shares[:3])
    assert KeyPair("recovery", seed).recipient == hospital.recovery
    for name, data in tree(tmp_path / "again").items():
        assert seed not in data, name


def test_a_plan_says_what_is_being_restored(hospital: Hospital, tmp_path: Path) -> None:
    """So that somebody who finds the folder knows which command to type again: coordinates, no secret."""
    hospital.live(1)
    hospital.copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rebuild, "bring_ends", lambda *_: (_ for _ in ()).throw(Stopped()))
        with pytest.raises(Stopped):
            restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=ManualClock())
    plan = json.loads((tmp_path / "again" / half.UNFINISHED).read_bytes())
    assert plan["sources"] == [hospital.vault.url]
    assert plan["recovery"] == hospital.recovery.fingerprint
    assert set(plan) == {"sources", "recovery", "node", "until_ns", "charts_store"}


def test_an_entry_that_no_chart_read_fails_the_restore(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal without a grant is not read: a restore that says nothing of it would be a lie."""
    hospital.live(1)
    hospital.copy()
    monkeypatch.setattr(rebuild, "grant_segments", lambda *_: 0)
    with pytest.raises(StorageError, match="read up to entry 0"):
        restore([hospital.vault.url], hospital.shares[:3], tmp_path / "again", clock=hospital.clock)
    assert not (tmp_path / "again" / "contrefeu.toml").exists()
