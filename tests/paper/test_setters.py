"""Packs that other processes set say what they would say if they were set here, and none is lost with its process.

Method: two wards, each set here first; then by two processes under the same numbers, one of which is killed.
"""

import multiprocessing
import os
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from contrefeu.chart import whole
from contrefeu.paper import Order, SetPack, Setters, set_pack
from tests.chart.feed import adt, chart, oru, rde
from tests.paper.house import Ward, texts

PASSWORD = "orage-bleu-27-mars"
SEED = bytes(range(32))
A01 = adt("A01", "1124 0800", at="1124 0800", more=["AL1|1|DA|PEN^Pénicilline^L|SV|Choc"])
LABS = oru("1124 0900", *(f"NM|T{n}^Test {n}^L||{n}|mmol/L|||||F" for n in range(60)))
WARDS = [Ward([chart(A01, rde("1124 0810"))]), Ward([chart(A01, LABS)])]


def order_of(ward: Ward, **said: object) -> Order:
    """The pack of *ward*, to lie ready."""
    charts = {one.id: whole(one) for one in ward.charts}
    order = Order(ward.board, charts, ward.setting, "CHU", SEED, ahead=True, password=PASSWORD)
    return replace(order, **said)


HERE = [set_pack(order_of(ward)) for ward in WARDS]
AGAIN = [order_of(ward, held=made.held) for ward, made in zip(WARDS, HERE, strict=True)]


def pages(made: SetPack) -> list[str]:
    """What its pages say."""
    return texts(made.printed.pdf, PASSWORD)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[Setters]:
    """Two processes, whatever this machine has."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    with Setters(2) as setters:
        assert len(multiprocessing.active_children()) == 2
        yield setters
    for one in multiprocessing.active_children():
        one.join(30)
        assert not one.is_alive(), "it ends when nobody asks it any more"


@pytest.mark.req("W3")
def test_packs_set_elsewhere_are_those_set_here_and_outlive_who_sets_them(two: Setters) -> None:
    """Four orders, two processes: each pack has its own ward's pages, word for word; one is killed, and none lacks."""
    found = {}
    for order, made in two.each([*AGAIN, *AGAIN]):
        if not found:
            multiprocessing.active_children()[0].kill()
        found[AGAIN.index(order)] = made
        here = HERE[AGAIN.index(order)]
        assert (made.acts, made.held, made.patients) == ([], here.held, here.patients)
        assert pages(made) == pages(here)
        assert made.page.startswith(b"<!doctype")
    assert sorted(found) == [0, 1]


@pytest.mark.parametrize(("wards", "processors"), [(1, 8), (0, 8), (100, 1)])
def test_one_ward_or_one_processor_begins_no_process(wards: int, processors: int, monkeypatch) -> None:
    """There it would cost more than it spares: packs are set here, all of them."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
    with Setters(wards) as setters:
        assert multiprocessing.active_children() == []
        if wards:
            assert [order.at for order, _ in setters.each(AGAIN)] == [one.at for one in AGAIN]


def test_what_is_printed_for_somebody_has_numbers_of_its_own_and_no_page_for_a_browser() -> None:
    """A pack for a ward's printer: every issue is new and missed until it comes back."""
    made = set_pack(replace(AGAIN[0], ahead=False, password=""))
    assert [act.form for act in made.acts] == ["census", "chart", "dose-sheet"]
    assert not any(act.ahead for act in made.acts)
    assert (made.held, made.page) == ({}, b"")
    assert not {act.issue for act in made.acts} & {one.issue for one in AGAIN[0].held.values()}
