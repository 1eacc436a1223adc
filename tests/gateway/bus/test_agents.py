"""Agents: each fetches his own assignments, speaks for himself, and reaches nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import nats.errors
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import APIError

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import AgentId, Tenant
from maitred.contracts.subjects import COMMANDS, JOURNAL, Subjects
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.batch import commit, document, entry
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.consumers import declare_agent, list_agents, remove_agent
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.permissions import agent_permissions, inbox_of, render_user

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]

TENANT, ANNA, BOT = Tenant("t"), AgentId("anna"), AgentId("bot-1")
DOCUMENT = "maitred.v1.t.customer.c1"


def _user(agent: AgentId) -> str:
    return render_user(agent_permissions(TENANT, agent), user=agent, password="secret")


@pytest.fixture
async def server(store: Path) -> AsyncIterator[EmbeddedServer]:
    """A server that knows two agents."""
    running = EmbeddedServer(store, agents=[_user(ANNA), _user(BOT)])
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def journal(connection: Connection, subjects: Subjects) -> Connection:
    """A JOURNAL with a document and one assignment for each agent."""
    for agent in (ANNA, BOT):
        await declare_agent(connection, TENANT, agent)
    await commit(
        connection,
        JOURNAL,
        [
            document(DOCUMENT, b"document", expected=0),
            *(
                entry(subjects.assign(agent, "c1"), agent.encode(), msg_id=agent, ttl_ms=60_000)
                for agent in (ANNA, BOT)
            ),
        ],
    )
    return connection


class _Agent:
    """An agent's own client, with what the server refused him."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.refused: asyncio.Queue[str] = asyncio.Queue()

    async def refusal(self) -> str:
        async with asyncio.timeout(5):
            return await self.refused.get()

    async def note(self, error: Exception) -> None:
        self.refused.put_nowait(str(error))


@pytest.fixture
async def anna(store: Path, journal: Connection) -> AsyncIterator[_Agent]:
    agent = _Agent(Client())
    await agent.client.connect(
        list(read_connection(store).urls),
        user=ANNA,
        password="secret",
        inbox_prefix=inbox_of(ANNA),
        error_cb=agent.note,
    )
    yield agent
    await agent.client.close()


async def test_an_agent_fetches_and_confirms_his_assignments_and_speaks(
    anna: _Agent, journal: Connection, subjects: Subjects
) -> None:
    js = anna.client.jetstream()
    queue = await js.pull_subscribe_bind(f"agent-{ANNA}", stream=JOURNAL)
    (assigned,) = await queue.fetch(1, timeout=2)
    assert (assigned.subject, assigned.data) == (subjects.assign(ANNA, "c1"), ANNA.encode())
    await assigned.ack_sync()
    consumer = await journal.api(f"CONSUMER.INFO.{JOURNAL}.agent-{ANNA}", None)
    assert consumer["num_ack_pending"] == 0
    ack = await js.publish(subjects.agent_command(ANNA, "accept"), b"{}")
    assert ack.stream == COMMANDS
    assert anna.refused.empty()


@pytest.mark.parametrize(
    "subject",
    [
        f"$JS.API.CONSUMER.INFO.{JOURNAL}.agent-{BOT}",
        f"$JS.API.CONSUMER.MSG.NEXT.{JOURNAL}.agent-{BOT}",
        f"$JS.ACK.{JOURNAL}.agent-{BOT}.1.3.1.1.0",
        f"$JS.API.CONSUMER.CREATE.{JOURNAL}.mine",
        f"$JS.API.CONSUMER.DELETE.{JOURNAL}.agent-{BOT}",
        f"$JS.API.STREAM.PURGE.{JOURNAL}",
        f"$JS.API.STREAM.DELETE.{JOURNAL}",
        f"$JS.API.STREAM.MSG.GET.{JOURNAL}",
        f"$JS.API.DIRECT.GET.{JOURNAL}",
        "$JS.API.STREAM.NAMES",
        DOCUMENT,
        f"maitred.v1.t.assign.{BOT}.c9",
        "maitred.v1.t.position.intake.0",
        f"maitred.v1.t.command.{BOT}.accept",
        f"maitred.v1.t.command.{ANNA}",
        f"maitred.v1.t.command.{ANNA}.accept.more",
        f"maitred.v1.other.command.{ANNA}.accept",
        f"maitred.v1.t.signal.said.{BOT}",
        f"maitred.v1.t.signal.heard.{ANNA}",
        "maitred.v1.t.signal.to.chat.key",
        "maitred.v1.t.signal.from.chat.key",
        f"{inbox_of(BOT)}.x",
        "$SYS.REQ.SERVER.PING",
    ],
)
async def test_an_agent_publishes_nowhere_else(
    anna: _Agent, journal: Connection, subject: str
) -> None:
    before = await streams.info(journal, JOURNAL)
    await anna.client.publish(subject, b"{}", reply=f"{inbox_of(ANNA)}.r")
    assert "permissions violation for publish" in await anna.refusal()
    assert await streams.info(journal, JOURNAL) == before
    assert (await streams.info(journal, COMMANDS)).messages == 0


@pytest.mark.parametrize(
    "subject",
    [
        "maitred.>",
        ">",
        "_INBOX.>",
        f"{inbox_of(BOT)}.>",
        "$JS.>",
        "*.v1.t.assign.*.*",
        f"maitred.v1.t.signal.heard.{BOT}",
        "maitred.v1.t.signal.heard.*",
        "maitred.v1.t.signal.from.chat.*",
    ],
)
async def test_an_agent_listens_nowhere_else(anna: _Agent, subject: str) -> None:
    await anna.client.subscribe(subject)
    assert "permissions violation for subscription" in await anna.refusal()


async def test_an_agent_signals_and_hears_signals_and_is_never_answered(
    anna: _Agent, journal: Connection, subjects: Subjects
) -> None:
    said: asyncio.Queue[Msg] = asyncio.Queue()
    await journal.subscribe(subjects.signal_said("*"), said.put)
    heard = await anna.client.subscribe(subjects.signal_heard(ANNA))
    for client in (journal.client, anna.client):
        await client.flush()
    await anna.client.publish(subjects.signal_said(ANNA), b"typing")
    message = await asyncio.wait_for(said.get(), 5)
    assert (message.subject, message.data) == (subjects.signal_said(ANNA), b"typing")
    await journal.publish(subjects.signal_heard(ANNA), b"typing too")
    assert (await heard.next_msg(timeout=5)).data == b"typing too"
    assert anna.refused.empty()


@pytest.mark.parametrize("rollup", ["all", "sub"])
async def test_an_agent_cannot_roll_anything_up(
    anna: _Agent, journal: Connection, subjects: Subjects, rollup: str
) -> None:
    js = anna.client.jetstream()
    subject = subjects.agent_command(ANNA, "accept")
    await js.publish(subject, b"{}")
    with pytest.raises(APIError):
        await js.publish(subject, b"{}", headers={"Nats-Rollup": rollup})
    assert (await streams.info(journal, COMMANDS)).messages == 1
    assert (await streams.info(journal, JOURNAL)).messages == 3


@pytest.mark.parametrize(
    "reply",
    [
        DOCUMENT,
        "maitred.v1.t.position.intake.0",
        f"maitred.v1.t.assign.{BOT}.c9",
        f"$JS.API.STREAM.PURGE.{JOURNAL}",
        f"$JS.API.STREAM.DELETE.{JOURNAL}",
        f"maitred.v1.t.command.{BOT}.accept",
    ],
)
async def test_the_servers_answers_do_not_carry_an_agent_across_the_fence(
    anna: _Agent, journal: Connection, subjects: Subjects, reply: str
) -> None:
    """The server answers with its own rights on whatever reply subject it is given."""
    before = await streams.info(journal, JOURNAL)
    pull = f"$JS.API.CONSUMER.MSG.NEXT.{JOURNAL}.agent-{ANNA}"
    await anna.client.publish(subjects.agent_command(ANNA, "accept"), b"{}", reply=reply)
    await anna.client.publish(pull, b'{"batch":5,"no_wait":true}', reply=reply)
    await anna.client.publish(pull, b"nonsense", reply=reply)
    ack = f"$JS.ACK.{JOURNAL}.agent-{ANNA}.1.2.1.1.0"
    await anna.client.publish(ack, b"+ACK", reply=reply)
    await anna.client.publish(ack, b"+NXT", reply=reply)
    # What follows on the same connection is handled after it.
    await anna.client.jetstream().publish(subjects.agent_command(ANNA, "decline"), b"{}")
    await journal.api("INFO", None)
    assert await streams.info(journal, JOURNAL) == before
    assert await reads.get_last(journal, COMMANDS, f"maitred.v1.t.command.{BOT}.accept") is None


async def test_a_trace_cannot_be_sent_where_an_agent_may_not_publish(
    anna: _Agent, journal: Connection, subjects: Subjects
) -> None:
    before = await streams.info(journal, JOURNAL)
    await anna.client.publish(
        subjects.agent_command(ANNA, "accept"), b"{}", headers={"Nats-Trace-Dest": DOCUMENT}
    )
    assert "permissions violation for publish" in await anna.refusal()
    assert await streams.info(journal, JOURNAL) == before


async def test_an_agent_is_added_and_removed_while_others_stay_connected(
    anna: _Agent, server: EmbeddedServer, store: Path, until: Until
) -> None:
    new = AgentId("new")
    gone = asyncio.Event()
    anna.client._disconnected_cb = _setter(gone)
    await server.set_agents([_user(ANNA), _user(new)])

    async def entered() -> bool:
        client = Client()
        try:
            await client.connect(
                list(read_connection(store).urls),
                user=new,
                password="secret",
                allow_reconnect=False,
                error_cb=_ignore,
            )
        except (nats.errors.Error, OSError):
            return False
        finally:
            await client.close()
        return True

    await until(entered)
    assert anna.client.is_connected
    await server.set_agents([_user(new)])
    async with asyncio.timeout(5):
        await gone.wait()


async def test_a_consumer_is_declared_once_put_right_and_removed(connection: Connection) -> None:
    for _ in range(2):
        await declare_agent(connection, TENANT, ANNA)
    await declare_agent(connection, TENANT, BOT)
    assert await list_agents(connection) == [ANNA, BOT]
    name = f"CONSUMER.INFO.{JOURNAL}.agent-{ANNA}"
    wanted = (await connection.api(name, None))["config"]
    body = {"stream_name": JOURNAL, "config": {**wanted, "max_ack_pending": 1}, "action": "update"}
    await connection.api(f"CONSUMER.CREATE.{JOURNAL}.agent-{ANNA}", body)
    await declare_agent(connection, TENANT, ANNA)
    assert (await connection.api(name, None))["config"] == wanted
    assert await remove_agent(connection, ANNA)
    assert not await remove_agent(connection, ANNA)
    assert await list_agents(connection) == [BOT]


async def test_an_agent_of_another_tenant_keeps_his_consumer(connection: Connection) -> None:
    await declare_agent(connection, Tenant("other"), ANNA)
    with pytest.raises(ConfigurationError, match="tenant 'other'"):
        await declare_agent(connection, TENANT, ANNA)
    await declare_agent(connection, Tenant("other"), ANNA)


async def test_a_consumer_that_cannot_be_put_right_is_told(connection: Connection) -> None:
    body = {
        "stream_name": JOURNAL,
        "config": {"durable_name": f"agent-{ANNA}", "ack_policy": "none"},
        "action": "create",
    }
    await connection.api(f"CONSUMER.CREATE.{JOURNAL}.agent-{ANNA}", body)
    with pytest.raises(ConfigurationError, match=f"agent-{ANNA}"):
        await declare_agent(connection, TENANT, ANNA)


@pytest.mark.parametrize("agent", ["", "a.b", "a>", "*", 'a"b', "a b", "x" * 65])
def test_an_id_that_would_widen_a_permission_is_refused(agent: str) -> None:
    with pytest.raises(ConfigurationError):
        agent_permissions(TENANT, AgentId(agent))


@pytest.mark.parametrize("password", ['a"b', "a\\b", "a\nb", ""])
def test_a_password_that_would_break_out_of_the_configuration_is_refused(password: str) -> None:
    with pytest.raises(ConfigurationError):
        render_user(None, user="a", password=password)


async def _ignore(_: Exception) -> None:
    """Take the error of a login that is not known yet."""


def _setter(event: asyncio.Event) -> Callable[[], Coroutine[Any, Any, None]]:
    async def disconnected() -> None:
        event.set()

    return disconnected
