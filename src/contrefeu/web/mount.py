"""Pages that a use brings along, and deadlines that stand on every page: cli mounts them on the shell.

The ward app does not know who plans a containment or drafts a declaration; it gives them a place, the acts of the house
and a way to write one more.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import BaseLoader
from starlette.routing import Route

from contrefeu.acts import Act, Alarm
from contrefeu.base import Clock
from contrefeu.journal import Entry

if TYPE_CHECKING:
    from contrefeu.web.shell import Shell


@dataclass(frozen=True, slots=True)
class Site:
    """What a mounted page stands on."""

    shell: "Shell"
    clock: Clock
    acts: Callable[[], Awaitable[Sequence[tuple[Entry, Act]]]]  # of the stations' journals, in journal order
    write: Callable[[Act, str], Awaitable[str]]  # as a login; returns the entry
    alarms: Callable[[], Awaitable[Sequence[Alarm]]]  # of the watch, as the last word on each leaves it


class Link(NamedTuple):
    """Where the pages are found."""

    path: str
    label: str  # French, in the catalogue
    permission: str


class Mounted(NamedTuple):
    """The pages of one use."""

    routes: Callable[[Site], list[Route]]
    loader: BaseLoader
    link: Link


class Due(NamedTuple):
    """One deadline that runs."""

    incident: str  # its title
    titles: Mapping[str, str]  # what is due, by language
    due: str  # RFC 3339
    at_once: bool  # "without delay"
    late: bool
    provisional: bool  # it counts from something that is not done yet
