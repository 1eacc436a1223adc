"""One WebSocket: what waits to be written to it, and what went over it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from aiohttp import WSCloseCode, web

from maitred.connectors.chat.frames import FileFrame, ReplyFrame, write
from maitred.connectors.port import Reply
from maitred.contracts.ids import IdentifierKey, OutboundId
from maitred.contracts.outbound import OutboundFile
from maitred.contracts.proofs import Proof

FRAMES_WAITING_MAX: Final = 256
"""Frames that wait for a slow reader; beyond, it is cut off and resumes where it was."""
HINTS_WAITING_MAX: Final = 8
"""While so many wait, nothing that is soon out of date is put behind them."""


class ChatSocket:
    """A connection. Whoever has something for it puts it in line; one writer sends the line."""

    def __init__(self, web_socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self.web_socket = web_socket
        self.key: IdentifierKey | None = None
        self.seen = 0
        """The sequence of the last reply put in line, or that the client said it has."""
        self.proofs: tuple[Proof, ...] = ()
        """What the visitor proved, here or at another connection of his."""
        self.handle: Callable[[OutboundFile], str] = _none
        """How the visitor names a file when he fetches it."""
        self.given: deque[tuple[int, OutboundId]] = deque(maxlen=FRAMES_WAITING_MAX)
        """The last replies put in line, each with its sequence."""
        self.given_since = 0
        """After this sequence, `given` has every reply."""
        self._transport = transport
        self._line: asyncio.Queue[str | WSCloseCode | int] = asyncio.Queue(FRAMES_WAITING_MAX)
        self._early: list[Reply] | None = []
        self._closing = False

    async def say(self, frame: msgspec.Struct) -> None:
        """Put a frame in line; waits while the line is full, so who does not read is not heard."""
        await self._line.put(write(frame))

    def hint(self, text: str) -> None:
        """Put in line what is worth knowing for a moment, unless others wait there already."""
        if self._early is None and self._line.qsize() < HINTS_WAITING_MAX:
            self._line.put_nowait(text)

    def offer(self, reply: Reply) -> None:
        """Put a live reply in line, in its order and once; never waits."""
        if self._early is not None:
            self._early.append(reply)
            if len(self._early) > FRAMES_WAITING_MAX:
                self.cut()
        elif reply.sequence > self.seen:
            try:
                self._line.put_nowait(self._written(reply))
            except asyncio.QueueFull:
                self.cut()

    def hold(self) -> None:
        """Keep live replies back until `release` brings those before them."""
        if self._early is None:
            self._early = []

    async def release(self, missed: Sequence[Reply]) -> None:
        """Put what was missed in line, then what came meanwhile."""
        waiting = [*missed, *(self._early or ())]
        self._early = []
        while waiting:
            await self._put_in_line(waiting)
            waiting, self._early = self._early, []
        self._early = None

    async def _put_in_line(self, replies: Sequence[Reply]) -> None:
        for reply in sorted(replies, key=lambda one: one.sequence):
            if reply.sequence > self.seen:
                await self._line.put(self._written(reply))

    def _written(self, reply: Reply) -> str:
        """Return a reply as it goes out, and note that it does."""
        outbound = reply.outbound
        self.seen = reply.sequence
        if len(self.given) == FRAMES_WAITING_MAX:
            self.given_since = self.given[0][0]
        self.given.append((reply.sequence, outbound.id))
        files = tuple(
            FileFrame(
                name=each.name,
                type=each.content_type,
                size=each.blob.size,
                handle=self.handle(each),
            )
            for each in outbound.files
        )
        return write(
            ReplyFrame(
                id=outbound.id,
                seq=reply.sequence,
                text=outbound.text,
                name=outbound.agent_name,
                picture=outbound.agent_picture,
                at=outbound.at,
                target=outbound.target or "",
                files=files,
            )
        )

    def close(self, code: int) -> None:
        """Close after what stands in line; a reader that is behind is cut off."""
        if self._closing:
            return
        self._closing = True
        try:
            self._line.put_nowait(code)
        except asyncio.QueueFull:
            self.cut()

    def cut(self) -> None:
        """Drop the connection without a word: its reader would not read it."""
        self._transport.abort()

    async def write_line(self) -> None:
        """Send what is put in line, until a close or until the connection is gone."""
        try:
            while isinstance(item := await self._line.get(), str):
                await self.web_socket.send_str(item)
            await self.web_socket.close(code=item)
        except ConnectionError:
            self.cut()


def _none(_file: OutboundFile) -> str:
    return ""
