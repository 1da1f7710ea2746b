"""What is done beside the copying is done once, is waited for when somebody asks, and holds up no process that ends.

Method: work that takes its time; a process of its own whose work takes a minute.
"""

import subprocess
import sys

import pytest

from contrefeu.vault.closing import Closing
from contrefeu.vault.place import VaultAway

ENDS = """
import threading, time
from contrefeu.vault.closing import Closing
began = threading.Event()
closing = Closing(lambda name: (began.set(), time.sleep(60)))
closing.take("a")
closing.go_on()
began.wait()
"""


def test_each_is_done_once_and_waited_for() -> None:
    """In order; a name that is taken twice is one."""
    done: list[str] = []
    closing = Closing(done.append)
    for name in ("a", "b", "a"):
        closing.take(name)
    closing.wait()
    closing.wait()
    assert done == ["a", "b"]


def test_what_failed_is_done_later_and_a_defect_is_not_hidden() -> None:
    """A vault that is away leaves the name waiting; anything else comes out where it is waited for."""
    failing = [VaultAway("away"), ValueError("a defect")]
    done: list[str] = []

    def work(name: str) -> None:
        if failing:
            raise failing.pop(0)
        done.append(name)

    closing = Closing(work)
    closing.take("a")
    closing.wait()
    with pytest.raises(ValueError, match="a defect"):
        closing.wait()
    closing.wait()
    assert done == ["a"]


def test_a_process_that_ends_does_not_wait_for_it() -> None:
    """A segment on its way over a slow line takes minutes, and a node stops within seconds."""
    subprocess.run([sys.executable, "-c", ENDS], check=True, timeout=50)
