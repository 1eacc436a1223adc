"""An agent's ear and mouth for signals, beside his seat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import nats
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg


@dataclass
class Signals:
    """What an agent hears, and how he signals."""

    agent: str
    client: Client
    heard: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)

    async def say(self, kind: str, event: dict[str, Any], **fields: Any) -> None:
        """Signal something about an event's conversation."""
        about = {"conversation": event["conversation"], "epoch": event["epoch"]}
        body = {"schema": "signal", "kind": kind, **about, **fields}
        await self.client.publish(f"maitred.v1.main.signal.said.{self.agent}", orjson.dumps(body))
        await self.client.flush()

    async def next(self) -> dict[str, Any]:
        """Return what is heard next."""
        return await asyncio.wait_for(self.heard.get(), 15)

    async def take(self, message: Msg) -> None:
        """Note what comes."""
        self.heard.put_nowait(orjson.loads(message.data))


@asynccontextmanager
async def signals(login: dict[str, Any], agent: str = "ann") -> AsyncIterator[Signals]:
    """Connect as an agent who does nothing but signal."""
    client = await nats.connect(**login, inbox_prefix=f"_INBOX_{agent}".encode())
    made = Signals(agent, client)
    await client.subscribe(f"maitred.v1.main.signal.heard.{agent}", cb=made.take)
    await client.flush()
    yield made
    await client.close()
