"""What people wrote here, as it goes to a target that takes HL7 v2 (`acts = "hl7"` in its profile).

Rules kept here:
  * An entry is one message or none; its control id is ours, as of a marked one.
  * A kind that the profile holds or leaves out is held or left out, whoever wrote it first.
"""

from collections.abc import Callable

import msgspec

from contrefeu.base import rfc3339
from contrefeu.chart import STATION, Chart, stay_of, to_bundle
from contrefeu.fhir import Json, decode
from contrefeu.hl7 import source_name
from contrefeu.journal import MEDIA_FHIR, Entry
from contrefeu.mapping import PEOPLE, Rules, read
from contrefeu.mapping.to_hl7 import About, Interface, Unsaid, written
from contrefeu.recovery.forms import Sendable, Unsendable, own_control_id, sendable
from contrefeu.recovery.profiles import Profile


def own_source(facility: str) -> str:
    """Return who the messages that are written here are from, as their readers call it."""
    return source_name(Interface().application, facility)


class WardMessages:
    """Makes messages of entries: those of feeds as the profile says, those of people in words of ours."""

    def __init__(
        self, profile: Profile, rules: Rules, chart_of: Callable[[str], Chart | None], facility: str = ""
    ) -> None:
        self._profile = profile
        self._rules = rules
        self._chart_of = chart_of
        mark = profile.mark if profile.form == "marked" else ""
        self._interface = Interface(profile.version, facility=facility, receiver=profile.receiver, mark=mark)

    def __call__(self, entry: Entry, target: str) -> Sendable:
        """Return *entry* as it goes to *target*.

        Raises:
            Unsendable: It does not.
        """
        ours = entry.journal.endswith(STATION) and entry.source.startswith(PEOPLE)
        if not (ours and entry.media_type == MEDIA_FHIR and self._profile.acts == "hl7"):
            return sendable(entry, self._profile, target)
        own = own_control_id(entry.ref, target)
        try:
            kind, body = written(_resources(entry), self._about(entry), self._interface, own)
        except Unsaid as why:
            raise Unsendable(str(why)) from None
        if self._profile.leaves_out(kind) or self._profile.holds(kind):
            raise Unsendable("it would ask somebody to act again, or the profile leaves its kind out")
        return Sendable(body, own, own)

    def _about(self, entry: Entry) -> About:
        reading = read(entry, self._rules.of(entry.source))
        keys = [subject.keys[0] for subject in reading.subjects if subject.keys]
        chart = self._chart_of(keys[0]) if keys and not reading.also else None
        if chart is None:
            raise Unsendable("it is about nobody whom a chart knows, or about several")
        held = {f"{one['resourceType']}/{one['id']}": one for one in (e["resource"] for e in to_bundle(chart)["entry"])}
        orders = {name: one for name, one in held.items() if name.startswith("MedicationRequest/")}
        patient, stay = held[f"Patient/{chart.id}"], stay_of(chart, entry.received_ns)
        return About(patient, chart.key, dict(stay), rfc3339(entry.received_ns), chart.world, orders)


def _resources(entry: Entry) -> list[Json]:
    try:
        found = decode(entry.body)
    except msgspec.DecodeError:
        raise Unsendable("it is no FHIR") from None
    inside = found.get("entry") or [] if isinstance(found, dict) else []
    return [one["resource"] for one in inside if isinstance(one, dict) and isinstance(one.get("resource"), dict)]
