"""Who looked at which chart lately, and which results were corrected: for telling who saw the old value (F7).

Rules kept here:
  * A look is what the journal of the audit says, of a page that was shown; by whom is that entry's source.
  * Nobody asks who looked: the one question is which corrections are of values that one person had before them.
  * Looks of LOOKS_DAYS are kept, as many as corrections are told for; the journal keeps the rest.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from contrefeu.chart.corrections import Correction
from contrefeu.chart.stores.engine import Database
from contrefeu.chart.stores.identities import Identities
from contrefeu.chart.views import AUDIT
from contrefeu.chart.work import KEPT_S, NS_PER_S
from contrefeu.fhir import encode
from contrefeu.journal import MEDIA_FHIR, Entry

SHOWS = frozenset({"view", "entry", "document", "print", "export", "keep"})  # audit kinds that show a chart's values
CORRECTED_MAX = 100  # that one person is told of at once
# Whom of those with corrections somebody looked at. Each page asks: of thousands of looks in two weeks one is
# sought for each patient, and the rest are passed over.
_LOOKED_AT = (
    "WITH RECURSIVE seen(node) AS (SELECT min(node) FROM looks WHERE login = ? UNION ALL"
    " SELECT (SELECT min(node) FROM looks WHERE login = ? AND node > seen.node) FROM seen WHERE seen.node IS NOT NULL)"
    " SELECT seen.node, c.node, c.line FROM seen JOIN nodes n ON n.id = seen.node"
    " JOIN corrected c ON c.node = n.root WHERE c.world = ?"
)


class _Code(msgspec.Struct):
    code: str = ""


class _What(msgspec.Struct):
    reference: str = ""


class _Entity(msgspec.Struct):
    what: _What = msgspec.field(default_factory=_What)


class _Event(msgspec.Struct):
    resourceType: str  # noqa: N815 - the standard's name
    outcome: str = ""
    subtype: list[_Code] = []
    entity: list[_Entity] = []


class Looks:
    """Those of a store."""

    def __init__(self, db: Database, identities: Identities) -> None:
        self._db = db
        self._identities = identities
        self._event = msgspec.json.Decoder(_Event)
        self._corrections = msgspec.json.Decoder(list[Correction])

    def take(self, entries: Iterable[Entry]) -> None:
        """Take in what the audit says."""
        newest = 0
        for entry in entries:
            if entry.journal.endswith(AUDIT) and entry.media_type == MEDIA_FHIR and entry.source.startswith("user/"):
                for node in self._charts_in(entry.body):
                    newest = max(newest, entry.received_ns)
                    self._db.run(
                        "INSERT INTO looks VALUES(?, ?, ?) ON CONFLICT DO NOTHING",
                        (self._login(entry.source.removeprefix("user/")), node, entry.received_ns),
                    )
        if newest:
            self._db.run("DELETE FROM looks WHERE at_ns < ?", (newest - KEPT_S * NS_PER_S,))

    def keep(self, root: int, world: str, found: Sequence[Correction]) -> None:
        """Put down what was corrected of a patient, in place of what was."""
        if not found:
            self.drop(root)
            return
        sealed = self._db.veil.seal("corrected.line", encode(list(found)), root)
        self._db.run(
            "INSERT INTO corrected VALUES(?, ?, ?)"
            " ON CONFLICT(node) DO UPDATE SET world = excluded.world, line = excluded.line",
            (root, world, sealed),
        )

    def drop(self, root: int) -> None:
        """Nothing was corrected of a patient."""
        self._db.run("DELETE FROM corrected WHERE node = ?", (root,))

    def corrections(self, login: str, world: str) -> list[Correction]:
        """Return the corrections of values that *login* looked at while they stood, the newest first."""
        who, found = self._login(login), list[Correction]()
        lines: dict[int, bytes] = {}
        looks: dict[int, list[int]] = {}
        for node, root, line in self._db.rows(_LOOKED_AT, (who, who, world)):
            lines[root] = line
            times = self._db.rows("SELECT at_ns FROM looks WHERE login = ? AND node = ?", (who, node))
            looks.setdefault(root, []).extend(at_ns for (at_ns,) in times)
        for root, line in lines.items():
            told = self._corrections.decode(self._db.veil.open("corrected.line", line, root))
            found += [one for one in told if any(one.seen_from_ns <= at < one.seen_until_ns for at in looks[root])]
        found.sort(key=lambda one: (one.seen_until_ns, one.resource), reverse=True)
        return found[:CORRECTED_MAX]

    def _login(self, login: str) -> bytes:
        return self._db.veil.mask("looks.login", login.encode())

    def _charts_in(self, body: bytes) -> list[int]:
        """The patients whose values an audit entry says were shown."""
        try:
            event = self._event.decode(body)
        except msgspec.MsgspecError:
            return []
        shown = event.resourceType == "AuditEvent" and event.outcome == "0" and event.subtype[:1]
        if not shown or event.subtype[0].code not in SHOWS:
            return []
        found = []
        for one in event.entity:
            kind, _, chart = one.what.reference.partition("/")
            if kind == "Patient" and (node := self._node(chart)) is not None:
                found.append(node)
        return found

    def _node(self, chart: str) -> int | None:
        try:
            return self._identities.by_chart(UUID(chart).bytes)
        except ValueError:
            return None
