"""Where images are looked at: a viewer of the house that survives, if there is one (FIELD F17).

Rules kept here:
  * Off until somebody names it. Then a page holds a link, and the browser that clicks it asks the viewer: no process of
    this node ever does.
  * https alone; the host is written out, and numbers stand behind it, percent-encoded: no number decides where it goes.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from msgspec import Struct

from contrefeu.hospital.problems import Problem, quoted

PLACES = ("study_uid", "accession")
_PLACE = re.compile(r"\{([a-z_]*)\}")


class ImagingSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Images, which stay where they are."""

    viewer: str = ""  # "https://pacs.chu.example/view?study={study_uid}", or {accession}; "": charts have no such link


def by_accession_alone(viewer: str) -> bool:
    """Whether the viewer is asked for an accession number and nothing else: archives may have given it twice."""
    return set(_PLACE.findall(viewer)) == {"accession"}


def viewer_url(viewer: str, study_uid: str, accession: str) -> str:
    """Return where images are looked at; "" when there is no viewer, or a number that it asks for is not known.

    >>> viewer_url("https://pacs.example/?s={study_uid}", "1.2.3", "A 1"), viewer_url("", "1.2.3", "")
    ('https://pacs.example/?s=1.2.3', '')
    >>> viewer_url("https://pacs.example/{accession}", "", "A/1&x")
    'https://pacs.example/A%2F1%26x'
    """
    values = {"study_uid": study_uid, "accession": accession}
    if not viewer or not all(values[name] for name in _PLACE.findall(viewer)):
        return ""
    return _PLACE.sub(lambda found: quote(values[found[1]], safe=""), viewer)


def imaging_problems(settings: ImagingSettings) -> Iterator[Problem]:
    """A viewer that is no https address, or asks for what no study has."""
    viewer = settings.viewer
    if not viewer:
        return
    try:
        address = urlsplit(viewer)
        sound = address.scheme == "https" and bool(address.hostname) and not set("{}@") & set(address.netloc)
    except ValueError:  # brackets that are no address
        sound = False
    named = _PLACE.findall(viewer)
    plain = _PLACE.sub("", viewer)
    if not sound or not named or set(named) - set(PLACES) or set("{}") & set(plain) or not viewer.isprintable():
        yield Problem(
            "imaging.viewer",
            f"`imaging.viewer` is {quoted(viewer, 'imaging.viewer')}, which is no https address with a study's number.",
            allowed='"https://HOST/...{study_uid}..." or {accession}',
            next="Write the address of the viewer, with {study_uid} or {accession} where the number stands.",
        )
