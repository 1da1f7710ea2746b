"""What people wrote here, as it goes to a target that takes HL7 v2 (`acts = "hl7"` in its profile).

Rules kept here:
  * An entry is one message or none; its control id is ours, as of a marked one.
  * A kind that the profile holds or leaves out is held or left out, whoever wrote it first.
  * What HL7 v2 has no message of ours for, and asks nobody there to act, goes as a document in the ward's own words
    (`ward_words`): a person reads it there, and nothing of it is lost.
"""

from collections.abc import Callable

import msgspec

from contrefeu.acts import IdentitiesLinked
from contrefeu.acts import decode as decode_act
from contrefeu.base import rfc3339
from contrefeu.chart import STATION, Chart, kind_of, stay_of, to_bundle
from contrefeu.fhir import Json, decode
from contrefeu.hl7 import source_name
from contrefeu.journal import MEDIA_ACT, MEDIA_FHIR, Entry
from contrefeu.mapping import MERGES, Rules, read
from contrefeu.mapping.to_hl7 import About, Interface, Unsaid, merged, written
from contrefeu.recovery.forms import Sendable, Unsendable, own_control_id, sendable
from contrefeu.recovery.profiles import Profile
from contrefeu.recovery.ward_words import FRENCH, Wording, goes_in_words, in_words

_LINKED = b'{"act":"identities-linked"'
_NAMED = frozenset(  # lines that another one may name, or say anew
    {
        "AllergyIntolerance",
        "Appointment",
        "DocumentReference",
        "MedicationAdministration",
        "MedicationRequest",
        "Observation",
        "ServiceRequest",
    }
)


def own_source(facility: str) -> str:
    """Return who the messages that are written here are from, as their readers call it."""
    return source_name(Interface().application, facility)


class WardMessages:
    """Makes messages of entries: those of feeds as the profile says, those of people in words of ours."""

    def __init__(
        self,
        profile: Profile,
        rules: Rules,
        chart_of: Callable[[str], Chart | None],
        facility: str = "",
        wording: Wording = FRENCH,
        *,
        live: bool = False,
    ) -> None:
        """Prepare.

        Args:
            profile: How the target takes messages.
            rules: Of the senders.
            chart_of: Gives the chart of a number, "authority|value".
            facility: MSH-4 of what is written.
            wording: In which words a document of the ward is written.
            live: Whether somebody there waits to carry out what is ordered: what was a mistake is cancelled.
        """
        self._profile = profile
        self._wording = wording
        self._rules = rules
        self._chart_of = chart_of
        mark = profile.mark if profile.form == "marked" else ""
        orders = profile.prescriptions
        self._interface = Interface(
            profile.version,
            facility=facility,
            receiver=profile.receiver,
            mark=mark,
            prescriptions=orders,
            orders=not (profile.holds(orders) or profile.leaves_out(orders)),
            allergies=profile.allergies,
            zbe=profile.zbe,
            codes=profile.codes,
            survivor=profile.survivor,
            struck=("CA", "CA") if live else Interface().struck,
        )

    def __call__(self, entry: Entry, target: str) -> Sendable:
        """Return *entry* as it goes to *target*.

        Raises:
            Unsendable: It does not.
        """
        ours = entry.journal.endswith(STATION) and self._profile.acts == "hl7"
        said = entry.media_type == MEDIA_FHIR  # in a station's journal: by people, or a page scanned at its console
        link = link_of(entry)
        if not (ours and (said or link is not None)):
            self._merges_alike(entry)
            return sendable(entry, self._profile, target)
        own = own_control_id(entry.ref, target)
        try:
            if link is not None:
                kind, body = merged(self._survivor(entry, link), link.lost, self._interface, own)
            else:
                kind, body = self._written(entry, own)
        except Unsaid as why:
            raise Unsendable(str(why)) from None
        if self._profile.leaves_out(kind) or self._profile.holds(kind):
            raise Unsendable("it would ask somebody to act again, or the profile leaves its kind out")
        return Sendable(body, own, own)

    def _merges_alike(self, entry: Entry) -> None:
        """See that the target does not read a feed's merge the wrong way round: its bytes go as they are."""
        rules = self._rules.of(entry.source)
        if rules.survivor == self._profile.survivor:
            return
        if read(entry, rules).kind.partition("^")[2] in MERGES:  # whatever its sender may set here, they read it there
            raise Unsendable("the target keeps the other number of a merge: unite them there by hand")

    def _written(self, entry: Entry, own: str) -> tuple[str, bytes]:
        resources, about = _resources(entry), self._about(entry)
        if self._profile.way_of(kind_of(read(entry, self._rules.of(entry.source)))) == "document":
            return written([in_words(entry.ref, resources, about, self._wording)], about, self._interface, own)
        try:
            return written(resources, about, self._interface, own)
        except Unsaid:
            if self._profile.rest == "hold" or not goes_in_words(resources):
                raise
        return written([in_words(entry.ref, resources, about, self._wording)], about, self._interface, own)

    def _survivor(self, entry: Entry, link: IdentitiesLinked) -> About:
        if link.undo:
            raise Unsendable("two patients after all: no message says so, part them there by hand")
        chart = self._chart_of(link.survivor)
        if chart is None:
            raise Unsendable("it is about nobody whom a chart knows, or about several")
        patient = to_bundle(chart)["entry"][0]["resource"]
        return About(patient, link.survivor, {}, rfc3339(entry.received_ns), link.world)

    def _about(self, entry: Entry) -> About:
        reading = read(entry, self._rules.of(entry.source))
        # A birth is said on the mother's chart too: the message is the child's, and names her.
        parts = [part for part in (reading, *reading.also) if part.patient or not reading.also]
        keys = [subject.keys[0] for part in parts for subject in part.subjects if subject.keys]
        chart = self._chart_of(keys[0]) if len(keys) == 1 else None
        if chart is None:
            raise Unsendable("it is about nobody whom a chart knows, or about several")
        held = {f"{one['resourceType']}/{one['id']}": one for one in (e["resource"] for e in to_bundle(chart)["entry"])}
        lines = {name: one for name, one in held.items() if name.partition("/")[0] in _NAMED}
        patient, stay = held[f"Patient/{chart.id}"], stay_of(chart, entry.received_ns)
        return About(patient, chart.key, dict(stay), rfc3339(entry.received_ns), chart.world, lines)


def link_of(entry: Entry) -> IdentitiesLinked | None:
    """Return the act of *entry*, when a station says in it that two numbers are one patient's, or are not."""
    if entry.media_type != MEDIA_ACT or not entry.journal.endswith(STATION) or not entry.body.startswith(_LINKED):
        return None
    act = decode_act(entry.body)
    return act if isinstance(act, IdentitiesLinked) else None


def _resources(entry: Entry) -> list[Json]:
    try:
        found = decode(entry.body)
    except msgspec.DecodeError:
        raise Unsendable("it is no FHIR") from None
    if isinstance(found, dict) and found.get("resourceType") != "Bundle":
        return [found]  # a page that was scanned is one document
    inside = found.get("entry") or [] if isinstance(found, dict) else []
    return [one["resource"] for one in inside if isinstance(one, dict) and isinstance(one.get("resource"), dict)]
