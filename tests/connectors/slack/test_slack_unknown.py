"""A post whose answer was lost is looked for in its channel before its outcome is unknown."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from demo.standins.slack_api import SlackFailure
from maitred.connectors.slack import finding
from maitred.contracts.errors import OutcomeUnknown, Throttled
from maitred.contracts.identifiers import slack_identifier
from maitred.contracts.limits import HOUR_MS
from maitred.contracts.outbound import Outbound
from tests.connectors.slack.door import Door

CUSTOMER = slack_identifier("T0OWN", "U0ANA")
LOST = SlackFailure(lost=True)
NOT_MADE = SlackFailure(page="<html>")
"""An answer that says nothing, to a call that took no effect."""


def reply(
    door: Door, text: str = "On its way.", *, thread: str = "", command: str = "1"
) -> Outbound:
    return door.recorded.outbound(
        CUSTOMER,
        text,
        channel="slack",
        account="main",
        thread=thread,
        command=command,
        extra={"channel": "C0HELP"},
    )


@pytest.mark.parametrize("thread", ["", "1699999990.000200"])
async def test_a_post_whose_answer_was_lost_is_found_in_its_channel(
    door: Door, thread: str
) -> None:
    door.api.fail("chat.postMessage", LOST)
    sent = await door.connector.send(reply(door, thread=thread))
    assert sent.provider_id == "C0HELP:1700000001.000100"
    assert sent.thread_ids[0] == "T0OWN:C0HELP:1700000001.000100"
    assert len(door.api.sent) == 1
    looked = "conversations.replies" if thread else "conversations.history"
    assert door.api.calls == ["chat.postMessage", looked]


async def test_a_post_is_found_behind_those_of_others(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PAGE_MESSAGES", 2)
    door.api.fail("chat.postMessage", LOST)
    held = reply(door, "Mine.")
    door.api.fail("conversations.history", SlackFailure(error="fatal_error"))
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(held)
    for number in range(2, 6):
        await door.connector.send(reply(door, "Another.", command=str(number)))
    sent = await door.connector.send(held)
    assert sent.provider_id == "C0HELP:1700000001.000100"
    assert [post["text"] for post in door.api.sent].count("Mine.") == 1


async def test_a_post_that_is_not_to_be_seen_stays_unknown_and_is_made_when_asked_again(
    door: Door,
) -> None:
    door.api.fail("chat.postMessage", NOT_MADE)
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(reply(door))
    assert door.api.calls.count("conversations.history") == len(finding.PAUSES_S)
    await door.connector.send(reply(door))
    assert len(door.api.sent) == 1


async def test_a_post_that_shows_up_late_is_not_made_again(door: Door) -> None:
    door.api.fail("chat.postMessage", LOST)
    door.api.fail("conversations.history", SlackFailure(429, "ratelimited", retry_after_s=60))
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(reply(door))
    sent = await door.connector.send(reply(door))
    assert sent.provider_id == "C0HELP:1700000001.000100"
    assert len(door.api.sent) == 1


@pytest.mark.parametrize(
    "failure",
    [
        SlackFailure(error="missing_scope"),
        SlackFailure(status=500),
        SlackFailure(page="<html>"),
    ],
)
async def test_where_slack_does_not_let_us_look_the_outcome_is_unknown(
    door: Door, failure: SlackFailure
) -> None:
    door.api.fail("chat.postMessage", LOST)
    door.api.fail("conversations.history", failure)
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(reply(door))


async def test_another_reply_of_the_same_text_is_not_taken_for_it(door: Door) -> None:
    await door.connector.send(reply(door, command="1"))
    door.api.fail("chat.postMessage", NOT_MADE)
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(reply(door, command="2"))


async def test_what_another_process_posted_before_it_died_is_not_posted_again(
    door: Door,
) -> None:
    older = replace(reply(door), at=door.recorded.now - HOUR_MS)
    await door.connector.send(older)
    sent = await door.connector.send(older)
    assert sent.provider_id == "C0HELP:1700000001.000100"
    assert len(door.api.sent) == 1


async def test_a_reply_that_was_throttled_was_certainly_not_posted(door: Door) -> None:
    door.api.fail("chat.postMessage", SlackFailure(429, "ratelimited", retry_after_s=3))
    with pytest.raises(Throttled):
        await door.connector.send(reply(door))
    await door.connector.send(reply(door))
    assert door.api.calls == ["chat.postMessage"] * 2
