"""A request has the next number of its station's part of the range that the laboratory agreed on, and no other has it.

Method: forms sent as a browser sends them to a ward in memory; processes that share one journal; a reader that is late.
"""

import asyncio
import re
from dataclasses import dataclass, field

import numpy as np
import pytest
import zxingcpp
from msgspec import structs

from contrefeu.acts import SpecimenDrawn, decode, encode
from contrefeu.chart.fold import Chart, apply
from contrefeu.hospital import parse_settings
from contrefeu.journal import MEDIA_ACT, MEDIA_HL7V2, Entry
from contrefeu.mapping import FeedRules, read
from contrefeu.paper.code128 import specimen_svg
from tests.station import living
from tests.station.living import LivingCharts
from tests.station.test_care import form, said
from tests.station.visitors import text_of, visitor, wait_for
from tests.station.ward_in_memory import CAPTURE, NOW_NS, STATION

SYSTEM = "urn:contrefeu:specimen"
REQUEST = {"kind": "laboratory", "what": "Iono", "priority": "urgent"}


def settings(*ranges, node="n7f3k2"):
    """Settings with these ranges: name, prefix, first, last, check, low, and the parts of stations."""
    text = f'[node]\nid = "{node}"\nfacility = "CHU de Sainte-Foy"\n'
    for name, prefix, first, last, check, low, parts in ranges:
        text += f'[[specimen_numbers]]\nname = "{name}"\nprefix = "{prefix}"\nfirst = "{first}"\nlast = "{last}"\n'
        text += f'check = "{check}"\nlow_labels = {low}\n'
        for station, low_, high in parts:
            text += f'[[specimen_numbers.parts]]\nstation = "{station}"\nfirst = "{low_}"\nlast = "{high}"\n'
    return parse_settings(text)


SMALL = ("Biochimie", "", "00412000", "00412099", "", 2,
         [("n7f3k2", "00412000", "00412002"), ("n9", "00412050", "00412099")])  # fmt: skip


@dataclass
class Real(LivingCharts):
    """A ward of real patients; its reader may be late, and its journal may be begun anew."""

    late: bool = False
    heard: list[Entry] = field(default_factory=list)  # what feeds sent
    journal_name: str = STATION

    async def chart(self, id: str, at_ns: int | None = None) -> Chart | None:
        found = await super().chart(id, at_ns)
        if found is not None:
            found.world = "P"
            for entry in self.heard:
                apply(found, read(entry, FeedRules()))
        return found

    async def acts(self, after_ref: str = "") -> list[Entry]:
        found = await super().acts(after_ref)
        return [one for one in found if not (self.late and isinstance(decode(one.body), SpecimenDrawn))]

    async def append(self, source: str, media_type: str, body: bytes) -> str:
        await super().append(source, media_type, body)
        self.journal[-1] = structs.replace(self.journal[-1], journal=self.journal_name)
        return self.journal[-1].ref


def real(monkeypatch):
    """The ward, in downtime."""
    monkeypatch.setattr(living, "LivingCharts", Real)
    return living.in_downtime()


def numbers(charts):
    """The label of each request that was written, in the order of the journal."""
    found = []
    for entry in charts.written():
        text = entry.body.decode()
        found += re.findall(r'"system":"urn:contrefeu:specimen","value":"([^"]*)"', text)
    return found


@pytest.mark.req("F16")
def test_a_request_has_the_next_number_and_the_laboratory_finds_it(monkeypatch):
    """On the chart as the label has it; found typed or scanned, with its zeros and without."""
    charts = real(monkeypatch)
    doctor, labo = (visitor(who, charts=charts, settings=settings(SMALL)) for who in ("martin", "labo"))
    assert form(doctor, "/write/request/p-durand", **REQUEST).status_code == 303
    form(doctor, "/write/request/p-durand", **REQUEST | {"what": "NFS"})
    assert numbers(charts) == ["00412000", "00412001"]
    assert "00412000" in text_of(doctor.get("/patient/p-durand"))
    for typed in ("00412001", "412001", "0041 2001"):
        words = text_of(labo.get(f"/laboratory?label={typed}"))
        assert "NFS" in words and "Iono" not in words.partition("Analyses, unités")[0]
    page = labo.get("/laboratory?label=412000")
    address = re.search(r'href="(/write/answer/[^"]+)"', page.text)[1]
    answered = {"t-2823-3": "4.2", "t-2823-3-again": "4.2"}
    assert form(labo, address, **answered).status_code == 303
    assert [one["status"] for one in said(charts) if one["resourceType"] == "ServiceRequest"] == ["completed"]


@pytest.mark.req("F16")
def test_a_form_that_is_sent_twice_has_one_number(monkeypatch):
    """Twice to one process, at once, and to another that was started since: one request, one number, none lost."""
    charts = real(monkeypatch)
    doctor = visitor("martin", charts=charts, settings=settings(SMALL))
    path = "/write/request/p-durand"
    once = re.search(r'name="once" value="([^"]+)"', doctor.get(path).text)[1]
    sent = REQUEST | {"csrf": doctor.csrf, "once": once}

    async def twice():
        return await asyncio.gather(*(doctor.client.post(path, data=sent) for _ in range(2)))

    assert {one.status_code for one in wait_for(twice())} == {303}
    started = visitor("martin", charts=charts, settings=settings(SMALL))
    assert started.post(path, **REQUEST, once=once).status_code == 303
    form(started, path, **REQUEST | {"what": "NFS"})
    assert numbers(charts) == ["00412000"] * 3 + ["00412001"]
    chart = wait_for(charts.chart("p-durand"))
    assert len([one for one in chart.kept.values() if one.kind == "ServiceRequest"]) == 3  # with the ward's own


@pytest.mark.req("F16")
def test_a_crash_between_drawing_and_writing_loses_a_number_and_gives_none_twice(monkeypatch):
    """The act is there and the request is not: the same form has that number; another one the next."""
    charts = real(monkeypatch)
    doctor = visitor("martin", charts=charts, settings=settings(SMALL))
    path = "/write/request/p-durand"
    once = re.search(r'name="once" value="([^"]+)"', doctor.get(path).text)[1]
    doctor.post(path, **REQUEST, once=once)
    charts.journal = [one for one in charts.journal if one not in charts.written()]
    started = visitor("martin", charts=charts, settings=settings(SMALL))
    form(started, path, **REQUEST | {"what": "NFS"})
    started.post(path, **REQUEST, once=once)
    assert numbers(charts) == ["00412001", "00412000"]


@pytest.mark.req("F16")
def test_two_processes_share_no_number(monkeypatch):
    """Each with its own memory, on one journal, in turn and at once."""
    charts = real(monkeypatch)
    of = ("Biochimie", "L", "0412000", "0412999", "luhn", 50, [("n7f3k2", "0412000", "0412999")])
    doctors = [visitor("martin", charts=charts, settings=settings(of)) for _ in range(2)]
    path = "/write/request/p-durand"

    async def both(n):
        sent = [REQUEST | {"what": f"{n}-{k}", "csrf": one.csrf, "once": f"{n}{k}"} for k, one in enumerate(doctors)]
        return await asyncio.gather(*(d.client.post(path, data=s) for d, s in zip(doctors, sent, strict=True)))

    for n in range(4):
        assert {one.status_code for one in wait_for(both(n))} == {303}
    found = numbers(charts)
    assert len(found) == len(set(found)) == 8
    assert sorted(found)[0] == "L04120002"  # 0412000, and its check digit
    assert all(re.fullmatch(r"L04120[0-9]{3}", one) for one in found)


@pytest.mark.req("F16")
@pytest.mark.parametrize("why", ["none left", "late", "another journal", "no part"])
def test_without_a_number_of_the_range_the_label_says_so(monkeypatch, why):
    """A number of our own, as without a range; on the chart and to the laboratory: it does not know it."""
    monkeypatch.setattr("contrefeu.station.tubes.READ_WITHIN_S", 0.1)
    charts = real(monkeypatch)
    charts.late = why == "late"
    charts.journal_name = "n7f3k2.2-station" if why == "another journal" else STATION
    of = settings((*SMALL[:6], SMALL[6][1:] if why == "no part" else SMALL[6]))
    doctor, labo = (visitor(who, charts=charts, settings=of) for who in ("martin", "labo"))
    for n in range(4 if why == "none left" else 1):
        form(doctor, "/write/request/p-durand", **REQUEST | {"what": f"Iono {n}"})
    last = numbers(charts)[-1]
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", last)
    assert f"{last} (hors de la plage du laboratoire)" in text_of(doctor.get("/patient/p-durand"))
    words = text_of(labo.get(f"/laboratory?label={last}"))
    assert "! hors de la plage du laboratoire" in words
    assert ("ce poste n’a plus de numéro de la plage" in words) == (why in {"none left", "another journal"})


@pytest.mark.req("F16")
def test_a_journal_begun_anew_draws_from_a_part_of_its_own(monkeypatch):
    """Once the settings give it one."""
    charts = real(monkeypatch)
    charts.journal_name = "n7f3k2.2-station"
    of = settings((*SMALL[:6], [*SMALL[6], ("n7f3k2.2", "00412010", "00412019")]))
    form(visitor("martin", charts=charts, settings=of), "/write/request/p-durand", **REQUEST)
    assert numbers(charts) == ["00412010"]


@pytest.mark.req("F16")
def test_what_is_left_is_told_before_there_is_none(monkeypatch):
    """From `low_labels` on, to the laboratory."""
    charts = real(monkeypatch)
    doctor, labo = (visitor(who, charts=charts, settings=settings(SMALL)) for who in ("martin", "labo"))
    told = "Biochimie : il reste 1 numéro de la plage de ce poste"
    form(doctor, "/write/request/p-durand", **REQUEST)
    assert told not in text_of(labo.get("/laboratory"))
    form(doctor, "/write/request/p-durand", **REQUEST | {"what": "NFS"})
    labo = visitor("labo", charts=charts, settings=settings(SMALL))  # what another process wrote is here in a second
    assert told in text_of(labo.get("/laboratory"))


@pytest.mark.req("F16")
def test_of_several_laboratories_the_request_says_which(monkeypatch):
    """Each with its own numbers; with one, or none, nothing is asked."""
    charts = real(monkeypatch)
    other = ("Hémostase", "H", "00100", "00199", "", 5, [("n7f3k2", "00100", "00199")])
    doctor = visitor("martin", charts=charts, settings=settings(SMALL, other))
    assert "Quel laboratoire" in text_of(doctor.get("/write/request/p-durand"))
    form(doctor, "/write/request/p-durand", **REQUEST, lab="Hémostase")
    form(doctor, "/write/request/p-durand", **REQUEST, lab="Biochimie")
    assert form(doctor, "/write/request/p-durand", **REQUEST, lab="x").status_code == 400
    form(doctor, "/write/request/p-durand", **REQUEST | {"kind": "advice"}, lab="Biochimie")
    assert numbers(charts) == ["H00100", "00412000"]
    one = visitor("martin", charts=charts, settings=settings(SMALL))
    assert "Quel laboratoire" not in text_of(one.get("/write/request/p-durand"))


@pytest.mark.req("F16", "F33")
def test_an_exercise_beside_real_patients_draws_nothing():
    """Its tubes go to no laboratory: their labels are our own, and no number is lost."""
    charts = living.in_downtime()
    form(visitor("martin", charts=charts, settings=settings(SMALL)), "/write/request/p-durand", **REQUEST)
    assert re.fullmatch(r"[0-9A-Z]{5}-[0-9A-Z]{5}", numbers(charts)[0])
    assert not [one for one in charts.journal if one.media_type == MEDIA_ACT and b"specimen-drawn" in one.body]


@pytest.mark.req("F16")
def test_two_stations_that_gave_one_number_are_told(monkeypatch):
    """Their settings differed, and they could not see each other."""
    charts = real(monkeypatch)
    doctor, labo = (visitor(who, charts=charts, settings=settings(SMALL)) for who in ("martin", "labo"))
    form(doctor, "/write/request/p-durand", **REQUEST)
    drawn = next(one for one in charts.journal if b"specimen-drawn" in one.body)
    act = structs.replace(decode(drawn.body), station="n9", what="urn:uuid:other")
    charts.journal.append(Entry("n9-station", 1, NOW_NS, 1, "user/x", MEDIA_ACT, encode(act)))
    labo = visitor("labo", charts=charts, settings=settings(SMALL))
    assert "Deux postes ont donné le même numéro : 00412000" in text_of(labo.get("/laboratory"))


ORU = (
    "MSH|^~\\&|LABO|CHU|||20261124031500||ORU^R01^ORU_R01|{n}|P|2.5.1|||||FRA|UNICODE UTF-8\r"
    "PID|1||0100234^^^CHU^PI||DURAND^ELODIE^^^^^L||19420312|F\r"
    "OBR|1||77{n}^LABO|IONO^Ionogramme|||20261124030000||||||||||||||||||{status}\r"
    "OBX|1|NM|2823-3^Potassium^LN||4.1|mmol/L|3.5-5.0||||{status}\r{spm}"
)


@pytest.mark.req("F16")
@pytest.mark.parametrize(
    ("spm", "status", "answers"),
    [
        ("SPM|1|00412000&CONTREFEU||SANG\r", "F", True),
        ("SPM|1|412000||SANG\r", "F", True),
        ("SPM|1|^00412000&LABO||SANG\r", "C", True),
        ("SPM|1|00412000||SANG\r", "P", False),
        ("SPM|1|00412001||SANG\r", "F", False),
        ("SPM|1|||SANG\r", "F", False),
        ("", "F", False),
    ],
)
def test_a_report_that_names_the_tube_answers_the_request(monkeypatch, spm, status, answers):
    """By the number that the laboratory scanned (SPM-2), once it is whole; by no other tube."""
    charts = real(monkeypatch)
    doctor, labo = (visitor(who, charts=charts, settings=settings(SMALL)) for who in ("martin", "labo"))
    form(doctor, "/write/request/p-durand", **REQUEST)
    assert "00412000" in text_of(labo.get("/laboratory"))
    body = ORU.format(n=1, status=status, spm=spm).encode()
    charts.heard = [Entry(CAPTURE, 900, NOW_NS + 10**12, 900, "LABO@CHU", MEDIA_HL7V2, body)]
    labo = visitor("labo", charts=charts, settings=settings(SMALL))
    assert ("00412000" not in text_of(labo.get("/laboratory"))) == answers
    chart = text_of(visitor("martin", charts=charts, settings=settings(SMALL)).get("/patient/p-durand"))
    assert "4.1" in chart
    assert ("00412000" not in chart) == answers


@pytest.mark.req("F16")
@pytest.mark.parametrize("number", ["00412000", "H0041200", "7KQ2M-0XD4R"])
def test_the_tube_s_labels_are_printed_from_the_chart(monkeypatch, number):
    """Whose they are, the number, the same in bars that a scanner reads back; a look at the patient, journaled."""
    charts = real(monkeypatch)
    doctor = visitor("martin", charts=charts, settings=settings(SMALL), bars=lambda _: specimen_svg(number))
    form(doctor, "/write/request/p-durand", **REQUEST)
    path = re.search(r'href="(/specimen/[^"]+)"', doctor.get("/patient/p-durand").text)[1]
    page = doctor.get(path)
    words = text_of(page)
    assert words.count("00412000") == words.count("DURAND ÉLODIE (LEFEBVRE ÉLODIE)") == 3
    assert (
        words.count("12 mars 1942 · Femme · CARD 204 F · 0100234") == words.count("Iono") == 3
        and "hors de la plage" not in words
    )
    assert any(b"label 00412000" in entry.body for entry in charts.journal)
    [drawn, *more] = re.findall(r'<svg width="46mm".*?</svg>', page.text)
    assert more == [drawn] * 2
    assert read_bars(drawn) == number
    assert doctor.get("/specimen/p-durand/sr1").status_code == doctor.get("/specimen/p-durand/x").status_code == 404


def read_bars(svg):
    """What a scanner reads in a picture of bars: 3 dots a module, quiet zones beside them."""
    width = int(re.search(r'viewBox="0 0 (\d+) 1"', svg)[1])
    row = np.full(width * 3 + 60, 255, np.uint8)
    for at, wide in re.findall(r"M(\d+) 0h(\d+)v1", svg):
        row[30 + int(at) * 3 : 30 + (int(at) + int(wide)) * 3] = 0
    (found,) = zxingcpp.read_barcodes(np.tile(row, (60, 1)))
    return found.text
