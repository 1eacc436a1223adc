"""Admit: commands enter the journal once, in order, and what is none enters as a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import orjson
import pytest

from maitred.contracts.agents import Admitted, Presence, Verb
from maitred.contracts.documents import PositionDoc
from maitred.contracts.ids import AgentId
from maitred.contracts.subjects import COMMANDS, JOURNAL
from maitred.gateway.admit import COMMAND_ID_CHARACTERS_MAX, Admit
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import history, reads
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.runner import Runner
from maitred.gateway.metrics import Metrics
from maitred.gateway.tasks import Tasks
from tests.gateway.conftest import Eventually
from tests.gateway.journal.toy import OpenLease

Say = Callable[..., Awaitable[None]]
Admits = Callable[[int], Awaitable[list[Admitted]]]


@pytest.fixture
async def say(backbone: Backbone) -> Say:
    said = 0

    async def publish(data: bytes | dict, verb: str = "accept", agent: str = "ann") -> None:
        nonlocal said
        said += 1
        body = data if isinstance(data, bytes) else orjson.dumps({"schema": "command", **data})
        await backbone.publisher.publish(
            backbone.subjects.agent_command(AgentId(agent), verb),
            body,
            msg_id=f"said-{said}",
            stream=COMMANDS,
        )

    return publish


@pytest.fixture
async def admits(backbone: Backbone, eventually: Eventually) -> AsyncIterator[Admits]:
    """Wait until so many commands are through and return what was admitted."""
    failures: list[BaseException] = []
    tasks = Tasks(lambda _name, error: failures.append(error))
    runner = Runner(
        Admit(backbone),
        0,
        backbone=backbone,
        keeping=Keeping(),
        metrics=Metrics(),
        lease=OpenLease(),
    )
    tasks.start("admit", runner.run())

    async def wait(count: int) -> list[Admitted]:
        async def through() -> bool:
            return (await _position(backbone)).sequence >= count

        await eventually(through)
        stored = await history.read_log(
            backbone.connection, JOURNAL, backbone.subjects.any("admitted"), after=0, limit=100
        )
        return [msgspec.json.decode(each.data, type=Admitted) for each in stored]

    yield wait
    await tasks.stop(5_000)
    assert failures == []


async def _position(backbone: Backbone) -> PositionDoc:
    subject = backbone.subjects.position("admit", 0)
    stored = await reads.get_last(backbone.connection, JOURNAL, subject, leader=True)
    if stored is None:
        return PositionDoc(stage="admit", partition=0, sequence=0)
    return msgspec.json.decode(stored.data, type=PositionDoc)


async def test_commands_are_admitted_in_order_with_who_said_what(say: Say, admits: Admits) -> None:
    await say({"id": "1", "presence": "online"}, "presence", "ann")
    await say({"id": "2", "conversation": "cnv_1", "epoch": 7}, "accept", "bo")
    one, two = await admits(2)
    assert (one.agent, one.verb, one.command.presence) == ("ann", Verb.PRESENCE, Presence.ONLINE)
    assert (two.agent, two.verb, two.command.conversation) == ("bo", Verb.ACCEPT, "cnv_1")
    assert two.command.epoch == 7
    assert 0 < one.at <= two.at


async def test_a_command_stands_under_the_conversation_that_it_is_about(
    backbone: Backbone, say: Say, admits: Admits
) -> None:
    named = "cnv_" + "0" * 32
    await say({"id": "1", "presence": "online"}, "presence")
    await say({"id": "2", "conversation": named})
    for number, evil in enumerate(("cnv_1", "cnv_" + "0" * 31 + ".", ">", "*", ""), 3):
        await say({"id": str(number), "conversation": evil})
    await admits(7)
    found, _ = await reads.count(backbone.connection, JOURNAL, backbone.subjects.any("admitted"))
    root = f"{backbone.subjects.root}.admitted.ann"
    assert found == {
        f"{root}.presence.none": 1,
        f"{root}.accept.{named}": 1,
        f"{root}.accept.none": 5,
    }


async def test_a_command_said_again_is_admitted_once(
    backbone: Backbone, say: Say, admits: Admits
) -> None:
    for _ in range(3):
        await say({"id": "same", "conversation": "cnv_1", "epoch": 1})
    await say({"id": "same", "conversation": "cnv_2"}, "complete")
    await say({"id": "other", "conversation": "cnv_1", "epoch": 1})
    found = await admits(5)
    assert [each.command.id for each in found] == ["same", "other"]
    assert found[0].verb is Verb.ACCEPT
    position = await _position(backbone)
    assert (position.applied, position.suppressed, position.dead) == (2, 3, 0)


@pytest.mark.parametrize("trace", [b"a\nb", b"x" * 3_000, b"\xff\xfe", b"00-short-01"])
async def test_a_header_that_an_agent_makes_up_goes_no_further(
    backbone: Backbone, say: Say, admits: Admits, trace: bytes
) -> None:
    head = b"NATS/1.0\r\ntraceparent: " + trace + b"\r\nNats-Msg-Id: evil\r\n\r\n"
    body = orjson.dumps({"schema": "command", "id": "1", "presence": "online"})
    subject = backbone.subjects.agent_command(AgentId("ann"), "presence")
    await backbone.connection.request_raw((), (subject, head, body), timeout_ms=2_000)
    await say({"id": "2", "presence": "online"}, "presence")
    assert [each.command.id for each in await admits(2)] == ["1", "2"]
    stored = await history.read_log(
        backbone.connection, JOURNAL, backbone.subjects.any("admitted"), after=0, limit=2
    )
    assert [each.headers.get("traceparent") for each in stored] == [None, None]


async def test_an_id_belongs_to_the_agent_who_uses_it(say: Say, admits: Admits) -> None:
    for agent in ("ann", "bo"):
        await say({"id": "1", "conversation": "cnv_1"}, agent=agent)
    assert [each.agent for each in await admits(2)] == ["ann", "bo"]


@pytest.mark.parametrize(
    ("data", "verb"),
    [
        (b"", "accept"),
        (b"not JSON", "accept"),
        (b"\xff\xfe", "accept"),
        (b'{"schema":"command","id":"1","more":' + b"[" * 60_000 + b"]" * 60_000 + b"}", "accept"),
        (b'{"schema":"other","id":"1"}', "accept"),
        ({"id": ""}, "accept"),
        ({"id": "x" * (COMMAND_ID_CHARACTERS_MAX + 1)}, "accept"),
        ({"id": 7}, "accept"),
        ({"id": "1", "epoch": "one"}, "accept"),
        ({"id": "1"}, "sing"),
        ({"id": "1"}, "unknown"),
    ],
)
async def test_what_is_no_command_is_admitted_as_unknown_and_the_next_goes_through(
    say: Say, admits: Admits, data: bytes | dict, verb: str
) -> None:
    await say(data, verb)
    await say({"id": "next", "conversation": "cnv_1"})
    bad, good = await admits(2)
    assert (bad.agent, bad.verb) == ("ann", Verb.UNKNOWN)
    assert bad.command.conversation is None
    assert 0 < len(bad.command.id) <= COMMAND_ID_CHARACTERS_MAX
    assert (good.verb, good.command.id) == (Verb.ACCEPT, "next")


async def test_every_command_that_is_none_is_refused_for_itself(say: Say, admits: Admits) -> None:
    for _ in range(3):
        await say(b"noise")
    assert len({each.command.id for each in await admits(3)}) == 3
