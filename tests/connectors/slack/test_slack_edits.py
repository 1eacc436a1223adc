"""An edit of an agent changes the post that the reply made, and doing so twice is once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from demo.standins.slack_api import SlackFailure
from maitred.contracts.errors import Permanent, Retryable, Throttled
from maitred.contracts.identifiers import slack_identifier
from maitred.contracts.ids import OutboundId
from maitred.contracts.outbound import Outbound, OutboundKind
from tests.connectors.slack.door import Door

CUSTOMER = slack_identifier("T0OWN", "U0ANA")


def reply(door: Door, text: str, **more: str) -> Outbound:
    return door.recorded.outbound(
        CUSTOMER, text, channel="slack", account="main", extra={"channel": "C0HELP"}, **more
    )


async def edit_of_a_reply(door: Door, text: str) -> Outbound:
    first = reply(door, "On its way.")
    sent = await door.connector.send(first)
    return replace(
        reply(door, text, command="2"),
        kind=OutboundKind.EDIT,
        target=first.id,
        target_provider_id=sent.provider_id,
    )


async def test_an_edit_changes_the_post_of_its_reply(door: Door) -> None:
    edit = await edit_of_a_reply(door, "It <is> there.")
    sent = await door.connector.send(edit)
    [changed] = door.api.edits
    assert changed["ts"] == "1700000001.000100"
    assert changed["channel"] == "C0HELP"
    assert changed["text"] == "It &lt;is&gt; there."
    assert sent.provider_id == "C0HELP:1700000001.000100"
    assert len(door.api.sent) == 1


async def test_an_edited_post_is_still_found_by_its_reply(door: Door) -> None:
    await door.connector.send(await edit_of_a_reply(door, "It is there."))
    assert door.api.edits[0]["metadata"] == door.api.sent[0]["metadata"]


async def test_an_edit_of_which_slack_says_nothing_is_made_again(door: Door) -> None:
    edit = await edit_of_a_reply(door, "It is there.")
    door.api.fail("chat.update", SlackFailure(lost=True))
    with pytest.raises(Retryable):
        await door.connector.send(edit)
    await door.connector.send(edit)
    assert len(door.api.edits) == 2


async def test_an_edit_waits_as_long_as_slack_asks(door: Door) -> None:
    edit = await edit_of_a_reply(door, "It is there.")
    door.api.fail("chat.update", SlackFailure(429, "ratelimited", retry_after_s=12))
    with pytest.raises(Throttled) as raised:
        await door.connector.send(edit)
    assert raised.value.after_ms == 12_000


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"target_provider_id": "C0HELP:1600000000.000100"}, "message_not_found"),
        ({"target_provider_id": ""}, "unknown_target"),
        ({"target_provider_id": "C0HELP:F1"}, "unknown_target"),
        ({"target": None}, "unknown_target"),
        ({"text": " "}, "empty_text"),
    ],
)
async def test_an_edit_of_no_post_is_final(
    door: Door, changes: dict[str, str | OutboundId | None], code: str
) -> None:
    edit = await edit_of_a_reply(door, "It is there.")
    with pytest.raises(Permanent) as raised:
        await door.connector.send(replace(edit, **changes))
    assert raised.value.code == code
