"""An agent's seat for tests: hears everything, does only what the test says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import nats
import nats.errors
import orjson
from nats.aio.client import Client
from nats.js import JetStreamContext

Event = dict[str, Any]


class Seat:
    """One agent; `events` is all that was told, oldest first."""

    def __init__(self, name: str, *, tenant: str = "main") -> None:
        self.name = name
        self.events: list[Event] = []
        self.headers: list[dict[str, str]] = []
        self._tenant = tenant
        self._client: Client | None = None
        self._stream: JetStreamContext | None = None
        self._task: asyncio.Task[None] | None = None
        self._heard = asyncio.Condition()
        self._commands = 0
        self._left = False

    async def sit(self, login: dict[str, Any], *, online: bool = True) -> None:
        """Connect, listen, and take offers."""
        self._client = await nats.connect(
            **login, inbox_prefix=f"_INBOX_{self.name}".encode(), max_reconnect_attempts=-1
        )
        self._stream = self._client.jetstream()
        self._task = asyncio.get_running_loop().create_task(self._listen())
        if online:
            await self.speak("presence", presence="online")

    async def leave(self) -> None:
        """Disconnect without a word, as a closed laptop does."""
        # Python 3.11's wait_for, in nats-py's fetch, may lose a cancellation to a message.
        self._left = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._client is not None:
            # While it connects anew, what was not sent yet cannot be sent before it closes.
            with contextlib.suppress(OSError):
                await self._client.close()

    async def back(self) -> None:
        """Wait until the server that was killed is there again for this seat as well."""
        assert self._client is not None
        async with asyncio.timeout(20):
            while not self._client.is_connected:  # noqa: ASYNC110  (as below)
                await asyncio.sleep(0.05)  # polling: nats-py tells only who asked beforehand

    async def wait(
        self, state: str, where: Callable[[Event], bool] = lambda _: True, *, seconds: float = 15
    ) -> Event:
        """Return the first event of a state that `where` takes, and forget it."""

        def found() -> Event | None:
            for event in self.events:
                if event["state"] == state and where(event):
                    return event
            return None

        async with asyncio.timeout(seconds), self._heard:
            await self._heard.wait_for(lambda: found() is not None)
            event = found()
            assert event is not None
            self.events.remove(event)
            return event

    async def speak(self, verb: str, *, command_id: str = "", **fields: Any) -> str:
        """Send a command and return its id."""
        self._commands += 1
        command_id = command_id or f"{self.name}-{self._commands}"
        body = orjson.dumps({"schema": "command", "id": command_id, **fields})
        await self.publish(verb, body, command_id)
        return command_id

    async def publish(self, verb: str, body: bytes, command_id: str) -> None:
        """Send raw bytes as a command."""
        assert self._stream is not None
        subject = f"maitred.v1.{self._tenant}.command.{self.name}.{verb}"
        await self._stream.publish(
            subject, body, headers={"Nats-Msg-Id": f"{self.name}-{command_id}"}
        )

    async def about(self, verb: str, event: Event, **fields: Any) -> str:
        """Send a command about an event's conversation, in its epoch."""
        return await self.speak(
            verb, conversation=event["conversation"], epoch=event["epoch"], **fields
        )

    async def _listen(self) -> None:
        assert self._stream is not None
        inbox = await self._stream.pull_subscribe_bind(f"agent-{self.name}", stream="JOURNAL")
        while not self._left:
            try:
                messages = await inbox.fetch(50, timeout=1)
            except (nats.errors.Error, TimeoutError):
                continue
            async with self._heard:
                for message in messages:
                    self.events.append(orjson.loads(message.data))
                    self.headers.append(dict(message.headers or {}))
                    await message.ack()
                self._heard.notify_all()
