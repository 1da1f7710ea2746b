"""A demonstration's home is prepared once, has one hospital for ever, and never holds real patients.

Method: the functions on a real home; a message of production journaled beforehand for the refusal.
"""

import pytest

from contrefeu.base import OperatorError
from contrefeu.cli.demo import met_hospital, prepare_demo
from contrefeu.cli.node import Node
from contrefeu.cli.up import _welcome
from contrefeu.journal import MEDIA_HL7V2, Draft
from tests.cli.messages import admission


def test_a_demo_is_prepared_once(cli):
    """The second start shows the same logins, and the wards have their names."""
    node = Node.at(cli.home)
    logins = prepare_demo(node)
    again = Node.at(node.paths.root)
    assert prepare_demo(again) == logins
    assert node.settings == again.settings, "what runs is what stands in the file"
    assert ("CARD", "Cardiologie") in [(ward.id, ward.name) for ward in again.settings.wards]
    assert {"nurse", "physician", "coordinator", "system"} <= {login["role"] for login in logins}
    assert [login["login"] for login in logins].count("lucas") == 1


def test_whoever_tries_it_at_a_terminal_reads_where_it_is_and_who_may_log_in(capsys):
    """In lines of their own, beside the JSON that programs read."""
    _welcome("http://127.0.0.1:8080/", [{"login": "nadia", "secret": "abcd-efgh", "name": "Nadia B.", "role": "nurse"}])
    said = capsys.readouterr()
    where, who = said.err.splitlines()
    assert "http://127.0.0.1:8080/" in where
    assert who.split() == ["nadia", "abcd-efgh", "Nadia", "B."]
    assert said.out == ""


def test_one_home_has_one_hospital(cli):
    """Other beds and another seed at a later start change nothing: two hospitals would lie in the same beds."""
    node = Node.at(cli.home)
    met = met_hospital(node, beds=24, seed=3)
    assert met_hospital(Node.at(node.paths.root), beds=48, seed=9) == met
    assert (met.beds, met.seed) == (24, 3)


@pytest.mark.req("G2", "F33")
def test_a_home_with_real_patients_is_no_demo(cli):
    """A chart of world P, and nothing is prepared."""
    node = Node.at(cli.home)
    with node.capture_appender() as journal:
        journal.append([Draft("A@B", MEDIA_HL7V2, admission(), node.clock.now_ns())])
    with pytest.raises(OperatorError, match="real patients"):
        prepare_demo(node)
