"""What a ward writes in a downtime goes live to a laboratory that works on, once each, and its results come back.

Method: one real node with its processes, people at its pages over HTTP, and a laboratory behind a real socket that
answers as it is told. Processes are killed by their own ids.
"""

import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from contrefeu.hl7 import Message
from tests.drills.alone import PATIENT, logged_in, send_form, until_said
from tests.drills.node import RunningNode, contrefeu, parts_of
from tests.recovery.targets import Receiver

WAIT_S = 60.0  # a busy machine
RESULT = (
    "MSH|^~\\&|LABO|CHU|CF|CHU|{now}||ORU^R01^ORU_R01|{id}|P|2.5|||||FRA|UNICODE UTF-8\r"
    "PID|1||4711^^^CHU^PI||DURAND^ELODIE^^^^^L||19420312|F\r"
    "ORC|RE|{placer}|F7^LABO\rOBR|1|{placer}|F7^LABO|2823-3^Kaliémie^LN|||{now}\r"
    "OBX|1|NM|2823-3^Potassium^LN||4.1|mmol/L|3.5-5.0|N|||F|||{now}\r"
)


class Ward:
    """A running node, a laboratory that works on, and the people at the node's pages."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.receiver = folder, folder / "home", Receiver()
        contrefeu(self.home, "init", "--shares-out", str(folder / "shares"))
        roles = (("martin", "physician"), ("nadia", "nurse"), ("crise", "coordinator"), ("labo", "laboratory"))
        self._secrets = {
            login: contrefeu(self.home, "users", "add", login, "--name", login, "--role", role, "--ward", "*")["secret"]
            for login, role in roles
        }
        message = folder / "one.hl7"
        message.write_text(PATIENT.format(now=time.strftime("%Y%m%d%H%M%S")))
        contrefeu(self.home, "import", str(message), "--source", "DPI@CHU")

    def named(self, *, known: bool = True, takes: str = '"adt", "laboratory"') -> None:
        """Name the laboratory in the settings; *known* if it knows repeats."""
        profile = self.folder / "labo.toml"
        profile.write_text(f'version = "2.5.1"\nanswer_s = 1.0\nrepeats_known = {str(known).lower()}\n')
        with (self.home / "contrefeu.toml").open("a") as settings:
            settings.write(
                f'[surviving.labo]\naddress = "{self.receiver.url}"\nprofile = "{profile}"\ntakes = [{takes}]\n'
            )

    def begin(self, node: RunningNode) -> None:
        """People come in, and a downtime is declared."""
        self.node = node
        self.crise, self.martin = (logged_in(node, one, self._secrets[one]) for one in ("crise", "martin"))
        board = until_said(lambda: self.martin.get("ward/CARD").text, "DURAND")
        self.chart = re.findall(r'href="/patient/([^"]+)"', board)[0]
        assert send_form(self.crise, "downtime", do="declare", reason="essai", medium="screen").status_code == 303
        until_said(lambda: self.martin.get(f"patient/{self.chart}").text, f'href="/write/request/{self.chart}"')

    def start(self) -> None:
        """The crisis cell starts the sending."""
        assert self.says(do="start", system="labo") == 303

    def says(self, **typed: str) -> int:
        """What somebody of the crisis cell says on the page."""
        page = self.crise.get("surviving").text
        csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
        return self.crise.post("surviving", data={"csrf": csrf} | typed).status_code

    def orders(self, what: str, kind: str = "laboratory") -> None:
        """The physician asks for something."""
        path = f"write/request/{self.chart}"
        sent = send_form(self.martin, path, kind=kind, what=what, priority="urgent")
        assert sent.status_code == 303, unescape(sent.text)

    def system(self) -> dict[str, Any]:
        """How the laboratory stands, as the process last said it."""
        try:
            (found,) = json.loads((self.home / "run" / "live.json").read_bytes())
        except FileNotFoundError:
            return {"state": "", "sent": 0, "stuck": {}, "shown": [], "waiting": 0}
        assert isinstance(found, dict)
        return found

    def until(self, **stands: Any) -> dict[str, Any]:
        """Wait until the laboratory stands so."""
        deadline = time.monotonic() + WAIT_S
        while any((found := self.system())[name] != value for name, value in stands.items()):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """Before anything runs."""
    made = Ward(tmp_path)
    yield made
    made.receiver.close()


def orders(ward: Ward) -> list[Message]:
    """The orders that the laboratory took, in order."""
    found = [Message.parse(body) for body in ward.receiver.bodies]
    return [one for one in found if one.text("MSH", 9).startswith("OML")]


def until(claim: Callable[[], bool], what: str) -> None:
    """Wait until *claim* holds."""
    deadline = time.monotonic() + WAIT_S
    while not claim():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def send(address: tuple[str, int], body: bytes) -> bytes:
    """One message over MLLP, and its answer."""
    with socket.create_connection(address, 5) as connection:
        connection.sendall(b"\x0b" + body + b"\x1c\r")
        return connection.recv(65536)


@pytest.mark.req("F16", "R3")
def test_an_order_goes_out_at_once_and_its_result_is_filed_on_the_request(ward: Ward) -> None:
    """Off until somebody starts it; a specimen's label goes along; an ORU with the placer's number answers it."""
    ward.named()
    with RunningNode(ward.home) as node:
        ward.begin(node)
        assert "live" in parts_of(node.process.pid)
        ward.orders("Kaliémie")
        time.sleep(3)
        assert ward.receiver.bodies == []
        assert ward.system()["state"] == "off"
        ward.start()
        ward.until(state="sending", sent=1)
        (order,) = orders(ward)
        assert (order.text("MSH", 11), order.text("ORC", 1)) == ("P", "NW")
        label = order.text("SPM", 2).partition("^")[0]
        worklist = logged_in(node, "labo", ward._secrets["labo"]).get("laboratory").text
        assert label
        assert label in worklist
        status = contrefeu(ward.home, "status")["surviving"]
        assert [(one["system"], one["state"], one["sent"]) for one in status] == [("labo", "sending", 1)]
        now = time.strftime("%Y%m%d%H%M%S")
        placer = f"{order.text('ORC', 2)}^{order.text('ORC', 2, 2)}"
        assert b"MSA|AA" in send(node.mllp, RESULT.format(now=now, id="L1", placer=placer).encode())
        page = until_said(lambda: ward.martin.get(f"patient/{ward.chart}").text, "4.1")
        assert "Potassium" in page
        assert "demande en attente" not in page
        labo = logged_in(node, "labo", ward._secrets["labo"])
        deadline = time.monotonic() + WAIT_S
        while label in labo.get("laboratory").text:
            assert time.monotonic() < deadline, "the request still waits for a result"
            time.sleep(0.3)


@pytest.mark.req("F16", "R3")
def test_kill_nine_sends_nothing_twice_and_loses_nothing(ward: Ward) -> None:
    """The live process is killed while orders are written; each is taken once, in order."""
    ward.named()
    with RunningNode(ward.home) as node:
        ward.begin(node)
        ward.start()
        names, killed = [f"Dosage {n}" for n in range(10)], 0
        for n, name in enumerate(names):
            ward.orders(name)
            if n % 4 == 1:
                until(lambda n=n: len(ward.receiver.bodies) > n, "it is not sent")  # type: ignore[misc]
            if n % 4 == 2 and (pid := parts_of(node.process.pid).get("live")):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        ward.until(sent=len(names), waiting=0, stuck={})
        taken = [one.text("OBR", 4, 2) for one in orders(ward)]
        ids = ward.receiver.control_ids
    assert killed > 0
    assert list(dict.fromkeys(taken)) == names
    assert len(set(ids)) == len(names)  # sent again, if at all, under the same MSH-10


@pytest.mark.req("F16", "F33")
def test_a_refusal_and_a_silence_are_shown_and_a_person_says_what_became_of_them(ward: Ward) -> None:
    """AE stops nobody else; a silence without known repeats is in doubt, and its patient's next order waits."""
    ward.named(known=False)
    ward.receiver.behaviours = ["AE", "AA", "nothing"]
    with RunningNode(ward.home) as node:
        ward.begin(node)
        ward.start()
        for name in ("refusée", "prise", "perdue", "suivante"):
            ward.orders(name)
        found = ward.until(stuck={"refused": 1, "doubt": 1, "behind": 1})
        refused, doubt, _ = found["shown"]
        assert (refused["state"], refused["code"], doubt["state"]) == ("refused", "AE", "doubt")
        page = unescape(ward.crise.get("surviving").text)
        assert "Passer la demande par téléphone" in page
        assert "Regarder là-bas si elle y est" in page
        assert ward.says(do="aside", system="labo", entry=refused["entry"]) == 409  # without a reason
        assert ward.says(do="again", system="labo", entry=refused["entry"]) == 303
        assert ward.says(do="arrived", system="labo", entry=doubt["entry"]) == 303
        ward.until(stuck={}, waiting=0, sent=4)
        taken = [one.text("OBR", 4, 2) for one in orders(ward)]
    assert sorted(taken) == sorted(["refusée", "refusée", "prise", "perdue", "suivante"])
    assert taken.index("suivante") > taken.index("perdue")


@pytest.mark.req("F16", "F4")
def test_nothing_goes_once_the_downtime_is_lifted_and_the_record_system_gets_everything(ward: Ward) -> None:
    """Lifted: no message more. The laboratory is sent nothing again; the record system's replay has every entry."""
    ward.named()
    with RunningNode(ward.home) as node:
        ward.begin(node)
        ward.start()
        ward.orders("Iono")
        ward.until(sent=1)
        same = ("replay", "--to", ward.receiver.url, "--profile", str(ward.folder / "labo.toml"))
        contrefeu(ward.home, *same, status=1)  # no replay beside it: it would send what is claimed meanwhile
        assert send_form(ward.crise, "downtime", do="lift", reason="essai").status_code == 303
        ward.until(state="no downtime")
    empty = ward.folder / "empty"
    empty.mkdir()
    gap = contrefeu(ward.home, "gap", "--against", str(empty), status=10)
    assert gap["missing"] == 2  # the admission, and the order: what the laboratory got counts for it alone
    profile = ward.folder / "ehr.toml"
    profile.write_text('name = "ehr"\nform = "marked"\nhonours_mark = true\nacts = "hl7"\n')
    ehr = Receiver()
    done = contrefeu(ward.home, "replay", "--to", ehr.url, "--profile", str(profile))
    assert (done["sent"], done["acknowledged"], len(ehr.bodies)) == (2, 2, 2)
    ehr.close()
    labo = ward.folder / "again.toml"
    labo.write_text('name = "labo"\nacts = "hl7"\nhold = []\n')
    plan = ("replay", "--to", ward.receiver.url, "--profile", str(labo), "--plan", str(ward.folder / "p.jsonl"))
    contrefeu(ward.home, *plan, "--dry-run")
    before = len(ward.receiver.bodies)
    done = contrefeu(ward.home, *plan)
    assert [one for one in ward.receiver.bodies[before:] if b"OML" in one] == []
    account = contrefeu(ward.home, "reconcile", "--out", str(ward.folder / "a.pdf"))
    assert (account["unaccounted"], account["replayed"]) == (0, 2)
