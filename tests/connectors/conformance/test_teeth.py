"""The suite bites: a connector with one fault fails just where it should, and says so."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from maitred.connectors.chat import presence
from maitred.connectors.chat.presence import Presence
from maitred.connectors.slack import finding
from maitred.connectors.slack.connector import SlackConnector
from maitred.connectors.testing import CASES, Door, Proof, run, signalling
from maitred.connectors.testing.recording import RecordingSignals
from maitred.connectors.testing.stage import HUSHED, Unmet
from maitred.connectors.webhook import connector as webhook
from maitred.connectors.webhook import send, standard
from maitred.contracts.errors import OutcomeUnknown, Permanent, Retryable
from maitred.contracts.outbound import Sent
from maitred.contracts.secret import Secret
from maitred.contracts.webhook import Message, Status
from maitred.gateway import logs
from tests.connectors.conformance import chat_door
from tests.connectors.conformance.chat_door import ChatDoor
from tests.connectors.conformance.slack_door import SlackDoor
from tests.connectors.conformance.webhook_door import ADDRESSES, SECRETS, WebhookDoor

CONNECTOR = webhook.WebhookConnector
BY_NAME = {case.name: case for case in CASES}
Break = Callable[[pytest.MonkeyPatch], None]


async def caught(case: str, make: Callable[[], Door] = WebhookDoor) -> str:
    with pytest.raises(Unmet) as found:
        await run(BY_NAME[case], make)
    return str(found.value)


def believes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "proven_id", lambda _, headers, *__: headers[standard.ID])


def forgets_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standard, "TOLERANCE_MS", 10**12)


def knows_one_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "keys_of", lambda _: (standard.key_of(SECRETS[Proof.GOOD]),))


def names_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    take = CONNECTOR._take
    counted = iter(range(99))

    async def new_name(self: Any, name: str, _: str, body: bytes) -> None:
        await take(self, name, f"new-{next(counted)}", body)

    monkeypatch.setattr(CONNECTOR, "_take", new_name)


def acks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    take = CONNECTOR._take

    async def quietly(self: Any, *given: Any) -> None:
        with contextlib.suppress(RuntimeError):
            await take(self, *given)

    async def later(self: Any, *given: Any) -> None:
        self._context.spawn("later", quietly(self, *given))

    monkeypatch.setattr(CONNECTOR, "_take", later)


def takes_lost_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = web.Response
    monkeypatch.setattr(CONNECTOR, "_refuse", lambda self, *_: (self, taken())[1])


def says_no_time_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = web.Response
    monkeypatch.setattr(CONNECTOR, "_refuse", lambda *given: bare(status=given[2]))


def falls_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(_: bytes) -> Message | Status:
        raise KeyError

    monkeypatch.setattr(webhook, "read", trip)


def explains_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def explained(self: Any, account: str, status: int, _: str) -> web.Response:
        self._context.refused(account, "told")
        return web.Response(status=status, text="bad signature")

    monkeypatch.setattr(CONNECTOR, "_refuse", explained)


def sends_as(error: Exception) -> Break:
    def broken(monkeypatch: pytest.MonkeyPatch) -> None:
        async def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(send.Receiver, "post", fail)

    return broken


def logs_what_it_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    take = CONNECTOR._take

    async def told(self: Any, *given: Any) -> None:
        logging.getLogger("maitred_shop").info("took from %s", ADDRESSES[0])
        await take(self, *given)

    monkeypatch.setattr(CONNECTOR, "_take", told)


def shows_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Secret, "__repr__", lambda self: f"Secret({self.reveal()})")


@pytest.mark.parametrize(
    ("broken", "case", "said"),
    [
        (believes, "wrong_auth", "is taken, not refused"),
        (forgets_the_clock, "replay_outside", "is taken, not refused"),
        (knows_one_secret, "rotated_secret", "is refused, not taken"),
        (names_by_the_clock, "duplicate", "stored is"),
        (names_by_the_clock, "replay_inside", "stored is"),
        (acks_first, "ack_waits", "acknowledged before"),
        (takes_lost_ones, "store_down", "is taken, not later"),
        (says_no_time_to_come_again, "store_down", "is broken, not later"),
        (says_no_time_to_come_again, "unknown_account", "not counted"),
        (takes_lost_ones, "unstorable", "is taken, not refused"),
        (acks_first, "house_fault", "it is taken"),
        (names_by_the_clock, "reorder", "stored is"),
        (falls_over, "malformed", "is broken"),
        (explains_itself, "no_details", "tells 'signature'"),
        (sends_as(Permanent("no")), "throttled", "it is Permanent, not Throttled"),
        (sends_as(Permanent("no")), "failing", "it is Permanent, not Retryable"),
        (sends_as(Retryable("no")), "silent", "it is Retryable, not OutcomeUnknown"),
        (sends_as(OutcomeUnknown("no")), "absent", "it is OutcomeUnknown, not Unreachable"),
        (sends_as(Retryable("no")), "refusing", "it is Retryable, not Permanent"),
        (sends_as(Permanent(f"{ADDRESSES[0]} is gone")), "refusing", "is seen outside"),
        (logs_what_it_hears, "good", "is seen outside"),
        (shows_its_secret, "settings", "is seen outside"),
    ],
)
async def test_a_fault_is_found(
    monkeypatch: pytest.MonkeyPatch, broken: Break, case: str, said: str
) -> None:
    broken(monkeypatch)
    assert said in await caught(case)


async def test_who_passes_no_typing_on_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> None:
        return

    with monkeypatch.context() as patched:
        patched.setattr(RecordingSignals, "typing", lost)
        patched.setattr(signalling, "_PATIENCE_S", 0.05)
        assert "not told of his endpoint" in await caught("typing", ChatDoor)
    monkeypatch.setattr(chat_door, "PATIENCE_S", 0.05)
    with monkeypatch.context() as patched:
        patched.setattr(Presence, "_show", lambda *_: None)
        assert "an agent is writing" in await caught("typing", ChatDoor)
    monkeypatch.setattr(presence, "_FOLLOW_AGAIN_S", 10)
    assert "once the signals were interrupted" in await caught("typing", ChatDoor)


async def test_a_door_that_cannot_type_is_no_excuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CONNECTOR, "capabilities", replace(CONNECTOR.capabilities, typing=True))
    assert "no `SignalDoor`" in await caught("typing")


class Careless(WebhookDoor):
    not_applicable: Mapping[str, str] = {"reorder": " "}


class Mistaken(WebhookDoor):
    not_applicable: Mapping[str, str] = {"reordering": "it is a misspelt case"}


class Excused(WebhookDoor):
    not_applicable: Mapping[str, str] = {"reorder": "it has one message only"}


@pytest.mark.parametrize("door", [Careless, Mistaken])
async def test_a_case_is_left_out_by_its_name_and_with_a_reason(door: Callable[[], Door]) -> None:
    assert "name a case, and say why" in await caught("good", door)


async def test_the_reason_why_a_case_is_left_out_is_told() -> None:
    outcome = await run(BY_NAME["reorder"], Excused)
    assert outcome.not_applicable == "it has one message only"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "is not found"),
        (Sent(provider_id="C0HELP:1.2"), "is not found"),
        (OutcomeUnknown("it may be"), "OutcomeUnknown"),
    ],
)
async def test_who_does_not_find_what_was_sent_is_found_out(
    monkeypatch: pytest.MonkeyPatch, answer: Sent | Exception | None, said: str
) -> None:
    async def find(*_: object) -> Sent | None:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(SlackConnector, "find", find)
    with pytest.raises((Unmet, OutcomeUnknown)) as found:
        await run(BY_NAME["found"], SlackDoor)
    assert said in repr(found.value)


async def test_who_takes_another_reply_for_the_one_that_was_sent_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding, "_among", lambda page, _: page["messages"][0]["ts"])
    assert "never sent is found" in await caught("found", SlackDoor)


async def test_who_cannot_look_is_not_asked() -> None:
    assert (await run(BY_NAME["found"], WebhookDoor)).not_applicable


def test_every_case_says_in_a_sentence_what_it_asks() -> None:
    assert len(BY_NAME) == len(CASES)
    assert all(case.sentence.endswith((".", ",")) for case in CASES)


def test_the_loggers_that_are_left_out_are_those_that_the_gateway_hushes() -> None:
    assert set(logs._QUIET) == HUSHED


async def test_a_door_is_closed_whatever_a_case_comes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    class Watched(WebhookDoor):
        async def close(self) -> None:
            closed.append(True)
            await super().close()

    believes(monkeypatch)
    await caught("wrong_auth", Watched)
    assert closed == [True]
