"""An agent in Python: comes online, accepts what is offered, answers, completes.

It needs nats-py alone; everything it knows of Maitred is in docs/agents.md. Run it against a
gateway on this machine:

    python examples/agent.py --agent ann --connection maitred-data/agents/ann.json
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json  # noqa: TID251  (an example needs nothing but nats-py)
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import nats
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext

HEARTBEAT_SECONDS = 300.0
"""Who has work and is not heard of for half an hour is taken to have gone."""

TYPING_SECONDS = 4.0
"""A customer's chat shows for six seconds that somebody is writing."""

Event = dict[str, Any]
Answer = Callable[[Event], Awaitable[str | None]]
_NOT_HELD = {"revoked", "closed", "refused", "undelivered"}
"""Events after which the conversation may be somebody else's, or nobody's."""


async def greet(offer: Event) -> str | None:
    """Answer an offer: thank for the last thing that the customer said."""
    # It draws on this conversation and on nothing else, which any customer may hear: not on who he
    # is elsewhere, and never on `hint`, whom he only seems to be.
    turns = offer["brief"]["turns"]
    # Others may have a turn too (a mail system, a stranger): their words are not the customer's.
    said = next((turn["text"] for turn in reversed(turns) if turn["speaker"] == "customer"), "")
    return f"Thank you for writing. You said: {said[:200]}"


class Agent:
    """One agent's seat: a durable consumer to hear by, and a subject to speak on."""

    def __init__(self, name: str, *, tenant: str = "main", answer: Answer = greet) -> None:
        self.name = name
        self.completed = 0
        self.refused: list[str] = []
        self.undelivered: list[str] = []
        self._gates: dict[str, tuple[bool, int]] = {}
        self._tenant = tenant
        self._answer = answer
        self._client: Client | None = None
        self._stream: JetStreamContext | None = None

    async def run(self, stop: asyncio.Event, **login: Any) -> None:  # noqa: ANN401  (nats.connect's own options)
        """Work until `stop` is set; `login` is what `nats.connect` takes."""
        stream = await self._connect(login)
        try:
            await self.presence("online")
            inbox = await stream.pull_subscribe_bind(f"agent-{self.name}", stream="JOURNAL")
            said_at = time.monotonic()
            while not stop.is_set():
                # In the loop that does the work: what hangs must not look alive.
                now = time.monotonic()
                if now - said_at >= HEARTBEAT_SECONDS:
                    await self.presence("online")
                    said_at = now
                try:
                    messages = await inbox.fetch(10, timeout=1)
                except (nats.errors.Error, TimeoutError):
                    continue
                for message in messages:
                    await self.handle(json.loads(message.data))
                    # Acknowledged when done: whatever is lost in between comes again, and the
                    # epoch and the command's id make a repetition harmless.
                    await message.ack()
            await self.presence("offline")
        finally:
            await self.close()

    async def announce(self, word: str, **login: Any) -> None:  # noqa: ANN401  (as above)
        """Say a presence and leave it at that."""
        await self._connect(login)
        await self.presence(word)
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            # While it connects anew, what was not sent yet cannot be sent before it closes.
            with contextlib.suppress(OSError):
                await self._client.close()

    async def _connect(self, login: dict[str, Any]) -> JetStreamContext:
        self._client = await nats.connect(
            **login,
            name=f"agent-{self.name}",
            # Who may only use inboxes of his own cannot read anybody else's answers.
            inbox_prefix=f"_INBOX_{self.name}".encode(),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,
        )
        self._stream = self._client.jetstream(timeout=5)
        return self._stream

    async def handle(self, event: Event) -> None:
        """Do what an event asks for."""
        if event["conversation"] and event["state"] not in _NOT_HELD:
            # They change while the conversation goes on, so the newest event counts.
            self._gates[event["conversation"]] = (event["may_read"], event["act_until"])
        match event["state"]:
            case "offered":
                await self.say("accept", event)
                async with self.typing(event):
                    text = await self._answer(event)
                if text and await self.reply(event, text):
                    await self.say("complete", event, reason="answered")
                    self.completed += 1
            case "revoked" | "closed":
                self._gates.pop(event["conversation"], None)
            case "refused":
                self.refused.append(event.get("reason", ""))
            case "undelivered":
                self.undelivered.append(event.get("reason", ""))

    async def presence(self, word: str) -> None:
        """Tell whether offers are welcome: `online`, `away` or `offline`."""
        stamp = f"{self.name}-{asyncio.get_running_loop().time()}"
        await self._publish("presence", {"id": f"presence-{word}-{stamp}", "presence": word})

    @contextlib.asynccontextmanager
    async def typing(self, event: Event) -> AsyncIterator[None]:
        """Let the customer see that an answer is being written, as long as it is."""

        async def signal_again() -> None:
            while True:
                await asyncio.sleep(TYPING_SECONDS)
                await self._signal("typing", event)

        await self._signal("typing", event)
        showing = asyncio.get_running_loop().create_task(signal_again())
        try:
            yield
        finally:
            showing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await showing

    async def _signal(self, kind: str, event: Event) -> None:
        """Signal something that is worth knowing for a moment; nobody confirms it."""
        if self._client is None:
            return
        body = {"conversation": event["conversation"], "epoch": event["epoch"]}
        subject = f"maitred.v1.{self._tenant}.signal.said.{self.name}"
        with contextlib.suppress(nats.errors.Error):
            data = json.dumps({"schema": "signal", "kind": kind, **body}).encode()
            await self._client.publish(subject, data)

    async def reply(self, event: Event, text: str, *, rests_on: str = "conversation") -> bool:
        """Answer the customer, unless whoever wrote last may not hear what the answer rests on.

        `rests_on` is "history" if it draws on more of him than this conversation, "act" if it tells
        of something done in his name. Maitred looks again: somebody else may have written since.
        """
        may_read, act_until = self._gates.get(event["conversation"], (False, 0))
        if rests_on == "history" and not may_read:
            return False
        now = time.time() * 1000  # noqa: TID251  (an example needs nothing but nats-py)
        if rests_on == "act" and now > act_until:
            return False
        await self.say("reply", event, text=text, rests_on=rests_on)
        return True

    async def say(self, verb: str, event: Event, **fields: str) -> None:
        """Send a command about a conversation; the same one sent again counts once."""
        conversation, epoch = event["conversation"], event["epoch"]
        body = {
            "id": f"{verb}-{conversation}-{epoch}",
            "conversation": conversation,
            "epoch": epoch,
            **fields,
        }
        await self._publish(verb, body)

    async def _publish(self, verb: str, body: dict[str, Any]) -> None:
        if self._stream is None:
            raise RuntimeError("run() first")
        subject = f"maitred.v1.{self._tenant}.command.{self.name}.{verb}"
        data = json.dumps({"schema": "command", **body}).encode()
        while True:
            try:
                await self._stream.publish(subject, data)
            except (nats.errors.Error, TimeoutError):
                # The id inside makes it safe to say it again until it is heard.
                await asyncio.sleep(0.2)
            else:
                return


async def main() -> None:
    """Run one agent until Ctrl-C."""
    parser = argparse.ArgumentParser(description="An agent that answers everything it is offered.")
    parser.add_argument("--agent", required=True, help="its id in [[routing.agents]]")
    parser.add_argument("--tenant", default="main")
    parser.add_argument("--connection", type=Path, help="the file with its login")
    arguments = parser.parse_args()
    path = arguments.connection or Path("maitred-data/agents") / f"{arguments.agent}.json"
    found = json.loads(path.read_text())
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    agent = Agent(arguments.agent, tenant=arguments.tenant)
    await agent.run(stop, servers=[found["url"]], user=found["user"], password=found["password"])


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
