"""Headers follow CloudEvents 1.0.2 and the W3C trace context."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.events import (
    TRACEPARENT,
    accepted_traceparent,
    headers,
    new_traceparent,
    trace_id,
)

GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_headers_name_the_event_in_binary_mode() -> None:
    made = headers(event_id="msg_1", kind="entry/1", at=1_700_000_000_123, traceparent=GOOD)
    assert made == {
        "ce-specversion": "1.0",
        "ce-id": "msg_1",
        "ce-type": "maitred.entry.v1",
        "ce-source": "/maitred",
        "ce-time": "2023-11-14T22:13:20.123Z",
        "content-type": "application/json",
        "traceparent": GOOD,
    }


def test_a_kind_without_a_version_is_the_first() -> None:
    assert headers(event_id="1", kind="due", at=0)["ce-type"] == "maitred.due.v1"


def test_a_whole_second_keeps_its_milliseconds_and_no_trace_leaves_no_header() -> None:
    made = headers(event_id="1", kind="due/1", at=0)
    assert made["ce-time"] == "1970-01-01T00:00:00.000Z"
    assert TRACEPARENT not in made


@given(seed=st.text())
def test_a_new_trace_is_well_formed_and_follows_from_its_seed(seed: str) -> None:
    made = new_traceparent(seed)
    assert accepted_traceparent(made) == made == new_traceparent(seed)
    assert trace_id(made) == made.split("-")[1]


@given(first=st.text(), second=st.text())
def test_two_seeds_have_two_traces(first: str, second: str) -> None:
    same = trace_id(new_traceparent(first)) == trace_id(new_traceparent(second))
    assert same == (first == second)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        GOOD.upper(),
        GOOD + "\n",
        GOOD + "-extra",
        GOOD[:-1],
        "x" * 10_000,
    ],
)
def test_a_foreign_trace_that_is_not_well_formed_is_dropped(value: str) -> None:
    assert accepted_traceparent(value) == ""
    assert trace_id(value) == ""


def test_a_well_formed_foreign_trace_is_handed_on() -> None:
    assert accepted_traceparent(GOOD) == GOOD
    assert trace_id(GOOD) == "4bf92f3577b34da6a3ce929d0e0e4736"
