"""What was withdrawn from sight, as the store of charts keeps it (F41; who may withdraw: contrefeu.acts.withdrawals).

Rules kept here:
  * Everything is read and filed as ever; what is withdrawn is not folded onto a chart, and its bytes are given to
    nobody. So undoing is a fold, and a restore, which reads the same acts, hides the same.
  * An entry takes its repeats with it: the same bytes sent again do not bring it back.
  * A document is withdrawn by its name on a chart, whichever entries say it, now and later; the entries that say it
    are shown to nobody, what else they say stays on the chart.
  * A patient is withdrawn with all that had come in by the second signature. What comes in later is a chart again:
    somebody is being cared for.
  * An act cannot be withdrawn: who did what stays.
"""

from uuid import UUID

import msgspec

from contrefeu.acts import Told, decode, withdrawals
from contrefeu.chart.filing import Filing
from contrefeu.chart.folding import WITHDRAWN_NOTE, Folding, Withdrawn, parts_of
from contrefeu.chart.identity import Order
from contrefeu.chart.stores import ChartStore
from contrefeu.chart.views import AUDIT, STATION
from contrefeu.journal import Entry, parse_ref

_encode = msgspec.json.Encoder(order="sorted").encode


class Withdrawing:
    """Lets a store follow the acts that withdraw and undo."""

    def __init__(self, store: ChartStore, folding: Folding, filing: Filing) -> None:
        self._store = store
        self._folding = folding
        self._filing = filing

    def settle(self) -> None:
        """Find anew what is hidden, and what that changes; within the transaction of a batch."""
        self._store.kept.flush()
        before, now = self._folding.withdrawn, self._in_force()
        if now == before:
            return
        self._folding.withdrawn = now
        self._store.kept.set_note(WITHDRAWN_NOTE, _encode(now).decode())
        for ref in sorted(before.entries ^ now.entries):
            self._entry_changed(ref)
        for text in sorted(before.patients.keys() | now.patients.keys()):
            if before.patients.get(text) != now.patients.get(text):
                self._patient_changed(text)
        for name in sorted(before.documents.keys() ^ now.documents.keys()):
            chart = before.documents.get(name) or now.documents[name]
            self._document_changed(chart)

    def _in_force(self) -> Withdrawn:
        told = [
            Told(entry.order, entry.source, act)
            for entry in self._store.kept.acts()
            if entry.journal.endswith(STATION) and (act := decode(entry.body)) is not None
        ]
        now = [one for one in withdrawals(told) if one.in_force]
        named = frozenset(one.target for one in now if one.kind == "entry")
        patients: dict[str, Order] = {}
        for one in now:
            if one.kind == "patient":
                patients |= {text: max(patients.get(text, one.until), one.until) for text in one.keys}
        return Withdrawn(
            named,
            frozenset(ref for name in named for ref in self._with_repeats(name)),
            {one.target: one.chart for one in now if one.kind == "document"},
            patients,
        )

    def _with_repeats(self, ref: str) -> list[str]:
        """The entry and all that are the same message; none for what is not here, or is somebody's act."""
        entry = self._entry(ref)
        if entry is None or entry.journal.endswith((STATION, AUDIT)):
            return []
        control_id = self._folding.read(entry).control_id
        if not control_id:
            return [ref]
        control, digest, first = self._store.kept.first_of(entry, control_id)
        same = [*([first] if first is not None else []), *self._store.kept.repeats_of(control, digest)]
        return [ref, *(one.ref for one in self._store.kept.entries(same))]

    def _entry_changed(self, ref: str) -> None:
        entry = self._entry(ref)
        if entry is None:
            return
        id_ = self._store.kept.id_of(entry.journal, entry.sequence)
        self._filing.place_again(id_)
        for part in parts_of(self._folding.reading(id_)):
            self._filing.again.update(self._folding.nodes_of(part))

    def _document_changed(self, chart: str) -> None:
        identities = self._store.identities
        root = identities.by_chart(_chart_bytes(chart))
        if root is not None:
            self._filing.again.add(root)
            for id_ in identities.filed(identities.members(root)):
                self._filing.place_again(id_)

    def _patient_changed(self, text: str) -> None:
        node = self._store.identities.known(text)
        if node is None:
            return
        self._filing.again.add(node)
        for id_ in self._store.identities.filed([node]):
            self._filing.place_again(id_)

    def _entry(self, ref: str) -> Entry | None:
        try:
            return self._store.kept.entry(*parse_ref(ref))
        except ValueError:
            return None


def _chart_bytes(chart: str) -> bytes:
    try:
        return UUID(chart).bytes
    except ValueError:
        return b""
