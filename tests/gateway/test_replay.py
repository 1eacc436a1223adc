"""Reading history again: in bounded memory, once, and for no longer than the rest is kept."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.entry import JoinReason, MessageEntry
from maitred.contracts.identifiers import Keys, Level, Observed, email_identifier
from maitred.contracts.ids import Tenant, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message
from maitred.contracts.revision import Revision
from maitred.contracts.subjects import INBOUND, JOURNAL, message_msg_id
from maitred.gateway import finding
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import history
from maitred.gateway.bus.history import read_log
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.replay import Outcome, Reading, Replay
from maitred.normalizer.assemble import Draft, finish
from maitred.normalizer.port import DecodeContext, Decoded
from maitred.router.mood.linear import LinearMoodModel

TENANT = Tenant("t")
CONTEXT = DecodeContext(keys=Keys(TENANT, b"a secret that keeps nothing"))
KEEPING = Keeping(log_ms=30 * DAY_MS)


def older(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    return finish(inbound, sequence, context, Draft(text=raw.decode()))


def newer(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    return finish(inbound, sequence, context, Draft(text=raw.decode().upper()))


def machine(backbone: Backbone) -> Replay:
    return Replay(
        connection=backbone.connection,
        publisher=backbone.publisher,
        subjects=backbone.subjects,
        decoders={"email": newer},
        decoder_names={"email": "newer"},
        context=CONTEXT,
        mood=LinearMoodModel(),
        keeping=KEEPING,
    )


def as_sent_by(message: Message, who: Observed) -> Message:
    key = CONTEXT.keys.actor(who)
    reply_to = msgspec.structs.replace(message.reply_to, key=key)
    return msgspec.structs.replace(message, actor=who, actor_key=key, reply_to=reply_to)


async def stored(
    backbone: Backbone,
    sender: str,
    number: int,
    *,
    who: Observed | None = None,
    journalled_as: Observed | None = None,
) -> Message:
    """Store a raw message, and its entry as intake would have written it."""
    who = who or Observed(identifier=email_identifier(sender), level=Level.AUTHENTICATED)
    raw = f"words {number} of {sender}".encode()
    inbound = Inbound(
        tenant=TENANT,
        id=message_id(TENANT, "email", "support", f"{sender} {number}"),
        channel="email",
        account="support",
        provider_id=f"{number}",
        sender=who,
        sender_key=CONTEXT.keys.actor(who),
        received_at=1_000 + number,
        content_type="message/rfc822",
        body=raw,
    )
    ack = await backbone.publisher.publish(
        backbone.subjects.inbound("email", inbound.sender_key),
        msgspec.json.encode(inbound),
        msg_id=inbound.id,
        stream=INBOUND,
    )
    message = older(inbound, raw, ack.seq, CONTEXT).message
    if journalled_as is not None:
        message = as_sent_by(message, journalled_as)
    entry = MessageEntry(message=message, customer=None, conversation=None, joined=JoinReason.NONE)
    await backbone.publisher.publish(
        backbone.subjects.message(message.actor_key),
        msgspec.json.encode(entry),
        msg_id=message_msg_id(message.id),
        stream=JOURNAL,
    )
    return message


async def readings(replay: Replay) -> list[Reading]:
    return [each async for each in replay.read("email", 0, 2**53)]


async def revisions(backbone: Backbone) -> list[Revision]:
    found = await read_log(
        backbone.connection, JOURNAL, backbone.subjects.any("revision"), after=0, limit=1_000
    )
    return [msgspec.json.decode(each.data, type=Revision) for each in found]


async def test_a_senders_log_is_read_once_however_much_changes(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        await stored(backbone, "ann@example.com", number)
    logs = []

    async def counted(*args: object, **options: object) -> object:
        logs.append(args[2])
        return await read_log(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(history, "read_log", counted)
    replay = machine(backbone)
    async for each in replay.read("email", 0, 2**53):
        assert await replay.apply(each, at=1) == 1
    assert len(logs) == 2, "his messages and his revisions"
    assert len(await revisions(backbone)) == 30
    assert {each.outcome for each in await readings(replay)} == {Outcome.SAME}


async def test_the_places_of_many_senders_are_forgotten_again(backbone: Backbone) -> None:
    messages = [await stored(backbone, f"p{n % 5}@example.com", n) for n in range(20)]
    places = finding.Places(backbone.connection, backbone.subjects, remembered_max=8)
    for _ in range(2):
        for each in messages:
            known = await places.read(each.actor_key, each.id)
            assert known is not None
            assert known.entry.message == each
            assert sum(map(len, places._senders.values())) <= 8
    # One who has written more than all of that is read all the same.
    places = finding.Places(backbone.connection, backbone.subjects, remembered_max=1)
    assert await places.read(messages[0].actor_key, messages[10].id) is not None


async def test_two_replays_at_a_time_append_a_reading_once(backbone: Backbone) -> None:
    await stored(backbone, "ann@example.com", 1)
    one, other = machine(backbone), machine(backbone)
    (first,), (second,) = await readings(one), await readings(other)
    assert await one.apply(first, at=1) == 1
    assert await other.apply(second, at=2) == 1
    assert [each.at for each in await revisions(backbone)] == [1]


async def test_a_revision_is_kept_for_as_long_as_the_log(backbone: Backbone) -> None:
    await stored(backbone, "ann@example.com", 1)
    replay = machine(backbone)
    (reading,) = await readings(replay)
    await replay.apply(reading, at=1)
    (found,) = await read_log(
        backbone.connection, JOURNAL, backbone.subjects.any("revision"), after=0, limit=2
    )
    assert found.headers["Nats-TTL"] == f"{30 * 86_400}s"


@pytest.mark.parametrize("still_proven", [True, False], ids=["same keys", "keys changed since"])
async def test_a_message_whose_sender_was_proven_is_found_and_stays_his(
    backbone: Backbone, *, still_proven: bool
) -> None:
    """The door filed it under the claim; a newer decoder may lack the keys that proved him."""
    claim = Observed(identifier=email_identifier("ann@example.com"), level=Level.CLAIMED)
    own = Observed(identifier=claim.identifier, level=Level.PROVEN)
    before = await stored(backbone, "ann@example.com", 1, who=claim, journalled_as=own)

    def proving(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
        found = newer(inbound, raw, sequence, context)
        return Decoded(as_sent_by(found.message, own), found.contents) if still_proven else found

    replay = machine(backbone)
    replay.decoders = {"email": proving}
    (reading,) = await readings(replay)
    assert (reading.outcome, reading.fields) == (Outcome.CHANGED, ("text",))
    assert await replay.apply(reading, at=1) == 1
    (revision,) = await revisions(backbone)
    for field in ("actor", "actor_key", "reply_to", "proven_at", "verification"):
        assert getattr(revision.message, field) == getattr(before, field), field
    known = await finding.find_message(backbone.connection, backbone.subjects, before.id)
    assert known == revision.message
    assert {each.outcome for each in await readings(replay)} == {Outcome.SAME}
