"""Errors say whether another try helps; a provider's status decides in one place."""

from __future__ import annotations

import pytest

from maitred.contracts.errors import (
    BadPayload,
    ConfigurationError,
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    StoreUnavailable,
    Throttled,
    Unreachable,
    error_of_status,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (300, Permanent),
        (400, Permanent),
        (401, Permanent),
        (403, Permanent),
        (404, Permanent),
        (408, Retryable),
        (410, Permanent),
        (429, Throttled),
        (499, Permanent),
        (500, Retryable),
        (502, Unreachable),
        (503, Unreachable),
        (599, Retryable),
    ],
)
def test_a_status_maps_to_one_error(status: int, kind: type[MaitredError]) -> None:
    error = error_of_status(status, peer="twilio")
    assert type(error) is kind
    assert str(error) == f"twilio answered {status}"


def test_a_final_status_carries_a_stable_code() -> None:
    error = error_of_status(404, peer="slack")
    assert isinstance(error, Permanent)
    assert error.code == "http_404"


@pytest.mark.parametrize(("said", "waits"), [(None, 1_000), (0, 1_000), (30_000, 30_000)])
def test_a_throttled_call_waits_as_long_as_the_peer_says(said: int | None, waits: int) -> None:
    error = error_of_status(429, peer="slack", retry_after_ms=said)
    assert isinstance(error, Throttled)
    assert error.after_ms == waits


def test_an_outage_waits_as_long_as_the_peer_says() -> None:
    error = error_of_status(503, peer="slack", retry_after_ms=7_000)
    assert isinstance(error, Throttled)
    assert error.after_ms == 7_000


@pytest.mark.parametrize("status", [502, 504])
def test_of_what_stands_in_between_nobody_knows_what_a_call_did(status: int) -> None:
    assert isinstance(error_of_status(status, peer="slack"), Unreachable)
    assert isinstance(error_of_status(status, peer="slack", takes_effect=True), OutcomeUnknown)


@pytest.mark.parametrize(("status", "away"), [(500, False), (503, True)])
def test_who_is_not_there_is_told_from_who_failed(status: int, *, away: bool) -> None:
    assert isinstance(error_of_status(status, peer="slack"), Unreachable) == away


@pytest.mark.parametrize("status", [408, 500, 503])
def test_who_says_himself_that_he_failed_has_done_nothing(status: int) -> None:
    assert isinstance(error_of_status(status, peer="slack", takes_effect=True), Retryable)


def test_retrying_helps_against_an_absent_store_and_never_against_a_bad_payload() -> None:
    assert issubclass(StoreUnavailable, Retryable)
    assert issubclass(BadPayload, Permanent)
    assert not issubclass(BadPayload, Retryable)
    assert BadPayload("no").code == "bad_payload"
    assert BadPayload("no", code="bad_json").code == "bad_json"


def test_a_configuration_error_keeps_every_fault_apart() -> None:
    error = ConfigurationError("a: wrong", "b: missing")
    assert error.faults == ("a: wrong", "b: missing")
    assert str(error) == "a: wrong\nb: missing"
