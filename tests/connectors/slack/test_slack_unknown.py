"""A post of which nobody knows is looked for in its channel, and only when that is asked for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from demo.standins.slack_api import SlackFailure
from maitred.connectors.abilities import FindsSent
from maitred.connectors.slack import finding
from maitred.contracts.errors import OutcomeUnknown, Permanent, Retryable, Throttled
from maitred.contracts.identifiers import slack_identifier
from maitred.contracts.ids import IdentifierKey, OutboundId
from maitred.contracts.inbound import BlobRef
from maitred.contracts.limits import HOUR_MS, SECOND_MS
from maitred.contracts.outbound import Outbound, OutboundFile, OutboundKind
from tests.connectors.slack.door import Door

CUSTOMER = slack_identifier("T0OWN", "U0ANA")
LOST = SlackFailure(lost=True)
LONG_AGO_MS = finding.LATE_MS_MAX + SECOND_MS
TS = "1700000001.000100"


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


async def lose(door: Door, outbound: Outbound) -> int:
    """Post a reply whose answer is lost; return when."""
    began = door.recorded.now
    door.api.fail("chat.postMessage", LOST)
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(outbound)
    return began


async def test_sending_looks_at_nothing_even_if_the_reply_is_old(door: Door) -> None:
    old = replace(reply(door), at=door.recorded.now - HOUR_MS)
    await door.connector.send(old)
    await lose(door, replace(old, id=OutboundId("out_2")))
    assert door.api.calls == ["chat.postMessage"] * 2


@pytest.mark.parametrize("thread", ["", "1699999990.000200"])
async def test_a_post_whose_answer_was_lost_is_found_in_its_channel(
    door: Door, thread: str
) -> None:
    assert isinstance(door.connector, FindsSent)
    outbound = reply(door, thread=thread)
    began = await lose(door, outbound)
    sent = await door.connector.find(outbound, began)
    assert sent is not None
    assert sent.provider_id == f"C0HELP:{TS}"
    assert sent.thread_ids[0] == f"T0OWN:C0HELP:{TS}"
    looked = "conversations.replies" if thread else "conversations.history"
    assert door.api.calls == ["chat.postMessage", looked]


async def test_what_is_found_is_what_sending_would_have_returned(door: Door) -> None:
    outbound = reply(door, thread="1699999990.000200")
    sent = await door.connector.send(outbound)
    assert await door.connector.find(outbound, door.recorded.now) == sent


async def test_a_post_is_found_behind_those_of_others(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PAGE_MESSAGES", 2)
    held = reply(door, "Mine.")
    began = await lose(door, held)
    for number in range(2, 6):
        await door.connector.send(reply(door, "Another.", command=str(number)))
    sent = await door.connector.find(held, began)
    assert sent is not None
    assert sent.provider_id == f"C0HELP:{TS}"


async def test_a_post_that_is_not_to_be_seen_yet_stays_in_doubt(door: Door) -> None:
    with pytest.raises(OutcomeUnknown):
        await door.connector.find(reply(door), door.recorded.now)
    assert door.api.calls == ["conversations.history"] * len(finding.PAUSES_S)


async def test_a_post_that_is_not_to_be_seen_long_after_it_was_tried_is_not_there(
    door: Door,
) -> None:
    assert await door.connector.find(reply(door), door.recorded.now - LONG_AGO_MS) is None
    assert door.api.calls == ["conversations.history"]


async def test_what_was_not_read_to_its_end_proves_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PAGE_MESSAGES", 1)
    for number in range(2, 3 + finding.PAGES_MAX):
        await door.connector.send(reply(door, "Another.", command=str(number)))
    with pytest.raises(OutcomeUnknown):
        await door.connector.find(reply(door), door.recorded.now - LONG_AGO_MS)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (SlackFailure(error="missing_scope"), Permanent),
        (SlackFailure(status=500), Retryable),
        (SlackFailure(page="<html>"), Retryable),
        (SlackFailure(429, "ratelimited", retry_after_s=60), Throttled),
    ],
)
async def test_where_slack_does_not_let_us_look_nothing_counts_as_not_there(
    door: Door, failure: SlackFailure, error: type[Exception]
) -> None:
    door.api.fail("conversations.history", failure)
    with pytest.raises(error):
        await door.connector.find(reply(door), door.recorded.now - LONG_AGO_MS)


async def test_an_answer_without_messages_proves_nothing(door: Door) -> None:
    async def empty(*_: object) -> dict[str, object]:
        return {"ok": True}

    door.api.methods["conversations.history"] = empty
    with pytest.raises(Retryable):
        await door.connector.find(reply(door), door.recorded.now - LONG_AGO_MS)


async def test_another_reply_of_the_same_text_is_not_taken_for_it(door: Door) -> None:
    await door.connector.send(reply(door, command="1"))
    asked = door.recorded.now - LONG_AGO_MS
    assert await door.connector.find(reply(door, command="2"), asked) is None


async def test_an_edit_may_be_made_again(door: Door) -> None:
    edit = replace(reply(door), kind=OutboundKind.EDIT, target=OutboundId("out_0"))
    assert await door.connector.find(edit, door.recorded.now) is None
    assert door.api.calls == []


async def test_of_files_behind_a_text_that_is_there_nobody_knows_and_the_text_is_not_posted_again(
    door: Door,
) -> None:
    blob = BlobRef(owner=IdentifierKey("c1"), sha256="0" * 64, size=3)
    door.recorded.files[blob.sha256] = b"abc"
    file = OutboundFile(name="a.txt", content_type="text/plain", blob=blob)
    outbound = replace(reply(door), files=(file,))
    door.api.fail("files.completeUploadExternal", LOST)
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(outbound)
    with pytest.raises(OutcomeUnknown):
        await door.connector.find(outbound, door.recorded.now)
    await door.connector.send(outbound)
    assert len(door.api.sent) == 1
    assert len(door.api.shared) == 2


async def test_files_alone_cannot_be_found(door: Door) -> None:
    blob = BlobRef(owner=IdentifierKey("c1"), sha256="0" * 64, size=3)
    file = OutboundFile(name="a.txt", content_type="text/plain", blob=blob)
    with pytest.raises(OutcomeUnknown):
        await door.connector.find(replace(reply(door, ""), files=(file,)), door.recorded.now)


async def test_a_reply_that_was_throttled_was_certainly_not_posted(door: Door) -> None:
    door.api.fail("chat.postMessage", SlackFailure(429, "ratelimited", retry_after_s=3))
    with pytest.raises(Throttled):
        await door.connector.send(reply(door))
    await door.connector.send(reply(door))
    assert door.api.calls == ["chat.postMessage"] * 2
