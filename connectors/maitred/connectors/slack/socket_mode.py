"""The door by Socket Mode: events come over a WebSocket that we open, so nobody must reach us.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode. An event is acknowledged on the
connection that it came by, and only when it is stored: Slack sends again what it hears nothing of,
on whichever connection there is then. Before Slack ends a connection it says so; the next one is
opened first, and the old one is read to its end. What comes by both is one message by its name.

slack-sdk's own client for it is not used. Once a connection fails it knocks with the same one-time
address for ever (`SocketModeClient.connect` of 3.47), and it acknowledges on whatever connection
is the newest.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import msgspec
from yarl import URL

from maitred.connectors.port import Context
from maitred.connectors.slack import door, web
from maitred.connectors.slack.event import read_envelope
from maitred.connectors.slack.settings import SlackAccount
from maitred.connectors.slack.taking import Taking
from maitred.contracts.errors import Permanent, Retryable, StoreUnavailable, Throttled
from maitred.contracts.inbound import Verification
from maitred.contracts.limits import KIB, SECOND_MS, WEBHOOK_BYTES_MAX

CONNECT_TIMEOUT_S: Final = 15.0
HEARTBEAT_S: Final = 10.0
EVENTS_AT_ONCE_MAX: Final = 64
"""What else Slack has to say waits in the connection meanwhile."""
DRAIN_S: Final = 30.0
"""How long a connection that Slack announced to end is read beside its successor."""
SHORT_LIVED_MS: Final = 10 * SECOND_MS
PAUSE_MS = 500
PAUSE_MS_MAX: Final = 30 * SECOND_MS
REFUSED_PAUSE_MS = 60 * SECOND_MS
"""Until we knock again where Slack knows no such app, or its Socket Mode is off."""
_FRAME_BYTES_MAX: Final = WEBHOOK_BYTES_MAX + 16 * KIB
_LINK_DISABLED: Final = "link_disabled"


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What Slack says: an event in its envelope, or a word about the connection."""

    type: str
    envelope_id: str = ""
    reason: str = ""
    retry_attempt: int | None = None
    retry_reason: str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"null")


Take = Callable[[Frame], Awaitable[bool]]


class _Link:
    """One connection; `over` is set as soon as another one is needed."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, take: Take) -> None:
        self._socket = socket
        self._take = take
        self._patience = asyncio.timeout(None)
        self._room = asyncio.Semaphore(EVENTS_AT_ONCE_MAX)
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.over = asyncio.Event()
        self.reason = ""

    async def read(self) -> None:
        """Take what comes until the connection ends, or for a while once its end is announced."""
        try:
            async with self._patience, asyncio.TaskGroup() as events:
                async for message in self._socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        await self._heard(message.data, events)
        except TimeoutError:
            return
        finally:
            self.over.set()
            await self._socket.close()

    async def close(self) -> None:
        """Finish what is under way, and end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(door.ANSWER_TIMEOUT_MS / SECOND_MS):
                await self._idle.wait()
        await self._socket.close()

    async def _heard(self, text: str, events: asyncio.TaskGroup) -> None:
        try:
            frame = msgspec.json.decode(text, type=Frame)
        except (msgspec.DecodeError, RecursionError):
            return
        if frame.type == "disconnect":
            self.reason = frame.reason
            self.over.set()
            self._patience.reschedule(asyncio.get_running_loop().time() + DRAIN_S)
        elif frame.envelope_id:
            await self._room.acquire()
            self._under_way += 1
            self._idle.clear()
            events.create_task(self._answer(frame))

    async def _answer(self, frame: Frame) -> None:
        """Acknowledge one event if it was taken; over a connection that is gone, it is not."""
        try:
            if await self._take(frame):
                acknowledgement = msgspec.json.encode({"envelope_id": frame.envelope_id})
                await self._socket.send_str(acknowledgement.decode())
        except (aiohttp.ClientError, ConnectionError):
            return
        finally:
            self._room.release()
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()


class SocketMode:
    """The connection of one account, for as long as the channel runs."""

    def __init__(self, name: str, account: SlackAccount, context: Context, taking: Taking) -> None:
        self._name = name
        self._account = account
        self._context = context
        self._taking = taking
        self._links: set[_Link] = set()
        self._stopping = asyncio.Event()
        self.fault = ""
        """Why there is no connection at present."""

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Keep a connection open until `stop`."""
        failures = 0
        async with asyncio.TaskGroup() as readers:
            while not self._stopping.is_set():
                begun = self._context.clock()
                pause_ms = 0
                try:
                    link = await self._connect(session)
                except Throttled as error:
                    self.fault, pause_ms = "socket_throttled", error.after_ms
                except Retryable:
                    self.fault, pause_ms = "socket_unreachable", PAUSE_MS
                except Permanent as error:
                    self.fault, pause_ms = f"socket_{error.code}", REFUSED_PAUSE_MS
                    self._context.refused(self._name, self.fault)
                else:
                    self.fault = ""
                    readers.create_task(self._read(link))
                    await link.over.wait()
                    if link.reason == _LINK_DISABLED:
                        self._context.refused(self._name, f"socket_{_LINK_DISABLED}")
                lasted = self._context.clock() - begun >= SHORT_LIVED_MS
                failures = 0 if lasted else failures + 1
                await self._rest(max(pause_ms, _pause_ms(failures)))

    async def stop(self) -> None:
        """Take nothing new, and finish what is under way."""
        self._stopping.set()
        for link in tuple(self._links):
            await link.close()

    async def _connect(self, session: aiohttp.ClientSession) -> _Link:
        """Ask for an address, which serves once, and connect to it.

        Raises:
            Throttled, Retryable, Permanent: as `web.ask`.
        """
        client = web.client(self._account, session)
        token = self._account.app_token.reveal() if self._account.app_token else ""
        given = await web.ask(client.apps_connections_open(app_token=token), self._context.clock)
        try:
            url = URL(str(given.get("url", "")))
            if url.scheme != "wss" and not self._account.api_url:
                raise Retryable(f"{web.PEER} gave no address to connect to")
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                socket = await session.ws_connect(
                    url, heartbeat=HEARTBEAT_S, max_msg_size=_FRAME_BYTES_MAX, proxy=client.proxy
                )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            raise Retryable(f"{web.PEER} could not be connected to") from None
        return _Link(socket, self._take)

    async def _read(self, link: _Link) -> None:
        self._links.add(link)
        try:
            if self._stopping.is_set():
                await link.close()
            await link.read()
        finally:
            self._links.discard(link)

    async def _take(self, frame: Frame) -> bool:
        """Return whether an event was taken."""
        if frame.type != "events_api":
            self._context.refused(self._name, "unknown_request")
            return False
        try:
            async with asyncio.timeout(door.ANSWER_TIMEOUT_MS / SECOND_MS):
                body = bytes(frame.payload)
                await self._taking.take(
                    body,
                    read_envelope(body),
                    verification=Verification.CONNECTION,
                    facts=_retry(frame),
                )
        except (TimeoutError, StoreUnavailable):
            self._context.refused(self._name, "store_unavailable")
        except Permanent as error:
            self._context.refused(self._name, error.code)
        except Exception:  # noqa: BLE001  (a fault of our own costs one event, which Slack repeats)
            self._context.refused(self._name, "own_fault")
        else:
            return True
        return False

    async def _rest(self, pause_ms: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_ms / SECOND_MS):
                await self._stopping.wait()


def _pause_ms(failures: int) -> int:
    """Return how long to wait after so many connections in a row that failed or did not last.

    After the first we knock at once: that Slack ends a connection is nothing unusual.
    """
    return min(PAUSE_MS * 2 ** min(failures - 2, 10), PAUSE_MS_MAX) if failures > 1 else 0


def _retry(frame: Frame) -> dict[str, str]:
    """Return what Slack says of an event that it sends again."""
    if not frame.retry_attempt:
        return {}
    reason = (frame.retry_reason or "")[: door.HEADER_CHARACTERS_MAX]
    return {"retry": str(frame.retry_attempt), **({"retry_reason": reason} if reason else {})}
