"""What the documents say to type works as they show it.

Method: run each page's session in an empty folder with the program that is installed here, as a reader would; the
commands that are too long for that, or need a hospital, are tried elsewhere and named in a table.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.sessions import Block, blocks, documents, lacking
from tests.house.tree import ROOT, listed

# Command, as its beginning -> where it is tried instead, or why it is not.
ELSEWHERE = {
    "make up": "tests/drills: a node fed by a simulated hospital, asked through its ports",
    "make test": "the run that this is part of",
    "make check": ".ci/run",
    "make docs": "tests/docs/test_reference.py",
    "make site": "tests/docs/test_site.py",
    "contrefeu stick": "tests/cli/test_stick.py",
    "contrefeu downtime lift": "tests/cli/test_people.py",
    "sh start.sh": "scripts/prove_stick.sh",
    "SIGNING_KEY=~/.ssh/release scripts/make_boot_stick.sh": "scripts/prove_boot_stick.py starts what it makes",
    "ssh-keygen -Y verify": "tests/deploy/test_bundle.py: the installer checks the same way",
    "dd ": "the reader's own tool",
    "contrefeu vault selftest --vault": "tests/cli/test_vault_host.py",
    "contrefeu poster": "tests/cli/test_poster.py",
    "contrefeu kit": "tests/cli/test_kit.py",
    "make bench": "tests/docs/test_bench.py tries that every benchmark runs",
    "make drill": "tests/drills",
    "tar ": "the reader's own tool",
    "sudo sh contrefeu-": "tests/deploy/test_bundle.py; scripts/prove_offline.sh has all wheels and no network",
    "sudo /opt/contrefeu/bin/contrefeu": "scripts/prove_offline.sh: init and doctor of a program that was installed so",
    "sudo systemctl": "tests/deploy/test_services.py reads the units; systemd itself is not in a test",
    "sudo ln ": "tests/deploy/test_bundle.py: the link is what the installer sets",
    "contrefeu drill": "tests/drills: the machine alone, and test_ward_drill.py",
    "contrefeu drill verify": "tests/cli/test_drill.py",
    "contrefeu contain": "tests/cli/test_contain.py, and tests/drills/test_containment.py on a real network",
    "contrefeu declare": "tests/cli/test_declare.py",
    "contrefeu incident": "tests/cli/test_declare.py",
    "contrefeu watch": "tests/cli/test_watch.py, on a node that runs",
    "contrefeu honey": "tests/cli/test_honey.py",
    "contrefeu beds": "tests/cli/test_people.py",
    "contrefeu aids": "tests/cli/test_aids.py",
    "contrefeu medicines": "tests/cli/test_people.py",
    "contrefeu withdraw": "tests/cli/test_withdraw.py",
    "contrefeu keys role": "tests/cli/test_sealing.py",
    "contrefeu journal unseal": "tests/cli/test_sealing.py",
    "nft ": "tests/contain/test_plan.py, where nft is installed",
    "contrefeu replay": "tests/cli/test_recovery.py: every way in which a target answers",
    "contrefeu audit": "tests/cli/test_audit.py",
    "contrefeu capture tap": "tests/cli/test_capture.py: a file, and an interface between two machines",
    "contrefeu feeds check": "tests/cli/test_feeds.py",
    "contrefeu feeds add": "tests/cli/test_feeds.py",
    "contrefeu up": "tests/drills",
    "contrefeu export --to charts --engine spark": "tests/cli/test_cluster.py",
    "contrefeu restore --from file:///mnt/vault": "tests/cli/test_cluster.py",
    "contrefeu gap --against /mnt/restored --engine spark": "tests/cli/test_cluster.py",
    "contrefeu match --engine spark": "tests/cli/test_match.py",
    "contrefeu export --to charts --parquet": "tests/cli/test_export_parquet.py",
    "head -c 32": "the reader's own tool",
    "contrefeu --home ~/exercise": "tests/cli/test_up.py and tests/drills: a home of an exercise, and a node on it",
    "curl ": "tests/station/test_fhir_api.py: each request of docs/howto/use-the-fhir-api.md, over ASGI",
    "git ": "the reader's own tool",
    "openssl ": "the reader's own tool",
    "python3 ": "the reader's own tool",
    "~/contrefeu/bin/": "tests/deploy/test_bundle.py: an environment of its own; tests/cli/test_manners.py",
    "alias ": "the reader's own tool",
    ".venv/bin/python bench": "tests/docs/test_bench.py tries that every benchmark runs",
    ".venv/bin/contrefeu drill": "tests/drills",
}
PAGES = [path for path in documents() if any(block.run for block in blocks(path))]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_page_can_be_followed(page, tmp_path):
    """From an empty folder, typing what the page shows gives what the page shows."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "CONTREFEU_HOME": str(tmp_path / "home"),
        "LANG": "fr_FR.UTF-8" if page.name.endswith(".fr.md") else "en_GB.UTF-8",
        "COLUMNS": "200",
    }
    for variable in ("LC_ALL", "LC_MESSAGES", "XDG_DATA_HOME"):
        environment.pop(variable, None)
    for block in (b for b in blocks(page) if b.run):
        for command in block.commands():
            run = subprocess.run(
                ["bash", "-c", command.line],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            output = run.stdout + run.stderr
            assert run.returncode == command.status, f"$ {command.line}\n{output}"
            missing = lacking(command.shown, output)
            assert not missing, f"$ {command.line}\nshown and not said: {missing}\n{output}"


def test_what_is_not_run_is_tried_elsewhere():
    """A session that no test types is in the table, with the test that tries it."""
    found = []
    for page in documents():
        for block in blocks(page):
            if block.language != "console" or block.run:
                continue
            found += [
                f"{_name(page)}: $ {command.line}: mark the block `console run`, or name it in ELSEWHERE"
                for command in block.commands()
                if not command.line.startswith(tuple(ELSEWHERE))
            ]
    assert not found, listed(found)


def test_sessions_are_marked_as_such():
    """A prompt in another kind of block would be a session that nobody runs."""
    found = [
        f"{_name(page)}: a prompt in a ```{block.language}: make it ```console"
        for page in documents()
        for block in blocks(page)
        if block.language != "console" and block.text.startswith("$ ")
    ]
    assert not found, listed(found)


def test_a_wrong_session_is_noticed():
    """The comparison sees a missing line, a wrong order, and takes … for anything."""
    output = "node n1 made\n2 received,   2 journaled\n"
    assert lacking(["node … made", "2 received, 2 journaled"], output) == []
    assert lacking(["2 received, 2 journaled", "node … made"], output) == ["node … made"]
    assert lacking(["3 received"], output) == ["3 received"]
    block = Block("console", run=True, text="$ false  # ends with 1\n> --more\nshown\n")
    [command] = block.commands()
    assert (command.line, command.status, command.shown) == ("false\n--more", 1, ["shown"])
