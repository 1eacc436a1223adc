"""What agents say on its way into the journal: templates, files, and what goes nowhere."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
import pytest

from maitred.connectors.port import Capabilities
from maitred.contracts.agents import Admitted
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.ids import ConversationId
from maitred.contracts.inbound import BlobRef
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound, ScheduledDoc
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import BLOBS, JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import get_last
from maitred.gateway.delivery.outgoing import Outgoing
from maitred.gateway.delivery.templates import Template
from maitred.gateway.doors import HouseFiles
from tests.gateway.conftest import Eventually
from tests.gateway.lodge import SECRET, Lodge, email

KIM = email("kim@mail.example")
ABLE = Capabilities(
    threads=True,
    text_characters_max=40,
    resend_is_safe=False,
    files_max=1,
    file_bytes_max=10,
    edits=True,
)
TEMPLATES = {
    "delay": Template(
        texts={"de": "Noch {days} Tage.", "en": "{days} more days."}, variables=("days",)
    )
}


@pytest.fixture
async def lodge(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lodge]:
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    lodge = Lodge(backbone, tmp_path)
    lodge.outgoing = Outgoing({"email": ABLE, "sms": ABLE}, TEMPLATES)
    lodge.provider.capabilities = ABLE
    lodge.start()
    await lodge.say("presence", presence="online")
    yield lodge
    await lodge.stop()


@pytest.fixture
async def about(lodge: Lodge) -> Mapping[str, object]:
    """A conversation that ann has, as her commands name it."""
    await lodge.mail(KIM, "Where is my order?")
    offer = await lodge.accept()
    return {"conversation": offer.conversation, "epoch": (await lodge.told())[-1].epoch}


async def refusals(lodge: Lodge) -> list[str]:
    await lodge.settle()
    return [each.reason for each in await lodge.told() if each.state is AssignmentState.REFUSED]


async def sent(lodge: Lodge) -> list[Outbound]:
    await lodge.settle()
    subject = f"{lodge.subjects.root}.outbound.>"
    return [
        msgspec.json.decode(each.data, type=Outbound)
        async for each in scan(lodge.backbone.connection, JOURNAL, subject)
    ]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def test_a_template_goes_out_as_text_in_the_language_that_is_asked_for(
    lodge: Lodge, about: Mapping[str, object]
) -> None:
    await lodge.say("reply", **about, template="delay", variables={"days": "3"}, language="de")
    await lodge.say("reply", **about, template="delay", variables={"days": "4"}, language="en")
    assert [each.text for each in await sent(lodge)] == ["Noch 3 Tage.", "4 more days."]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"template": "none"}, "unknown_template"),
        ({"template": "delay"}, "missing_variable"),
        ({"template": "delay", "variables": {"days": "3", "x": ""}}, "unknown_variable"),
        ({"template": "delay", "variables": {"days": "3"}, "text": "x"}, "bad_command"),
        ({"text": "x" * 41}, "too_long"),
        ({"text": "x", "files": [{"name": "a", "data": encoded(b"x")}] * 2}, "too_many_files"),
        ({"text": "x", "files": [{"name": "a", "data": encoded(b"x" * 11)}]}, "file_too_large"),
        ({"text": "x", "files": [{"name": "a", "data": ""}]}, "bad_file"),
        ({"text": "x", "files": [{"name": "..", "data": "eA=="}] * 11}, "bad_file"),
        (
            {"text": "x", "files": [{"name": "a", "data": "eA==", "content_type": "a\r\nb"}]},
            "bad_file",
        ),
        ({"text": "x", "files": [{"name": "a", "data": "%%%"}]}, "bad_command"),
    ],
)
async def test_what_cannot_go_out_is_refused_to_the_agent_with_its_reason(
    lodge: Lodge, about: Mapping[str, object], more: dict[str, object], why: str
) -> None:
    await lodge.say("reply", **about, **more)
    assert await refusals(lodge) == [why]
    assert await sent(lodge) == []


async def test_files_go_out_from_the_blobs_of_their_conversation_and_never_by_the_journal(
    lodge: Lodge, about: Mapping[str, object]
) -> None:
    data = b"\x00\x01secret"
    file = {"name": "../a/in\u202evoice.pdf", "content_type": "Text/Plain", "data": encoded(data)}
    await lodge.say("reply", **about, text="", files=[file])
    (reply,) = await sent(lodge)
    (found,) = reply.files
    assert (found.name, found.content_type) == ("invoice.pdf", "text/plain")
    assert found.blob.owner == about["conversation"]
    assert await HouseFiles(lodge.backbone)(found.blob) == data
    everything = await lodge.everything()
    assert not any(encoded(data).encode() in data_ for _, _, data_ in everything[JOURNAL])
    assert lodge.provider.reached == [""]


async def test_files_are_erased_with_their_conversation(
    lodge: Lodge, about: Mapping[str, object]
) -> None:
    file = {"name": "a.txt", "content_type": "text/plain", "data": encoded(b"secret")}
    later = clock.now_ms() + 3_600_000
    await lodge.say("reply", **about, text="Now.", files=[file])
    await lodge.say("reply", **about, text="Later.", send_at=later)
    await lodge.settle()
    conversation = str(about["conversation"])
    assert any("scheduled" in each for each in await lodge.where(conversation))
    await lodge.erase(await lodge.customer_of(KIM))
    everything = await lodge.everything()
    assert everything[BLOBS] == []
    assert not any(".scheduled." in subject for _, subject, _ in everything[JOURNAL])


async def test_who_said_stop_is_not_written_to_and_the_agent_is_told_at_once(
    lodge: Lodge,
) -> None:
    await lodge.text("+14155550123", "Where is my order?")
    offer = await lodge.accept()
    about = {"conversation": offer.conversation, "epoch": (await lodge.told())[-1].epoch}
    await lodge.text("+14155550123", "STOP")
    await lodge.settle()
    await lodge.say("reply", **about, text="On its way.")
    assert await refusals(lodge) == ["opted_out"]
    await lodge.text("+14155550123", "START")
    await lodge.settle()
    await lodge.say("reply", **about, text="On its way.")
    assert [each.text for each in await sent(lodge)] == ["On its way."]


async def test_a_stop_outlives_the_erasure_of_who_said_it_and_names_nobody(lodge: Lodge) -> None:
    await lodge.text("+14155550123", "Forget me")
    await lodge.text("+14155550123", "STOP")
    await lodge.settle()
    entries = await lodge.entries()
    assert entries[0].customer is not None
    await lodge.erase(entries[0].customer)
    everything = await lodge.everything()
    kept = [data for _, subject, data in everything[JOURNAL] if ".consent." in subject]
    assert len(kept) == 1
    assert b"4155550123" not in kept[0]


async def test_what_did_not_arrive_is_told_to_the_agent_who_holds_the_conversation(
    lodge: Lodge, about: Mapping[str, object], eventually: Eventually
) -> None:
    async def lose(_attempt: int) -> None:
        raise ValueError("a fault of the plugin")

    lodge.provider.acts["Hello."] = lose
    await lodge.say("reply", **about, text="Hello.")

    async def told() -> list[Assignment]:
        return [each for each in await lodge.told() if each.state is AssignmentState.UNDELIVERED]

    async def is_told() -> bool:
        return bool(await told())

    await eventually(is_told)
    (found,) = await told()
    (reply,) = await sent(lodge)
    assert (found.reason, found.reply) == ("connector_failed", reply.id)
    assert found.conversation == about["conversation"]


async def test_what_is_for_later_goes_out_at_its_time_though_everything_was_started_again(
    lodge: Lodge, about: Mapping[str, object], eventually: Eventually
) -> None:
    later = clock.now_ms() + 700
    await lodge.say("reply", **about, text="Later.", send_at=later)
    await lodge.say("reply", **about, text="Now.")
    assert [each.text for each in await sent(lodge)] == ["Now."]
    await lodge.stop()
    lodge.start()

    async def is_out() -> bool:
        return lodge.provider.reached == ["Now.", "Later."]

    await eventually(is_out)
    *_, reply = await sent(lodge)
    assert reply.at >= later
    where = lodge.subjects.scheduled(ConversationId(str(about["conversation"])), reply.id)
    stored = await get_last(lodge.backbone.connection, JOURNAL, where, leader=True)
    assert stored is not None
    assert msgspec.json.decode(stored.data, type=ScheduledDoc).outbound is None
    found = await get_last(
        lodge.backbone.connection, JOURNAL, lodge.subjects.delivery(reply.id), leader=True
    )
    assert found is not None
    assert msgspec.json.decode(found.data, type=DeliveryDoc).state is DeliveryState.SENT


async def test_what_is_taken_back_in_time_never_goes_out(
    lodge: Lodge, about: Mapping[str, object], eventually: Eventually
) -> None:
    first = clock.now_ms() + 400
    await lodge.say("reply", **about, text="Never.", send_at=first)
    await lodge.settle()
    where = lodge.subjects.routing(ConversationId(str(about["conversation"])))
    stored = await get_last(lodge.backbone.connection, JOURNAL, where, leader=True)
    assert stored is not None
    (waiting,) = msgspec.json.decode(stored.data, type=RoutingDoc).uttered
    await lodge.say("cancel", **about, target=waiting.reply)
    await lodge.say("reply", **about, text="Later.", send_at=first + 100)

    async def is_out() -> bool:
        return lodge.provider.reached == ["Later."]

    await eventually(is_out)
    assert await refusals(lodge) == []
    assert [each.text for each in await sent(lodge)] == ["Later."]


async def test_a_file_of_anybody_elses_cannot_be_asked_for(
    lodge: Lodge, about: Mapping[str, object]
) -> None:
    blob = msgspec.to_builtins(BlobRef(owner=lodge.key(KIM), sha256="0" * 64, size=1))
    file = {"name": "a", "content_type": "text/plain", "blob": blob}
    await lodge.say("reply", **about, text="x", files=[file])
    assert await refusals(lodge) == ["bad_command"]
    admitted = f"{lodge.subjects.root}.admitted.>"
    found = [
        msgspec.json.decode(each.data, type=Admitted)
        async for each in scan(lodge.backbone.connection, JOURNAL, admitted)
    ]
    assert all(each.files == () for each in found)
