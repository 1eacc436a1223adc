"""The embedded server: one to a store, private, ended with its gateway, back when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer, server_binary
from maitred.gateway.bus.endpoint import Endpoint, read_connection
from maitred.gateway.bus.processes import end, start_of
from maitred.gateway.bus.server_config import ServerConfig

Connect = Callable[[Endpoint], Awaitable[Connection]]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]

_GATEWAY = """
import asyncio, pathlib, sys, uvloop
from maitred.gateway.bus import embedded
if sys.argv[2] == "orphan":
    embedded.dying_with_parent = lambda: None
async def main():
    server = embedded.EmbeddedServer(pathlib.Path(sys.argv[1]))
    await server.start()
    print(server.pid, flush=True)
    await asyncio.Event().wait()
(uvloop if sys.argv[3] == "uvloop" else asyncio).run(main())
"""


async def _gateway(
    store: Path, kind: str, loop: str = "asyncio"
) -> tuple[asyncio.subprocess.Process, int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _GATEWAY, str(store), kind, loop, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        return process, int(await process.stdout.readline())


async def test_a_second_gateway_on_a_store_is_refused_and_the_first_goes_on(
    server: EmbeddedServer, store: Path, connect: Connect
) -> None:
    with pytest.raises(ConfigurationError, match="another gateway works on this store") as refused:
        await EmbeddedServer(store).start()
    assert str(store) in str(refused.value)
    assert (await connect(read_connection(store))).connected


async def test_a_stopped_store_can_be_started_again_with_the_same_credentials(store: Path) -> None:
    first = EmbeddedServer(store)
    one = await first.start()
    await first.stop()
    second = EmbeddedServer(store)
    two = await second.start()
    await second.stop()
    assert (one.user, one.password) == (two.user, two.password)


async def test_the_server_is_back_on_its_port_after_it_was_killed(
    server: EmbeddedServer, store: Path, connect: Connect, until: Until
) -> None:
    endpoint = read_connection(store)
    first = server.pid
    os.kill(first, signal.SIGKILL)

    async def back() -> bool:
        return server.restarts == 1 and server.pid != first

    await until(back)
    assert (await connect(endpoint)).connected


async def test_a_restart_in_order_keeps_the_connection_alive(
    server: EmbeddedServer, store: Path, connect: Connect
) -> None:
    connection = await connect(read_connection(store))
    back = asyncio.Event()
    connection.on_reconnect(back.set)
    await server.restart()
    async with asyncio.timeout(10):
        await back.wait()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_secrets_are_for_the_owner_alone_and_never_shown(
    server: EmbeddedServer, store: Path
) -> None:
    endpoint = read_connection(store)
    for name in ("connection.json", "nats.conf"):
        assert _mode(store / name) == 0o600
    assert _mode(store) == 0o700
    assert endpoint.password is not None
    assert endpoint.password not in repr(endpoint)
    assert endpoint.urls[0].startswith("nats://127.0.0.1:")


async def test_nobody_gets_in_without_a_password(server: EmbeddedServer, store: Path) -> None:
    with pytest.raises(ConfigurationError):
        await Connection.connect(
            Endpoint(urls=read_connection(store).urls), name="x", on_closed=lambda _: None
        )


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_the_server_ends_with_a_gateway_that_is_killed(
    store: Path, until: Until, loop: str
) -> None:
    gateway, server = await _gateway(store, "bound", loop)
    gateway.kill()
    await gateway.wait()

    async def gone() -> bool:
        return start_of(server) is None

    try:
        if sys.platform == "linux":
            await until(gone)
    finally:
        end(server, timeout_ms=2_000)


async def test_a_server_left_behind_is_ended_by_the_next_start(store: Path) -> None:
    gateway, orphan = await _gateway(store, "orphan")
    gateway.kill()
    await gateway.wait()
    assert start_of(orphan) is not None
    server = EmbeddedServer(store)
    try:
        await server.start()
        assert start_of(orphan) is None
    finally:
        await server.stop()
        end(orphan, timeout_ms=2_000)


async def test_a_server_that_cannot_start_says_why(store: Path) -> None:
    holder = EmbeddedServer(store / "one")
    endpoint = await holder.start()
    port = int(endpoint.urls[0].rpartition(":")[2])
    second = EmbeddedServer(store / "two", port=port)
    with pytest.raises(ConfigurationError, match="did not start"):
        await second.start()
    await holder.stop()
    again = EmbeddedServer(store / "two")  # the refused start gave its lock back
    await again.start()
    await again.stop()


def test_a_path_that_would_break_out_of_the_configuration_is_refused(tmp_path: Path) -> None:
    config = ServerConfig(
        store=tmp_path / 'a"b', user="u", password="p", sync_always=True, file_bytes=1
    )
    with pytest.raises(ConfigurationError):
        config.render(None)


def test_a_store_that_was_never_started_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=str(tmp_path)):
        read_connection(tmp_path)


def test_the_server_is_the_one_from_the_wheel() -> None:
    assert server_binary().is_relative_to(sys.prefix)
