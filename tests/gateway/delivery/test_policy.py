"""What may go out: consent, what the channel can carry, edits, and what to do in doubt."""

from __future__ import annotations

import asyncio

import pytest

from maitred.connectors.port import Capabilities
from maitred.contracts.errors import OutcomeUnknown, Permanent
from maitred.contracts.ids import IdentifierKey, OutboundId
from maitred.contracts.inbound import BlobRef
from maitred.contracts.outbound import DeliveryState, OutboundFile, OutboundKind
from maitred.gateway.delivery.pace import Manner
from tests.gateway.delivery.conftest import Concluded, Start, fails
from tests.gateway.desk import Desk, Provider

FILE = OutboundFile(
    name="a.txt",
    content_type="text/plain",
    blob=BlobRef(owner=IdentifierKey("c1"), sha256="0" * 64, size=11),
)


async def outcome(desk: Desk, text: str) -> tuple[DeliveryState, str]:
    doc = await desk.doc(text)
    assert doc is not None
    return doc.state, doc.error


@pytest.mark.parametrize("kind", [OutboundKind.REPLY, OutboundKind.CODE, OutboundKind.EDIT])
async def test_nothing_is_sent_to_who_said_stop_until_he_says_start(
    desk: Desk, start: Start, concluded: Concluded, kind: OutboundKind
) -> None:
    provider = Provider()
    provider.capabilities = Capabilities(
        threads=True, text_characters_max=100, resend_is_safe=False, edits=True
    )
    start(provider)
    await desk.stop_writing()
    await desk.reply("r1", kind=kind, target=OutboundId("out_r0"))
    await concluded(1)
    assert await outcome(desk, "r1") == (DeliveryState.FAILED, "opted_out")
    await desk.stop_writing(stopped=False)
    await desk.reply("r2")
    await concluded(2)
    assert provider.attempts == ["r2"]
    # A code is between us and the address; nobody waits for it.
    told = [each.outbound for each in await desk.undelivered()]
    assert told == ([] if kind is OutboundKind.CODE else ["out_r1"])


async def test_what_its_channel_cannot_carry_fails_before_the_connector_is_called(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider()
    provider.capabilities = Capabilities(
        threads=True, text_characters_max=5, resend_is_safe=False, files_max=1, file_bytes_max=10
    )
    start(provider)
    await desk.reply("longer")
    await desk.reply("many", files=(FILE, FILE))
    await desk.reply("large", files=(FILE,))
    await desk.reply("edit", kind=OutboundKind.EDIT, target=OutboundId("out_fine"))
    await desk.reply("fine")
    await concluded(5)
    assert provider.attempts == ["fine"]
    assert [await outcome(desk, text) for text in ("longer", "many", "large", "edit")] == [
        (DeliveryState.FAILED, "too_long"),
        (DeliveryState.FAILED, "too_many_files"),
        (DeliveryState.FAILED, "file_too_large"),
        (DeliveryState.FAILED, "target_not_sent"),
    ]


async def test_an_edit_goes_out_only_behind_what_it_stands_for(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider()
    provider.capabilities = Capabilities(
        threads=True, text_characters_max=100, resend_is_safe=False, edits=True
    )
    provider.acts["lost"] = fails(Permanent("gone", code="gone"))
    start(provider)
    await desk.reply("kept")
    await desk.reply("e1", kind=OutboundKind.EDIT, target=OutboundId("out_kept"))
    await desk.reply("lost")
    await desk.reply("e2", kind=OutboundKind.EDIT, target=OutboundId("out_lost"))
    await concluded(4)
    assert provider.reached == ["kept", "e1"]
    assert await outcome(desk, "e2") == (DeliveryState.FAILED, "target_not_sent")


@pytest.mark.parametrize(
    ("is_safe", "resend", "attempts", "state", "again"),
    [
        (False, None, 1, DeliveryState.UNKNOWN, False),
        (False, False, 1, DeliveryState.UNKNOWN, False),
        (False, True, 2, DeliveryState.SENT, True),
        (True, None, 2, DeliveryState.SENT, False),
        (True, False, 1, DeliveryState.UNKNOWN, False),
    ],
)
async def test_in_doubt_the_policy_of_the_channel_says_whether_to_send_again_and_marks_it(
    desk: Desk,
    start: Start,
    concluded: Concluded,
    *,
    is_safe: bool,
    resend: bool | None,
    attempts: int,
    state: DeliveryState,
    again: bool,
) -> None:
    provider = Provider(resend_is_safe=is_safe)
    provider.acts["r1"] = fails(OutcomeUnknown("silence"))
    start(provider, None, Manner(resend=resend))
    await desk.reply("r1")
    await concluded(1)
    doc = await desk.doc("r1")
    assert doc is not None
    assert (len(provider.attempts), doc.state, doc.again) == (attempts, state, again)


@pytest.mark.parametrize("after_it_left", [True, False])
async def test_a_reply_that_is_sent_again_after_a_crash_is_marked(
    desk: Desk, start: Start, concluded: Concluded, *, after_it_left: bool
) -> None:
    crashed, sending = Provider(), asyncio.Event()

    async def hang(_attempt: int) -> None:
        if after_it_left:
            crashed.reached.append("r1")
        sending.set()
        await asyncio.Event().wait()

    crashed.acts["r1"] = hang
    task = start(crashed, None, Manner(resend=True))
    await desk.reply("r1")
    await desk.reply("r2")
    async with asyncio.timeout(5):
        await sending.wait()
    task.cancel()
    await asyncio.wait({task})
    again = Provider()
    start(again, None, Manner(resend=True))
    await concluded(2)
    assert again.reached == ["r1", "r2"]
    docs = [await desk.doc(text) for text in ("r1", "r2")]
    # Only of the first did nobody know; the second was certainly not sent before.
    assert [(each.state, each.again) for each in docs if each] == [
        (DeliveryState.SENT, True),
        (DeliveryState.SENT, False),
    ]
