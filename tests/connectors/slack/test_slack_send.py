"""Replies go out through Slack's own client, and its answers become our errors."""

from __future__ import annotations

import asyncio
import logging

import pytest

from demo.standins.slack_api import SlackFailure
from maitred.connectors.slack import connector as slack
from maitred.contracts.errors import (
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Throttled,
    Unreachable,
)
from maitred.contracts.identifiers import slack_identifier
from maitred.contracts.outbound import Outbound
from tests.connectors.slack.door import Door, OpenDoor

CUSTOMER = slack_identifier("T0OWN", "U0ANA")


def reply(
    door: Door,
    text: str = "On its way.",
    *,
    account: str = "main",
    channel: str = "C0HELP",
    thread: str = "",
) -> Outbound:
    return door.recorded.outbound(
        CUSTOMER,
        text,
        channel="slack",
        account=account,
        thread=thread,
        extra={"channel": channel} if channel else {},
    )


async def test_a_reply_goes_into_its_thread_with_its_own_id(door: Door) -> None:
    sent = await door.connector.send(reply(door, thread="1699999990.000200"))
    [posted] = await asyncio.wait_for(door.api.wait_sent(1), 5)
    assert posted == {
        "channel": "C0HELP",
        "text": "On its way.",
        "thread_ts": "1699999990.000200",
        "metadata": {"event_type": "maitred_reply", "event_payload": {"outbound": "out_1"}},
    }
    assert sent.provider_id == "C0HELP:1700000001.000100"
    assert sent.thread_ids == (
        "T0OWN:C0HELP:1700000001.000100",
        "T0OWN:C0HELP:1699999990.000200",
    )


async def test_a_reply_outside_a_thread_can_become_one(door: Door) -> None:
    sent = await door.connector.send(reply(door))
    assert "thread_ts" not in door.api.sent[0]
    assert sent.thread_ids == ("T0OWN:C0HELP:1700000001.000100",)


async def test_what_slack_would_read_as_a_mention_is_text(door: Door) -> None:
    await door.connector.send(reply(door, "<!channel> a < b & c > d &amp;"))
    assert door.api.sent[0]["text"] == "&lt;!channel&gt; a &lt; b &amp; c &gt; d &amp;amp;"


@pytest.mark.parametrize(
    ("failure", "error", "code"),
    [
        (SlackFailure(status=500, error=""), Retryable, None),
        (SlackFailure(status=503, page="<html>down</html>"), Unreachable, None),
        (SlackFailure(status=502, page="<html>"), OutcomeUnknown, None),
        (SlackFailure(status=504, page="<html>"), OutcomeUnknown, None),
        (SlackFailure(error="internal_error"), OutcomeUnknown, None),
        (SlackFailure(error="fatal_error"), OutcomeUnknown, None),
        (SlackFailure(error="service_unavailable"), Unreachable, None),
        (SlackFailure(error="channel_not_found"), Permanent, "channel_not_found"),
        (SlackFailure(error="invalid_auth"), Unreachable, None),
        (SlackFailure(error="account_inactive"), Unreachable, None),
        (SlackFailure(error="Something <b>odd</b>"), OutcomeUnknown, None),
        (SlackFailure(status=404, page="<html>"), Permanent, "http_404"),
        (SlackFailure(page="<html>"), OutcomeUnknown, None),
    ],
)
async def test_slacks_answers_become_our_errors(
    door: Door, failure: SlackFailure, error: type[MaitredError], code: str | None
) -> None:
    door.api.fail("chat.postMessage", failure)
    with pytest.raises(error) as raised:
        await door.connector.send(reply(door, "my secret text"))
    assert "my secret text" not in str(raised.value)
    assert "odd" not in str(raised.value)
    if isinstance(raised.value, Permanent):
        assert raised.value.code == code
    assert door.api.calls.count("chat.postMessage") == 1


@pytest.mark.parametrize(("said", "after_ms"), [(30, 30_000), (None, 1_000), (99_999, 3_600_000)])
async def test_slack_asks_to_wait(door: Door, said: int | None, after_ms: int) -> None:
    door.api.fail(
        "chat.postMessage", SlackFailure(status=429, error="ratelimited", retry_after_s=said)
    )
    with pytest.raises(Throttled) as raised:
        await door.connector.send(reply(door))
    assert raised.value.after_ms == after_ms


async def test_a_slack_that_does_not_answer_is_given_up(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack, "SEND_TIMEOUT_S", 0.05)
    door = await open_door()
    door.api.held.add("chat.postMessage")
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(reply(door))


async def test_a_slack_that_is_not_there_is_waited_for(door: Door) -> None:
    await door.api.stop()
    with pytest.raises(Unreachable):
        await door.connector.send(reply(door))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_text"),
        (" \n", "empty_text"),
        ("x" * 40_001, "text_too_long"),
        ("&" * 8_001, "text_too_long"),
    ],
)
async def test_a_text_that_slack_would_not_keep_whole_is_not_sent(
    door: Door, text: str, code: str
) -> None:
    with pytest.raises(Permanent) as raised:
        await door.connector.send(reply(door, text))
    assert raised.value.code == code
    assert door.api.sent == []


async def test_the_longest_text_is_sent_whole(door: Door) -> None:
    await door.connector.send(reply(door, "x" * door.connector.capabilities.text_characters_max))
    assert len(door.api.sent[0]["text"]) == 40_000


async def test_a_reply_without_a_channel_is_final(door: Door) -> None:
    with pytest.raises(Permanent) as raised:
        await door.connector.send(reply(door, channel=""))
    assert raised.value.code == "no_channel"


async def test_an_account_that_is_gone_is_final(door: Door) -> None:
    with pytest.raises(Permanent):
        await door.connector.send(reply(door, account="gone"))


async def test_a_stopped_channel_sends_nothing_and_can_be_tried_again(door: Door) -> None:
    await door.connector.stop()
    with pytest.raises(Retryable):
        await door.connector.send(reply(door))


async def test_no_log_line_tells_a_text(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await door.connector.send(reply(door, "my secret text"))
    door.api.fail("chat.postMessage", SlackFailure(error="channel_not_found"))
    with pytest.raises(Permanent):
        await door.connector.send(reply(door, "my secret text"))
    assert "my secret text" not in caplog.text
