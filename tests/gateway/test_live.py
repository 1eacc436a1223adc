"""The live view: what it counts of the journal's entries, whatever they are."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.agents import Admitted, AgentDoc
from maitred.contracts.assignments import Assignment
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.ids import Tenant
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import Subjects
from maitred.gateway import live as live_view
from maitred.gateway.bus.pull import Received
from maitred.gateway.live import KINDS, Live, subjects_of
from tests.contracts.shapes import values_of

SHAPES = {
    "message": MessageEntry,
    "assign": Assignment,
    "admitted": Admitted,
    "routing": RoutingDoc,
    "agent": AgentDoc,
    "customer": CustomerDoc,
}


def received(kind: str, data: bytes, at: int = 1_000) -> Received:
    subject = f"maitred.v1.main.{kind}.x"
    return Received(stream_seq=1, subject=subject, headers={}, data=data, time_ms=at, pending=0)


def fold(live: Live, kind: str, stored_at: int = 1_000, **fields: Any) -> None:
    value = msgspec.convert({"schema": _tag(kind), **fields}, SHAPES[kind])
    live.fold(received(kind, msgspec.json.encode(value), stored_at))


def _tag(kind: str) -> str:
    tag = SHAPES[kind].__struct_config__.tag
    assert isinstance(tag, str)
    return tag


def routing(name: str, state: str, agent: str | None = None, *skills: str) -> dict[str, Any]:
    return {
        "conversation": f"cnv_{name}",
        "customer": "cus_1",
        "state": state,
        "agent": agent,
        "channel": "chat",
        "account": "shop",
        "arrived_at": 1,
        "state_at": 1,
        "needs": {"skills": [{"skill": skill} for skill in skills]},
    }


def offer(state: str, *, accepted_at: int = 0) -> dict[str, Any]:
    return {
        "tenant": "main",
        "state": state,
        "conversation": "cnv_1",
        "agent": "ann",
        "epoch": 1,
        "at": 1,
        "accepted_at": accepted_at,
    }


@given(
    st.sampled_from(sorted(SHAPES)).flatmap(
        lambda kind: st.tuples(st.just(kind), values_of(SHAPES[kind]))
    )
)
def test_every_entry_can_be_folded_in(drawn: tuple[str, msgspec.Struct]) -> None:
    kind, value = drawn
    live = Live()
    live.fold(received(kind, msgspec.json.encode(value)))
    live.fold(received(kind, msgspec.json.encode(value)))
    assert live.journey_count() <= 1
    assert live.crossed() <= live.journey_count()


@given(st.sampled_from(KINDS), st.binary(max_size=50))
def test_what_is_not_understood_is_passed_over(kind: str, data: bytes) -> None:
    live = Live()
    live.fold(received(kind, data))
    assert live.messages.total() == live.offered.total() == 0


def test_offers_and_what_became_of_them_are_counted_by_agent() -> None:
    live = Live()
    fold(live, "assign", stored_at=1_050, **offer("offered", accepted_at=1_000))
    fold(live, "assign", stored_at=1_090, **offer("offered", accepted_at=1_000))
    fold(live, "assign", **offer("assigned"))
    fold(live, "assign", **offer("turn"))
    assert (live.offered["ann"], live.accepted["ann"]) == (2, 1)
    assert (live.percentile(0.5), live.percentile(0.99)) == (90, 90)
    assert live.percentile(0.0) == 50


def test_nothing_measured_has_no_percentile() -> None:
    assert Live().percentile(0.99) is None


def test_who_waits_and_who_holds_follows_from_the_last_state() -> None:
    live = Live()
    fold(live, "routing", **routing("1", "waiting", None, "billing"))
    fold(live, "routing", **routing("2", "held", None, "billing", "german"))
    fold(live, "routing", **routing("3", "assigned", "ann"))
    assert live.queues() == {"billing": 1, "billing+german": 1}
    assert live.held_by() == {"ann": 1}
    fold(live, "routing", **routing("1", "offered", "ann"))
    fold(live, "routing", **routing("3", "closed", "ann"))
    assert live.queues() == {"billing+german": 1}
    assert live.held_by() == {"ann": 1}
    assert live.states() == {"held": 1, "closed": 1, "offered": 1}


def test_a_watch_of_weeks_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_view, "_JOURNEYS_MAX", 3)
    live = Live()
    for number in range(9):
        fold(live, "routing", **routing(str(number), "closed"))
        fold(live, "routing", **routing("0", "assigned", "ann"))
    assert len(live.routing) == 3
    assert live.held_by() == {"ann": 1}


def test_it_reads_only_its_own_tenant() -> None:
    assert subjects_of(Subjects(Tenant("t"))) == [f"maitred.v1.t.{kind}.>" for kind in KINDS]
