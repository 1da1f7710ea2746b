"""What every test stands on: repeatable examples, and an honest account of what was skipped.

Rules kept here:
  * A run is repeatable: hypothesis derives its examples from the test itself. `--hypothesis-profile=explore` looks
    for new ones, ten times as many.
  * A test marked `browser` is skipped where there is no chromium, one marked `system("pdftotext")` where that
    program is missing; the reason names scripts/install-system.sh.
  * A test marked `object_store` is skipped where Ceph's programs are missing, or who runs the tests is not root.
  * A test marked `postgres` is skipped where PostgreSQL's programs are missing; it is given the URL of a real server.
  * No power is cut in this process: a sync that reaches the disk would show nothing, and costs the neighbours. Tests of
    what is synced, when, and of syncs that fail put their own in its place (a simulated disk, strace); nodes that tests
    start are processes of their own and sync.
  * Nobody guesses secrets in this process: a hash that takes a quarter of a second would slow the tests alone.
    Tests of what a guess costs hash as the product does (`full_hashes`); processes that tests start do so too.
  * In CI (CONTREFEU_CI=1) nothing is skipped: a skipped test fails the run, whatever the reason.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from contrefeu.access import secrets
from contrefeu.journal import store
from tests.suites.postgres import server

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CEPH = ("radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-mgr", "ceph-osd", "monmaptool", "curl")
IN_CI = os.environ.get("CONTREFEU_CI") == "1"

# Machines are shared and slow: a deadline would fail tests for their neighbours' sake.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

_skipped: dict[str, str] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks that this file gives a meaning."""
    config.addinivalue_line(
        "markers", "object_store: needs Ceph's S3 gateway, which runs as root (tests/vault/gateway.py)"
    )
    config.addinivalue_line("markers", "postgres: needs PostgreSQL's programs (scripts/postgres.sh)")
    config.addinivalue_line("markers", "system(*programs): needs programs that scripts/install-system.sh brings")


@pytest.fixture(scope="session", autouse=True)
def _a_light_disk() -> Iterator[None]:
    """Syncs that return at once, and journals that take little space ahead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: None)
        patch.setattr(os, "fdatasync", lambda fd: None)
        patch.setattr(store, "PREALLOCATE_BYTES", 1 << 16)  # hundreds of journals of 4 MiB would fill a small machine
        yield


@contextmanager
def _hashed_by(hasher: PasswordHasher) -> Iterator[None]:
    """Secrets and the hash that nobody has, by *hasher*."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "_HASHER", hasher)
        secrets._nobody.cache_clear()
        yield
    secrets._nobody.cache_clear()


_FULL = secrets._HASHER


@pytest.fixture(scope="session", autouse=True)
def _light_hashes() -> Iterator[None]:
    """Secrets whose hash costs nothing; a check costs what the hash says."""
    with _hashed_by(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)):
        yield


@pytest.fixture
def full_hashes() -> Iterator[None]:
    """Secrets hashed as the product does."""
    with _hashed_by(_FULL):
        yield


@pytest.fixture(scope="module", autouse=True)
def _writers_end_with_their_module() -> Iterator[None]:
    """Files of writers that tests end as a killed process ends: this one would hold them to its last test."""
    begun: list[store.JournalWriter] = []
    real = store.JournalWriter._start
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.JournalWriter, "_start", lambda one, vouched: begun.append(one) or real(one, vouched))
        yield
    for writer in begun:
        if writer._head_fd >= 0:
            writer._forget()
            writer._let_go()


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """What a test's command does to the logs ends with the test."""
    yield
    structlog.reset_defaults()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, by name, what this machine cannot run."""
    for item in items:
        lacking = list(_lacking(item))
        if lacking:
            reason = f"{', '.join(lacking)} not found: scripts/install-system.sh brings it"
            item.add_marker(pytest.mark.skip(reason=reason))


def _lacking(item: pytest.Item) -> Iterator[str]:
    if item.get_closest_marker("browser") and not any(map(shutil.which, CHROMIUM_NAMES)):
        yield "chromium"
    if item.get_closest_marker("object_store"):
        yield from (program for program in CEPH if not shutil.which(program))
        if os.geteuid() != 0:
            yield "root"
    if item.get_closest_marker("postgres") and not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        yield "postgresql"
    for mark in item.iter_markers("system"):
        yield from (program for program in mark.args if not shutil.which(program))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL, one a process that runs tests."""
    with server() as url:
        yield url


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count skipped tests; an expected failure is no skip."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped[report.nodeid] = _reason(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Count whole files that were skipped."""
    if report.skipped:
        _skipped[report.nodeid] = _reason(report)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skipped test is a failure."""
    if IN_CI and _skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped, and why."""
    if _skipped:
        terminalreporter.section("skipped: an error here" if IN_CI else "skipped")
        for nodeid, reason in sorted(_skipped.items()):
            terminalreporter.write_line(f"{nodeid}: {reason.removeprefix('Skipped: ')}")
