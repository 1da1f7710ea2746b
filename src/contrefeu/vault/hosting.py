"""A vault host at work: every node in `vault.toml`, each in its own thread, and how they stand, for people."""

import time
from collections.abc import Callable
from typing import Any

import structlog

from contrefeu.base import Clock
from contrefeu.vault.folder_pull import FolderPuller
from contrefeu.vault.follow import tell_states
from contrefeu.vault.host import HostSettings, VaultHost
from contrefeu.vault.pairing import parse_pulled
from contrefeu.vault.pull import LinkPuller
from contrefeu.vault.pullers import Puller
from contrefeu.vault.spool import is_spool, spool_folder

POLL_S = 0.2  # how often the states are looked at
HEARTBEAT_S = 2.0  # the states are written again so often though nothing changed: silence is seen
LEAVING_S = 5.0  # how long a step under way is waited for when the process stops

log = structlog.get_logger("pull")


def pull(host: VaultHost, clock: Clock, stop: Callable[[], bool]) -> None:
    """Pull from every node in `vault.toml` until *stop* says so; `pull.json` tells how each stands.

    Raises:
        OperatorError: The settings say what cannot be.
    """
    settings = host.settings()
    pullers = pullers_of(host, settings, clock)
    for puller in pullers:
        puller.start()
    told_at = 0.0
    told: Any = None
    try:
        while not stop():
            states = [puller.described() for puller in pullers]
            news = [{k: v for k, v in state.items() if k not in {"lag_seconds", "bytes"}} for state in states]
            if news != told or time.monotonic() - told_at >= HEARTBEAT_S:
                tell_states(host.state, states)
                told, told_at = news, time.monotonic()
            time.sleep(POLL_S)
    finally:
        for puller in pullers:
            puller.leave()
        deadline = time.monotonic() + LEAVING_S
        for puller in pullers:
            puller.join(max(0.0, deadline - time.monotonic()))
        tell_states(host.state, [puller.described() for puller in pullers])


def pull_once(host: VaultHost, clock: Clock) -> list[dict[str, Any]]:
    """Pull what is there now, node by node; returns how each stands.

    Raises:
        OperatorError: The settings say what cannot be.
    """
    pullers = pullers_of(host, host.settings(), clock)
    for puller in pullers:
        puller.once()
    states = [puller.described() for puller in pullers]
    tell_states(host.state, states)
    return states


def pullers_of(host: VaultHost, settings: HostSettings, clock: Clock) -> list[Puller]:
    """What pulls from each node in the settings.

    Raises:
        OperatorError: An address is none.
    """
    for node in settings.nodes:
        spool_folder(node.url) if is_spool(node.url) else parse_pulled(node.url)
    return [
        FolderPuller(host, settings, node) if is_spool(node.url) else LinkPuller(host, settings, node, clock)
        for node in settings.nodes
    ]
