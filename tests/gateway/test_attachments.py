"""A file of a message is read wherever it is, and kept under its sender's key once fetched."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts import limits
from maitred.contracts.conversation import Conversation
from maitred.contracts.entry import JoinReason, MessageEntry
from maitred.contracts.errors import Permanent, Retryable
from maitred.contracts.identifiers import Level, Observed, text_identifier
from maitred.contracts.ids import (
    CustomerId,
    IdentifierKey,
    MessageId,
    Tenant,
    conversation_id,
    digest,
)
from maitred.contracts.inbound import BlobRef, ReplyTo
from maitred.contracts.message import Attachment, Message, MessageKind
from maitred.contracts.revision import Revision, revision_msg_id
from maitred.contracts.subjects import BLOBS, JOURNAL, message_msg_id
from maitred.gateway import finding
from maitred.gateway.attachments import Attachments
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import blobs, reads, streams

OWNER = IdentifierKey("k1")
PHONE = text_identifier("+15552000001").identifier


class Provider:
    """A channel that fetches; it notes who asked for what, and fails when told to."""

    def __init__(self) -> None:
        self.files = {"https://files.example/1": b"\xff\xd8 a picture"}
        self.asked: list[tuple[str, str]] = []
        self.away = False

    async def fetch(self, account: str, attachment: Attachment) -> bytes:
        self.asked.append((account, attachment.remote))
        if self.away:
            raise Retryable("not now")
        return self.files[attachment.remote]


def remote(url: str = "https://files.example/1") -> Attachment:
    return Attachment(name="image.jpg", content_type="image/jpeg", size=-1, remote=url)


def message(number: int, *attachments: Attachment, channel: str = "sms") -> Message:
    sender = Observed(identifier=PHONE, level=Level.ASSERTED)
    return Message(
        id=MessageId(f"msg_{number:032x}"),
        tenant=Tenant("t"),
        channel=channel,
        account="main",
        kind=MessageKind.MESSAGE,
        actor=sender,
        actor_key=OWNER,
        received_at=number,
        reply_to=ReplyTo(channel=channel, account="main", endpoint=PHONE, key=OWNER),
        attachments=attachments,
    )


async def journal(backbone: Backbone, *messages: Message) -> None:
    for each in messages:
        entry = MessageEntry(message=each, customer=None, conversation=None, joined=JoinReason.NONE)
        await backbone.publisher.publish(
            backbone.subjects.message(each.actor_key),
            msgspec.json.encode(entry),
            msg_id=message_msg_id(each.id),
            stream=JOURNAL,
        )


def reader(backbone: Backbone, provider: Provider | None = None) -> Attachments:
    fetchers = {"sms": provider} if provider else {}
    return Attachments(backbone.publisher, backbone.subjects, fetchers)


async def test_what_came_with_the_message_is_read_from_the_store(backbone: Backbone) -> None:
    data = b"a letter"
    sha256, size, _ = await blobs.put(backbone.publisher, backbone.subjects, OWNER, data)
    blob = BlobRef(owner=OWNER, sha256=sha256, size=size)
    letter = Attachment(name="a.txt", content_type="text/plain", size=size, blob=blob)
    await journal(backbone, message(1, letter))
    file = await reader(backbone).read(message(1).id, 0)
    assert (file.name, file.content_type, file.data) == ("a.txt", "text/plain", data)


async def test_what_stayed_at_the_provider_is_fetched_once(backbone: Backbone) -> None:
    provider = Provider()
    await journal(backbone, message(1, remote(), remote("https://files.example/2")))
    provider.files["https://files.example/2"] = b""
    for _ in range(3):
        file = await reader(backbone, provider).read(message(1).id, 0)
        assert file.data == b"\xff\xd8 a picture"
    assert provider.asked == [("main", "https://files.example/1")]
    # An empty file is a file.
    for _ in range(2):
        assert (await reader(backbone, provider).read(message(1).id, 1)).data == b""
    assert len(provider.asked) == 2


async def test_once_fetched_it_is_there_though_the_provider_is_gone(backbone: Backbone) -> None:
    provider = Provider()
    await journal(backbone, message(1, remote()))
    await reader(backbone, provider).read(message(1).id, 0)
    assert (await reader(backbone).read(message(1).id, 0)).data == b"\xff\xd8 a picture"


async def test_who_erases_the_sender_erases_what_was_fetched(backbone: Backbone) -> None:
    provider = Provider()
    await journal(backbone, message(1, remote()))
    await reader(backbone, provider).read(message(1).id, 0)
    theirs = f"{backbone.subjects.root}.blob.{OWNER}.>"
    assert await reads.purge(backbone.connection, BLOBS, theirs) == 2
    assert (await streams.info(backbone.connection, BLOBS)).messages == 0
    # Asked again, it is fetched and kept again, although the server remembers the old ids.
    for _ in range(2):
        await reader(backbone, provider).read(message(1).id, 0)
    assert len(provider.asked) == 2


async def test_a_note_that_outlived_its_bytes_is_no_end(backbone: Backbone) -> None:
    provider = Provider()
    await journal(backbone, message(1, remote()))
    await reader(backbone, provider).read(message(1).id, 0)
    everything = f"{backbone.subjects.root}.blob.{OWNER}.>"
    named = digest(message(1).id, remote().remote)
    note = f"{backbone.subjects.root}.blob.{OWNER}.{named}.0"
    kept = await reads.get_last(backbone.connection, BLOBS, note)
    await reads.purge(backbone.connection, BLOBS, everything)
    assert kept is not None
    await backbone.publisher.publish(note, kept.data, msg_id="again", stream=BLOBS)
    file = await reader(backbone, provider).read(message(1).id, 0)
    assert file.data == b"\xff\xd8 a picture"
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    ("number", "index", "code", "says"),
    [
        (9, 0, "not_found", "no message"),
        (1, 4, "not_found", "4 attachments, counted from 0 to 3"),
        (1, -1, "not_found", "4 attachments"),
        (2, 0, "not_found", "no attachments"),
        (1, 1, "not_kept", "(too_large)"),
        (1, 2, "not_kept", "not kept"),
        (1, 3, "blob_missing", "gone"),
        (3, 0, "no_fetcher", "email"),
    ],
)
async def test_what_cannot_be_read_says_why(
    backbone: Backbone, number: int, index: int, code: str, says: str
) -> None:
    cut = Attachment(name="b", content_type="", size=99, cut="too_large")
    nothing = Attachment(name="c", content_type="", size=-1)
    lost = BlobRef(owner=OWNER, sha256="0" * 64, size=5)
    gone = Attachment(name="d", content_type="", size=5, blob=lost)
    await journal(
        backbone,
        message(1, remote(), cut, nothing, gone),
        message(2),
        message(3, remote(), channel="email"),
    )
    with pytest.raises(Permanent) as refused:
        await reader(backbone, Provider()).read(message(number).id, index)
    assert refused.value.code == code
    assert says in str(refused.value)


async def test_a_provider_that_is_away_leaves_nothing_behind(backbone: Backbone) -> None:
    provider = Provider()
    provider.away = True
    await journal(backbone, message(1, remote()))
    with pytest.raises(Retryable):
        await reader(backbone, provider).read(message(1).id, 0)
    assert (await streams.info(backbone.connection, BLOBS)).messages == 0
    provider.away = False
    assert (await reader(backbone, provider).read(message(1).id, 0)).data


async def test_the_newest_reading_says_which_files_there_are(backbone: Backbone) -> None:
    provider = Provider()
    provider.files["https://files.example/2"] = b"found by a newer decoder"
    await journal(backbone, message(1, remote()), message(2, remote()))
    assert (await reader(backbone, provider).read(message(1).id, 0)).data
    newer = message(1, remote("https://files.example/2"), remote())
    for number, reading in ((1, message(1)), (2, newer)):
        revision = Revision(
            message=reading, number=number, decoder="newer", changed=("attachments",), at=1
        )
        await backbone.publisher.publish(
            backbone.subjects.revision(OWNER),
            msgspec.json.encode(revision),
            msg_id=revision_msg_id(reading, number),
            stream=JOURNAL,
        )
    found = [(await reader(backbone, provider).read(newer.id, at)).data for at in (0, 1)]
    assert found == [b"found by a newer decoder", b"\xff\xd8 a picture"]
    # What was fetched for the older reading is not fetched again.
    assert len(provider.asked) == 2


async def test_any_message_of_the_journal_is_found(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_BLOCK_FIRST", 3)
    monkeypatch.setattr(limits, "PULL_MESSAGES_MAX", 4)
    everything = [message(number) for number in range(40)]
    await journal(backbone, *everything)
    for each in (everything[0], everything[17], everything[38], everything[39]):
        found = await finding.find_message(backbone.connection, backbone.subjects, each.id)
        assert found == each


async def test_what_opened_a_conversation_is_found_through_it(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> int:
        raise AssertionError("the journal is read back although a conversation names the sender")

    first = message(1)
    await journal(backbone, first, message(2))
    conversation = Conversation(
        id=conversation_id(first.id),
        tenant=first.tenant,
        customer=CustomerId("cus_1"),
        opened_by=first.id,
        opened_at=1,
        last_at=1,
        channels=("sms",),
        account="main",
        reply_to=first.reply_to,
        trust=Level.ASSERTED,
        participants=(IdentifierKey("another"), OWNER),
    )
    await backbone.publisher.publish(
        backbone.subjects.conversation(conversation.id),
        msgspec.json.encode(conversation),
        msg_id="conversation",
        stream=JOURNAL,
    )
    monkeypatch.setattr(finding, "last_sequence", never)
    assert await finding.find_message(backbone.connection, backbone.subjects, first.id) == first
