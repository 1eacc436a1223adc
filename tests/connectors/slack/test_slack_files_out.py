"""Files of a reply follow its text into the thread, and nothing of it is shown twice."""

from __future__ import annotations

import hashlib

import pytest
from msgspec.structs import replace

from demo.standins.slack_api import SlackFailure
from maitred.contracts.errors import OutcomeUnknown, Permanent, Retryable, Throttled
from maitred.contracts.identifiers import slack_identifier
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.inbound import BlobRef
from maitred.contracts.outbound import Outbound, OutboundFile
from tests.connectors.slack.door import Door

CUSTOMER = slack_identifier("T0OWN", "U0ANA")
THREAD = "1699999990.000200"


def file(door: Door, name: str, data: bytes) -> OutboundFile:
    sha256 = hashlib.sha256(data).hexdigest()
    door.recorded.files[sha256] = data
    blob = BlobRef(owner=IdentifierKey("key"), sha256=sha256, size=len(data))
    return OutboundFile(name=name, content_type="application/pdf", blob=blob)


def reply(door: Door, text: str, *files: OutboundFile) -> Outbound:
    made = door.recorded.outbound(
        CUSTOMER,
        text,
        channel="slack",
        account="main",
        thread=THREAD,
        extra={"channel": "C0HELP"},
    )
    return replace(made, files=files)


async def test_files_follow_their_text_into_the_thread(door: Door) -> None:
    sent = await door.connector.send(
        reply(door, "Here:", file(door, "a.pdf", b"one"), file(door, "b.pdf", b"two"))
    )
    assert sent.provider_id == "C0HELP:1700000001.000100"
    assert door.api.uploads == {"F1": b"one", "F2": b"two"}
    [shared] = door.api.shared
    assert shared["files"] == [{"id": "F1", "title": "a.pdf"}, {"id": "F2", "title": "b.pdf"}]
    assert shared["channel_id"] == "C0HELP"
    assert shared["thread_ts"] == THREAD
    assert door.api.calls[-2:] == ["chat.postMessage", "files.completeUploadExternal"]


async def test_files_need_no_text(door: Door) -> None:
    sent = await door.connector.send(reply(door, "", file(door, "a.pdf", b"one")))
    assert sent.provider_id == "C0HELP:F1"
    assert door.api.sent == []
    assert len(door.api.shared) == 1


@pytest.mark.parametrize(
    ("method", "failure", "error"),
    [
        ("files.getUploadURLExternal", SlackFailure(status=500), Retryable),
        ("files.getUploadURLExternal", SlackFailure(error="missing_scope"), Permanent),
        ("files.getUploadURLExternal", SlackFailure(page="<html>"), Retryable),
        ("upload", SlackFailure(status=500), Retryable),
        ("upload", SlackFailure(status=413), Permanent),
    ],
)
async def test_what_cannot_be_uploaded_leaves_nothing_to_be_seen(
    door: Door, method: str, failure: SlackFailure, error: type[Exception]
) -> None:
    door.api.fail(method, failure)
    with pytest.raises(error):
        await door.connector.send(reply(door, "Here:", file(door, "a.pdf", b"one")))
    assert door.api.sent == []
    assert door.api.shared == []


async def test_a_file_that_is_gone_leaves_nothing_to_be_seen(door: Door) -> None:
    made = reply(door, "Here:", file(door, "a.pdf", b"one"))
    door.recorded.files.clear()
    with pytest.raises(Permanent) as raised:
        await door.connector.send(made)
    assert raised.value.code == "blob_missing"
    assert door.api.sent == []


async def test_files_that_were_refused_for_now_follow_without_their_text_again(door: Door) -> None:
    made = reply(door, "Here:", file(door, "a.pdf", b"one"))
    door.api.fail("files.completeUploadExternal", SlackFailure(429, "ratelimited", retry_after_s=5))
    with pytest.raises(Throttled):
        await door.connector.send(made)
    sent = await door.connector.send(made)
    assert sent.provider_id == "C0HELP:1700000001.000100"
    assert len(door.api.sent) == 1
    assert len(door.api.shared) == 1


async def test_files_of_which_slack_says_nothing_are_of_unknown_outcome(door: Door) -> None:
    door.api.fail("files.completeUploadExternal", SlackFailure(lost=True))
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(reply(door, "Here:", file(door, "a.pdf", b"one")))


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/upload", "", "ftp://example.com/", None])
async def test_files_go_to_no_address_that_is_not_slacks(door: Door, address: str | None) -> None:
    async def give(_: object, __: object) -> dict[str, object]:
        return {"ok": True, "upload_url": address, "file_id": "F1"}

    door.api.methods["files.getUploadURLExternal"] = give
    with pytest.raises(Retryable):
        await door.connector.send(reply(door, "Here:", file(door, "a.pdf", b"one")))
