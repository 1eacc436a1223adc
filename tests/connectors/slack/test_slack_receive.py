"""What Slack posts is proven, stored whole within three seconds, and only then acknowledged."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from demo.standins.slack_api import signed_slack_request
from maitred.connectors.slack import door as slack_door
from maitred.connectors.slack.connector import SlackConnector
from maitred.connectors.slack.settings import SlackAccount, SlackSettings
from maitred.contracts.errors import ConfigurationError, Permanent
from maitred.contracts.identifiers import Level, slack_identifier
from maitred.contracts.inbound import Verification
from maitred.contracts.secret import Secret
from tests.connectors.slack.door import Door, make_event

if TYPE_CHECKING:
    from tests.connectors.conftest import RecordingContext


async def test_a_signed_message_is_stored_as_received(door: Door) -> None:
    raw = orjson.dumps(make_event(), option=orjson.OPT_INDENT_2)
    answer = await door.post(raw)
    assert answer.status == 200
    assert await answer.read() == b""
    [(inbound, body)] = door.recorded.accepted
    assert body == raw
    assert inbound.channel == "slack"
    assert inbound.account == "main"
    assert inbound.provider_id == "T0OWN:C0HELP:1699999990.000200"
    assert inbound.sender.identifier == slack_identifier("T0OWN", "U0ANA")
    assert inbound.sender.level == Level.AUTHENTICATED
    assert inbound.recipients == ("C0HELP",)
    assert inbound.content_type == "application/json"
    assert inbound.evidence.verification == Verification.SIGNATURE
    assert inbound.evidence.name == "Ana"
    assert inbound.evidence.facts == {"event": "message", "event_id": "Ev01", "team": "T0OWN"}
    assert door.recorded.refusals == []


def test_the_signature_published_with_slacks_own_library_is_made() -> None:
    # From python-slack-sdk's tests (MIT): tests/signature/test_signature_verifier.py.
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&"
        "channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&"
        "command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        "%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    made = signed_slack_request("8f742231b10e8888abcd99yyyzzz85a5", body, 1_531_420_618)
    assert made["X-Slack-Signature"] == (
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    )


async def test_the_challenge_of_a_new_address_is_answered(door: Door) -> None:
    answer = await door.post({"type": "url_verification", "token": "t", "challenge": "3eZbrw1a"})
    assert answer.status == 200
    assert (await answer.json())["challenge"] == "3eZbrw1a"
    assert door.recorded.store.calls == 0


async def test_an_unsigned_challenge_is_not_answered(door: Door) -> None:
    answer = await door.post(
        {"type": "url_verification", "challenge": "x"},
        headers={"X-Slack-Signature": "v0=" + "0" * 64},
    )
    assert answer.status == 401


async def test_a_retry_is_the_same_message_and_says_so(door: Door) -> None:
    retried = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    door.recorded.store.fail()
    assert (await door.post(make_event())).status == 503
    door.recorded.store.recover()
    assert (await door.post(make_event(), headers=retried)).status == 200
    assert (
        await door.post(make_event(), headers=retried | {"X-Slack-Retry-Num": "2"})
    ).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.evidence.facts["retry"] == "1"
    assert inbound.evidence.facts["retry_reason"] == "http_timeout"


async def test_a_message_that_mentions_the_app_is_one_message(door: Door) -> None:
    assert (await door.post(make_event("Ev01"))).status == 200
    assert (await door.post(make_event("Ev02", type="app_mention"))).status == 200
    assert door.recorded.store.calls == 2
    assert len(door.recorded.accepted) == 1


async def test_the_same_moment_in_two_channels_is_two_messages(door: Door) -> None:
    await door.post(make_event("Ev01"))
    await door.post(make_event("Ev02", channel="C0OTHER"))
    assert len(door.recorded.accepted) == 2


@pytest.mark.parametrize("inner", ["message", "previous_message"])
async def test_an_edit_and_a_delete_are_messages_of_the_author_by_event_id(
    door: Door, inner: str
) -> None:
    subtype = "message_changed" if inner == "message" else "message_deleted"
    written = {"type": "message", "user": "U0ANA", "team": "T0OWN", "ts": "1699999990.000200"}
    posted = make_event("Ev09", subtype=subtype, user=None, team=None, **{inner: written})
    assert (await door.post(posted)).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.provider_id == "Ev09"
    assert inbound.sender.identifier == slack_identifier("T0OWN", "U0ANA")
    assert inbound.evidence.facts["event"] == f"message.{subtype}"


async def test_a_reaction_is_stored_by_event_id(door: Door) -> None:
    item = {"type": "message", "channel": "C0HELP", "ts": "1699999990.000200"}
    posted = make_event("Ev10", type="reaction_added", channel=None, ts=None, item=item)
    assert (await door.post(posted)).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.provider_id == "Ev10"
    assert inbound.recipients == ("C0HELP",)


@pytest.mark.parametrize(
    "change",
    [
        {"user": "U0BOT"},
        {"user": "U0OTHER", "app_id": "A0APP"},
        {"user": None, "bot_id": "B0OWN", "subtype": "bot_message", "app_id": "A0APP"},
        {"user": "U0X", "bot_id": "B0OWN", "bot_profile": {"app_id": "A0APP"}},
        {"subtype": "message_changed", "user": None, "message": {"user": "U0BOT"}},
        {"type": "reaction_added", "user": "U0BOT", "item": {"type": "message", "channel": "C1"}},
    ],
)
async def test_our_own_messages_are_acknowledged_and_dropped(
    door: Door, change: dict[str, Any]
) -> None:
    assert (await door.post(make_event(**change))).status == 200
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == []


async def test_another_bots_message_is_stored_and_marked(door: Door) -> None:
    posted = make_event(user=None, bot_id="B0FORMS", subtype="bot_message", app_id="A0FORMS")
    assert (await door.post(posted)).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.sender.identifier == slack_identifier("T0OWN", "B0FORMS")
    assert inbound.evidence.facts["bot"] == "1"
    assert door.api.calls == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": "channel_rename", "channel": {"id": "C1"}},
        {"type": "user_change", "user": {"id": "U1", "team_id": "T0OWN"}},
        {"type": "reaction_added", "item": {"type": "file", "file": "F1"}},
        {"subtype": "channel_join"},
        {"subtype": "message_replied"},
        {"type": "a_type_of_next_year", "user": ["U1"], "item": 5},
    ],
)
async def test_events_that_are_nobodys_message_are_acknowledged_and_dropped(
    door: Door, change: dict[str, Any]
) -> None:
    assert (await door.post(make_event(**change))).status == 200
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == []


async def test_a_store_that_is_down_is_told_to_slack(door: Door) -> None:
    door.recorded.store.fail()
    answer = await door.post(make_event())
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "X-Slack-No-Retry" not in answer.headers
    assert door.recorded.refusals == [("main", "store_unavailable")]


async def test_a_store_that_is_slow_is_not_waited_for_beyond_slacks_patience(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert slack_door.ANSWER_TIMEOUT_MS < 3_000
    monkeypatch.setattr(slack_door, "ANSWER_TIMEOUT_MS", 50)
    door.recorded.store.gate = asyncio.Event()
    assert (await door.post(make_event())).status == 503


async def test_what_can_never_be_stored_is_refused_for_good(door: Door) -> None:
    door.recorded.store.error = Permanent("too large", code="too_large")
    answer = await door.post(make_event())
    assert answer.status == 400
    assert answer.headers["X-Slack-No-Retry"] == "1"


async def test_a_fault_of_our_own_is_not_acknowledged(door: Door) -> None:
    door.recorded.store.error = RuntimeError("a bug")
    assert (await door.post(make_event())).status == 500


async def test_no_log_line_tells_what_was_written(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await door.post(make_event(text="my secret text"))
    await door.post(make_event(text="my secret text"), at_s=0)
    await door.post(make_event(type="other", text="my secret text"))
    await door.post({"type": "block_actions", "text": "my secret text"})
    assert "my secret text" not in caplog.text
    assert "ana@example.com" not in caplog.text.lower()


def test_wrong_settings_are_named_by_their_path(recording: Callable[..., RecordingContext]) -> None:
    account = SlackAccount(
        signing_secret=Secret(" "), bot_token=Secret(""), team_id="", api_url="slack"
    )
    with pytest.raises(ConfigurationError) as raised:
        SlackConnector(SlackSettings(accounts={"main": account}), recording().context)
    assert [re.split(":", fault)[0] for fault in raised.value.faults] == [
        f"channels.slack.accounts.main.{field}"
        for field in ("signing_secret", "bot_token", "team_id", "api_url")
    ]
