"""The images behind a request or a report: their numbers, and whether anything says that they were made (F17).

Rules kept here:
  * Nothing here knows whether images survive: a number is what whoever has them asks for.
  * A study that no request and no report names is listed all the same.
"""

from dataclasses import dataclass

from contrefeu.chart import (
    Resource,
    accession_of,
    codes,
    concepts,
    first,
    images_made,
    is_error,
    source_of,
    study_uid,
)
from contrefeu.chart.sheet.resources import Sheet


@dataclass(frozen=True, slots=True)
class Study:
    """Images under one number."""

    uid: str
    made: bool  # whether a report, or their system, says that there are images
    title: str
    when: str
    modality: str
    accession: str
    struck: bool
    source: str

    @property
    def alone(self) -> "Images":
        """It, as the images of a report that is not here."""
        return Images(self.accession, (self,))


@dataclass(frozen=True, slots=True)
class Images:
    """What a request or a report says of its images."""

    accession: str
    studies: tuple[Study, ...]

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.accession or self.studies)


NO_IMAGES = Images("", ())


def images_of(sheet: Sheet, resource: Resource) -> Images:
    """Return the images of a request, a report or a result in words."""
    name, accession = f"{resource['resourceType']}/{resource.get('id')}", accession_of(resource)
    orders = {name, *(str(one.get("reference", "")) for one in resource.get("basedOn") or [])}
    named = {str(one.get("reference", "")) for one in resource.get("imagingStudy") or []}
    found = [
        study
        for study in sheet.all("ImagingStudy")
        if f"ImagingStudy/{study.get('id')}" in named
        or orders & {str(one.get("reference", "")) for one in study.get("basedOn") or []}
        or (accession and accession == accession_of(study))
    ]
    asked = next((one for name in sorted(orders) if (one := sheet.get({"reference": name}))), None)
    return Images(accession or (accession_of(asked) if asked else ""), tuple(map(study_of, found)))


def study_of(study: Resource) -> Study:
    """Return a study as charts show it."""
    modality = ", ".join(str(one.get("display") or one.get("code") or "") for one in study.get("modality") or [])
    return Study(
        uid=study_uid(study),
        made=images_made(study),
        title=concepts(study.get("procedureCode")) or str(study.get("description", "")),
        when=first(study, "started"),
        modality=modality,
        accession=accession_of(study),
        struck=is_error(study) or study.get("status") == "cancelled",
        source=source_of(study),
    )


def is_imaging(resource: Resource) -> bool:
    """Whether a result in words is an imaging report."""
    return any("imaging" in codes(one) for one in resource.get("category") or [])
