"""What every answer carries, what machines ask, and what is served beside the pages.

Method: ask for each kind of page and compare its headers whole; read the app's own files for what they fetch.
"""

import json
import re
from importlib.resources import files

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.station.visitors import visitor, wait_for
from tests.station.ward_in_memory import Charts, staffed

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGES = [
    "/login",
    "/",
    "/ward/CARD",
    "/hospital",
    "/patient/p-durand",
    "/search",
    "/status",
    "/account",
    "/nothing",
    "/entry/n7f3k2-capture/184000",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_run_and_reach_nothing_of_others(path):
    """No inline script or style, no other host, no frame, no cache, no guessing of types."""
    headers = visitor("nadia").get(path).headers
    assert headers["content-security-policy"] == CSP
    assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.req("D1")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_nothing_that_its_policy_forbids(path):
    """No style or script inside a page, no address of another host: the policy costs nothing."""
    page = visitor("nadia").get(path).text
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
    assert not re.findall(r"""(?:href|src|action)=["'](?:https?:)?//""", page)


def test_a_document_can_run_nothing():
    """A sender's PDF is framed by our own page alone, and its policy allows no script, style, form or request."""
    headers = visitor("nadia").get("/document/p-durand/DocumentReference/doc1/0").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert headers["content-type"] == "application/pdf"
    assert headers["cache-control"] == "no-store"


@pytest.mark.req("D1")
def test_our_own_files_fetch_nothing():
    """Style and script name no other host, and are served under the hash of what they are."""
    nadia = visitor("nadia")
    for name in ("ward.css", "live.js", "flame.svg"):
        text = files("contrefeu.web").joinpath("static", name).read_text()
        assert not re.findall(r"(?:https?:)?//(?!www\.w3\.org)[\w.-]+\.\w+", text.replace("// ", ""))
        assert not re.findall(r"@import|@font-face", text)
        answer = nadia.get(nadia.shell.static.url(name))
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path", ["/static/ward.css", "/static/../shell.py", "/static/%2e%2e%2fshell.py", "/static/", "/static/x%00"]
)
def test_only_our_own_files_are_served(path):
    """A name that is not one of ours is no file: there is no folder to climb out of."""
    assert visitor().get(path).status_code == 404


def test_a_node_says_that_it_is_alive():
    """/healthz answers while the charts do not; /readyz says that they do not; neither needs a login."""
    found = visitor()
    assert (found.get("/healthz").status_code, found.get("/readyz").status_code) == (200, 200)
    found.charts.down = True
    assert json.loads(found.get("/healthz").text) == {"state": "alive"}
    answer = found.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"state": "waiting for the charts"})


def test_metrics_are_prometheus_own_form():
    """/metrics parses, and counts what the node did: patients by world, entries, feeds, looks."""
    nadia = visitor("nadia")
    nadia.get("/ward/CARD")
    families = {family.name: family for family in text_string_to_metric_families(nadia.get("/metrics").text)}
    patients = {sample.labels["world"]: sample.value for sample in families["contrefeu_charts_patients"].samples}
    assert patients == {"P": 0.0, "T": 10.0}
    assert families["contrefeu_charts_entries"].samples[0].value == 184_220
    assert families["contrefeu_web_sessions"].samples[0].value == 1
    feeds = {sample.labels["source"]: sample.value for sample in families["contrefeu_feed_received"].samples}
    assert feeds == {"CPAGE@CHU": 92_114.0, "LABO@CHU": 71_002.0, "PHARMA@CHU": 21_104.0}
    looks = [sample for sample in families["contrefeu_audit_events"].samples if sample.labels.get("kind") == "board"]
    assert looks[0].value == 1


def test_metrics_answer_while_the_charts_do_not():
    """Who watches the node learns of a silent reader from the other figures, not from an error."""
    found = visitor()
    found.charts.down = True
    assert found.get("/metrics").status_code == 200


def test_a_reader_that_is_gone_is_said_on_every_page():
    """No old page is shown as new: the charts do not answer, what is safe, what to do."""
    nadia = visitor("nadia")
    nadia.get("/")
    nadia.charts.down = True
    for path in ("/", "/ward/CARD", "/patient/p-durand", "/status"):
        answer = nadia.get(path)
        assert answer.status_code == 503
        assert "Les dossiers ne répondent pas" in answer.text
        assert "Traceback" not in answer.text
    assert nadia.get("/changes?after=1").status_code == 503


@pytest.mark.parametrize("path", ["/patient/p-durand", "/ward/CARD", "/login", "/healthz"])
def test_other_methods_are_refused(path):
    """A page is asked for, a form is sent: nothing is put or deleted here."""
    nadia = visitor("nadia")
    for method in ("PUT", "DELETE", "PATCH"):
        assert nadia.send(path, b"", method=method).status_code == 405


@pytest.mark.req("W1")
def test_a_page_that_waits_learns_at_once():
    """/changes answers as soon as the charts change, however many pages wait, with one question to the reader."""
    import asyncio

    charts = staffed(Charts())
    asked = []
    plain = charts.changes

    async def counting(after, timeout_s):
        asked.append(after)
        return await plain(after, timeout_s)

    charts.changes = counting
    nadia = visitor("nadia", charts=charts)

    async def story():
        first = (await nadia.client.get("/changes?after=-1")).json()["change"]
        waiting = [asyncio.create_task(nadia.client.get(f"/changes?after={first}")) for _ in range(50)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in waiting)
        charts.change()
        answers = await asyncio.wait_for(asyncio.gather(*waiting), 2)
        return first, {answer.json()["change"] for answer in answers}

    first, after = wait_for(story())
    assert after == {first + 1}
    assert len(asked) <= 4


@pytest.mark.parametrize("after", ["x", "", "1.5", "9" * 5000])
def test_a_strange_question_of_a_page_costs_nothing(after):
    """What is no number is refused."""
    assert visitor("nadia").get(f"/changes?after={after}").status_code == 400
