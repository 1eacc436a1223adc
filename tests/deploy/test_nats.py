"""The cluster's configuration, judged by the real server: alone, and as three running nodes."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import nats
import orjson
import pytest
from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.js.errors import ServiceUnavailableError

from maitred.contracts import limits
from maitred.contracts.ids import AgentId, ConversationId, Tenant
from maitred.contracts.subjects import COMMANDS, JOURNAL, Subjects
from maitred.gateway.bus import consumers, streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import Endpoint
from maitred.gateway.bus.permissions import (
    agent_permissions,
    consumer_of,
    gateway_permissions,
    inbox_of,
    render_accounts,
    render_user,
)
from tests.deploy import cluster
from tests.deploy.cluster import PASSWORDS, Cluster
from tests.deploy.tree import DEPLOY

FOLDER = DEPLOY / "nats"
CONF = (FOLDER / "nats.conf").read_text()
ACCOUNTS = (FOLDER / "accounts.conf").read_text()
TENANT = Tenant("main")
DESK = AgentId("desk-1")
OTHER = AgentId("desk-2")
CONVERSATION = ConversationId("cnv_1")
SUBJECTS = Subjects(TENANT)
NO_LEADER = (ServiceUnavailableError, NoRespondersError)

pytestmark = pytest.mark.xdist_group("cluster")


def _words(text: str) -> str:
    """Return what the server reads: white space, commas and comments carry no meaning."""
    plain = re.sub(r"(?m)^\s*#.*$", "", text)
    return re.sub(r"\s*([\[\]{}])\s*", r"\1", re.sub(r"[\s,]+", " ", plain)).strip()


# -- the files ----------------------------------------------------------------------------------
def test_the_server_takes_the_configuration() -> None:
    run = cluster.check(FOLDER, cluster.environment())
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("variable", sorted(cluster.environment()))
def test_the_server_refuses_to_start_without_a_variable(variable: str) -> None:
    variables = cluster.environment()
    del variables[variable]
    run = cluster.check(FOLDER, variables)
    assert run.returncode != 0
    assert variable in run.stderr


def test_the_files_hold_no_password() -> None:
    text = CONF + "\n" + ACCOUNTS
    given = re.findall(r"(?m)^[^#\n]*\b(?:password|key):\s*(\S+?),?(?:\s|$)", text)
    assert len(given) == len(PASSWORDS) + 1, "and the store's key"
    assert all(re.fullmatch(r'"?\$[A-Z0-9_]+"?', value) for value in given), given


def test_every_write_is_flushed() -> None:
    assert re.search(r"(?m)^\s*sync_interval: always$", CONF)


def test_the_payload_is_the_one_that_the_limits_count_with() -> None:
    found = re.search(r"(?m)^max_payload: (\d+)$", CONF)
    assert found
    assert int(found.group(1)) == limits.NATS_PAYLOAD_BYTES_MAX


def test_the_deduplication_window_of_the_limits_fits() -> None:
    found = re.search(r'duplicate_window: "(\d+)s"', CONF)
    assert found
    assert int(found.group(1)) * limits.SECOND_MS >= limits.DEDUPLICATION_WINDOW_MS


def test_the_accounts_are_those_that_the_gateway_writes() -> None:
    gateway = render_user(
        gateway_permissions(TENANT), user="gateway", password="$NATS_GATEWAY_PASSWORD"
    )
    desk = render_user(
        agent_permissions(TENANT, DESK), user=DESK, password="$NATS_AGENT_DESK_1_PASSWORD"
    )
    rendered = render_accounts(gateway=[gateway], agents=[desk])
    # The server reads a quoted "$NAME" as a password, and an unquoted one as a variable.
    assert _words(ACCOUNTS) == _words(re.sub(r'"(\$[A-Z0-9_]+)"', r"\1", rendered))


def test_what_is_for_agents_is_for_no_other_account(tmp_path: Path) -> None:
    """Another tenant's agents that name our gateways' account could speak as ours."""
    services = (f"$JS.ACK.{JOURNAL}.>", "maitred.v1.*.command.>", "maitred.v1.*.signal.said.*")
    imports = [f'{{ service: {{ account: MAITRED, subject: "{each}" }} }}' for each in services]
    imports.append('{ stream: { account: MAITRED, subject: "maitred.v1.*.signal.heard.*" } }')
    for each in imports:
        other = f"  OTHERS: {{ users: [{{ user: eve, password: eve }}], imports: [{each}] }}\n}}\n"
        (tmp_path / "nats.conf").write_text(CONF)
        (tmp_path / "accounts.conf").write_text(ACCOUNTS.rstrip().removesuffix("}") + other)
        run = cluster.check(tmp_path, cluster.environment())
        assert run.returncode != 0
        assert "import" in run.stderr


# -- three running nodes ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster.running(tmp_path_factory.mktemp("cluster")) as nodes:
        yield nodes


class _Errors:
    """What a client is told besides the calls' own results, as they come."""

    def __init__(self) -> None:
        self._seen: asyncio.Queue[str] = asyncio.Queue()

    async def note(self, error: Exception) -> None:
        self._seen.put_nowait(str(error).lower())

    async def next(self, words: str) -> str:
        """Return the next one that holds `words`, in lower case."""
        async with asyncio.timeout(10):
            while words not in (said := await self._seen.get()):
                pass
        return said


@contextlib.asynccontextmanager
async def _client(
    nodes: Cluster, user: str, password: str, inbox: str
) -> AsyncIterator[tuple[Client, _Errors]]:
    errors = _Errors()
    client = await nats.connect(
        nodes.urls, user=user, password=password, inbox_prefix=inbox, error_cb=errors.note
    )
    try:
        yield client, errors
    finally:
        await client.close()


def _gateway(nodes: Cluster) -> AbstractAsyncContextManager[tuple[Client, _Errors]]:
    return _client(nodes, "gateway", PASSWORDS["NATS_GATEWAY_PASSWORD"], "_INBOX")


def _desk(nodes: Cluster) -> AbstractAsyncContextManager[tuple[Client, _Errors]]:
    return _client(nodes, DESK, PASSWORDS["NATS_AGENT_DESK_1_PASSWORD"], inbox_of(DESK))


async def _declare(nodes: Cluster) -> None:
    """Do what a gateway does when it starts."""
    connection = await Connection.connect(
        Endpoint(
            urls=tuple(nodes.urls), user="gateway", password=PASSWORDS["NATS_GATEWAY_PASSWORD"]
        ),
        name="gateway-1",
        on_closed=lambda _reason: None,
    )
    try:
        await streams.check_server(
            connection, allow_lazy_sync=False, monitoring_url=",".join(nodes.monitoring_urls)
        )
        await streams.declare(connection, replicas=3, inbound_age_ms=limits.INBOUND_AGE_MS)
        for agent in (DESK, OTHER):
            await consumers.declare_agent(connection, TENANT, agent)
    finally:
        await connection.close()


async def test_the_gateway_stores_on_three_nodes_and_the_agent_reads_its_own(
    three: Cluster,
) -> None:
    await _declare(three)
    async with _gateway(three) as (gateway, _), _desk(three) as (desk, errors):
        js = gateway.jetstream(timeout=10)
        told = SUBJECTS.assign(DESK, CONVERSATION)
        ack = await cluster.led(lambda: js.publish(told, b"for desk 1"), *NO_LEADER)
        assert (ack.stream, ack.seq) == (JOURNAL, 1)
        info = await js.stream_info(JOURNAL)
        assert info.cluster is not None
        replicas = {each.name for each in info.cluster.replicas or ()}
        assert {info.cluster.leader, *replicas} == set(cluster.NODES)

        own = await desk.jetstream().pull_subscribe_bind(consumer_of(DESK), stream=JOURNAL)
        (message,) = await cluster.led(lambda: own.fetch(1, timeout=10), *NO_LEADER)
        assert message.data == b"for desk 1"
        await message.ack_sync(timeout=10)
        spoken = SUBJECTS.agent_command(DESK, "accept")
        stored = await cluster.led(lambda: desk.request(spoken, b"{}", timeout=10), *NO_LEADER)
        assert orjson.loads(stored.data)["stream"] == COMMANDS

        foreign = f"$JS.API.CONSUMER.MSG.NEXT.{JOURNAL}.{consumer_of(OTHER)}"
        await desk.publish(foreign, b"1", f"{inbox_of(DESK)}.x")
        assert consumer_of(OTHER) in await errors.next("permissions violation")


@pytest.mark.parametrize(
    "subject",
    [
        SUBJECTS.assign(DESK, CONVERSATION),
        SUBJECTS.agent_command(OTHER, "accept"),
        SUBJECTS.admitted(DESK, "accept", "none"),
        "$JS.API.STREAM.DELETE.JOURNAL",
        "$JS.API.STREAM.INFO.JOURNAL",
        "$JS.API.CONSUMER.CREATE.JOURNAL.x",
        "$JS.API.DIRECT.GET.JOURNAL",
    ],
)
async def test_an_agent_may_publish_nothing_but_its_own_commands(
    three: Cluster, subject: str
) -> None:
    async with _desk(three) as (desk, errors):
        await desk.publish(subject, b"{}")
        assert subject.lower() in await errors.next("permissions violation")


@pytest.mark.parametrize(
    "subject",
    [">", "maitred.v1.>", SUBJECTS.assign(OTHER, ">"), "_INBOX.>", f"{inbox_of(OTHER)}.>"],
)
async def test_an_agent_may_listen_to_nothing_but_its_own_answers(
    three: Cluster, subject: str
) -> None:
    async with _desk(three) as (desk, errors):
        await desk.subscribe(subject)
        assert subject.lower() in await errors.next("permissions violation")


@pytest.mark.parametrize(
    "subject",
    [
        "$JS.API.STREAM.DELETE.JOURNAL",
        "$JS.API.STREAM.CREATE.OTHER",
        "$JS.API.STREAM.LIST",
        Subjects(Tenant("other")).agent_command(DESK, "accept"),
    ],
)
async def test_a_gateway_may_not_touch_what_is_not_its_own(three: Cluster, subject: str) -> None:
    async with _gateway(three) as (gateway, errors):
        await gateway.publish(subject, b"")
        assert subject.lower() in await errors.next("permissions violation")


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("", ""),
        ("gateway", ""),
        ("gateway", "wrong"),
        ("gateway", "$NATS_GATEWAY_PASSWORD"),
        (DESK, PASSWORDS["NATS_GATEWAY_PASSWORD"]),
    ],
)
async def test_nobody_comes_in_without_the_right_password(
    three: Cluster, user: str, password: str
) -> None:
    host, _, port = three.urls[0].removeprefix("nats://").partition(":")
    # By hand: nats-py leaves the socket of a refused login open.
    reader, writer = await asyncio.open_connection(host, int(port))
    async with asyncio.timeout(10):
        assert (await reader.readline()).startswith(b"INFO ")
        login = orjson.dumps({"user": user, "pass": password} if user else {})
        writer.write(b"CONNECT " + login + b"\r\nPING\r\n")
        assert await reader.read() == b"-ERR 'Authorization Violation'\r\n"
    writer.close()
    await writer.wait_closed()
