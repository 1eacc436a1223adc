"""Encryption at rest, with the cluster's configuration as it stands, on three running nodes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.ids import IdentifierKey, Tenant
from maitred.contracts.limits import INBOUND_AGE_MS
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.api import ApiError
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import Endpoint
from maitred.gateway.bus.publisher import Publisher
from tests.deploy import cluster
from tests.deploy.cluster import PASSWORDS, STORE_KEY, Cluster
from tests.deploy.tree import DEPLOY

MARKER = b"Zinnoberrot, Kim Berg, 14 Mill Lane"
SUBJECT = Subjects(Tenant("main")).message(IdentifierKey("5e11e7"))
OTHER = "another-key-for-one-of-the-stores-here"


pytestmark = pytest.mark.xdist_group("cluster")


@asynccontextmanager
async def gateway(urls: list[str]) -> AsyncIterator[Connection]:
    endpoint = Endpoint(
        urls=tuple(urls), user="gateway", password=PASSWORDS["NATS_GATEWAY_PASSWORD"]
    )
    connection = await Connection.connect(endpoint, name="gateway-1", on_closed=lambda _: None)
    try:
        yield connection
    finally:
        await connection.close()


async def write(nodes: Cluster) -> None:
    """Write the marker, once, as soon as the stream has a leader."""
    async with gateway(nodes.urls) as connection:
        await streams.declare(connection, replicas=3, inbound_age_ms=INBOUND_AGE_MS)
        publisher = Publisher(connection)
        await publisher.start()
        await cluster.led(
            lambda: publisher.publish(SUBJECT, MARKER, msg_id="1", stream=JOURNAL),
            StoreUnavailable,
        )
        await publisher.stop()
        # Two of three have confirmed it; the third is waited for as well.
        async with asyncio.timeout(30):
            while not await _all_have_it(connection):  # noqa: ASYNC110  (as below)
                await asyncio.sleep(0.05)  # polling: the nodes are other processes, without events


async def _all_have_it(connection: Connection) -> bool:
    told = await connection.api(f"STREAM.INFO.{JOURNAL}", None)
    replicas = told["cluster"].get("replicas", ())
    return len(replicas) == 2 and all(each["current"] and not each.get("lag") for each in replicas)


async def read(urls: list[str]) -> bytes:
    """Return what was written, as soon as the nodes have found each other."""
    async with gateway(urls) as connection:
        found = await cluster.led(
            lambda: reads.get_at(connection, JOURNAL, 1, leader=True), StoreUnavailable, ApiError
        )
        assert found is not None
        return found.data


def showing(folder: Path, words: bytes) -> set[str]:
    """Return the nodes in whose stores words stand in plain."""
    return {
        name
        for name in cluster.NODES
        for path in (folder / name / "data").rglob("*")
        if path.is_file() and words in path.read_bytes()
    }


@pytest.mark.parametrize("encrypted", [False, True])
async def test_the_stores_show_what_was_said_only_without_the_key(
    tmp_path: Path, *, encrypted: bool
) -> None:
    with cluster.running(tmp_path, encrypted=encrypted) as nodes:
        await write(nodes)
    found = showing(tmp_path, MARKER) | showing(tmp_path, b"5e11e7")
    assert found == (set() if encrypted else set(cluster.NODES))
    assert showing(tmp_path, STORE_KEY.encode()) == set()


@pytest.mark.timeout(240)
async def test_a_node_with_another_key_ends_and_the_rest_goes_on(tmp_path: Path) -> None:
    with cluster.running(tmp_path) as nodes:
        await write(nodes)
    with cluster.running(tmp_path, keys=(OTHER, STORE_KEY, STORE_KEY)) as nodes:
        for url in nodes.monitoring_urls[1:]:
            cluster.wait_for(url)
        assert await read(nodes.urls[1:]) == MARKER
        async with asyncio.timeout(30):
            while "Can't start JetStream" not in nodes.logs[0].read_text():  # noqa: ASYNC110  (in another process)
                await asyncio.sleep(0.05)  # polling: a node that ends tells nobody
    with cluster.running(tmp_path) as nodes:
        assert await read(nodes.urls[:1]) == MARKER


def test_the_key_comes_from_the_environment_of_each_node() -> None:
    conf = (DEPLOY / "nats" / "nats.conf").read_text()
    assert re.search(r"(?m)^\s*key: \$NATS_STORE_KEY$", conf)
    assert re.search(r"(?m)^\s*cipher: chachapoly$", conf)
