"""One connection to NATS, with an answer to each way in which nats-py leaves its caller waiting.

* Nothing is buffered while disconnected: a message that nats-py sends after its caller has given
  up would be stored behind everybody's back.
* What is under way when the connection drops fails at once.
* A payload that the server would close the connection for is refused here.
* Reconnecting never ends; a connection that is closed for good is told to `on_closed`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import nats.errors
import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from maitred.contracts import limits
from maitred.contracts.errors import (
    ConfigurationError,
    Permanent,
    StoreUnavailable,
)
from maitred.gateway.bus import wire
from maitred.gateway.bus.api import ApiError, answer_of
from maitred.gateway.bus.endpoint import Endpoint
from maitred.gateway.bus.replies import Replies

__all__ = ["ApiError", "Connection", "Endpoint"]

_FIRST_CONNECT_S: Final = 10.0
_CLOSE_S: Final = 5.0
_RETRY_STEP_S: Final = 0.1
_PAYLOAD_MARGIN_BYTES: Final = 1 * limits.KIB
_NO_RESPONDERS: Final = "503"
_UNAVAILABLE: Final = 503

_log = structlog.get_logger(__name__)


class _Client(Client):
    """nats-py's client with a faster reading of headers."""

    _parse_header_lines = staticmethod(wire.parse)


class Connection:
    """A connection that says the truth about itself; made by `connect`."""

    def __init__(self, client: Client, *, on_closed: Callable[[str], None]) -> None:
        self.client = client
        self.permission_violations = 0
        self.reconnects = 0
        self._on_closed = on_closed
        self._closing = False
        self._up = asyncio.Event()
        self._refused: asyncio.Event = asyncio.Event()
        self._last_error = ""
        self._when_down: list[Callable[[], None]] = []
        self._when_up: list[Callable[[], None]] = []
        self._replies = Replies("")
        self._names = 0

    @classmethod
    async def connect(
        cls,
        endpoint: Endpoint,
        *,
        name: str,
        on_closed: Callable[[str], None],
        inbox_prefix: str = "_INBOX",
    ) -> Connection:
        """Connect; `on_closed` gets the reason when the connection is closed for good.

        Raises:
            StoreUnavailable: no server answered within ten seconds.
            ConfigurationError: the server refused the credentials.
        """
        self = cls(_Client(), on_closed=on_closed)
        options: dict[str, Any] = {}
        if endpoint.user is not None:
            options |= {"user": endpoint.user, "password": endpoint.password}
        if endpoint.credentials is not None:
            options["user_credentials"] = str(endpoint.credentials)
        if endpoint.nkey_seed is not None:
            options["nkeys_seed"] = str(endpoint.nkey_seed)
        if endpoint.tls_ca is not None:
            options["tls"] = ssl.create_default_context(cafile=str(endpoint.tls_ca))
        dial = self.client.connect(
            servers=list(endpoint.urls),
            name=name,
            inbox_prefix=inbox_prefix,
            error_cb=self._error,
            disconnected_cb=self._disconnected,
            reconnected_cb=self._reconnected,
            closed_cb=self._closed,
            connect_timeout=2,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,  # type: ignore[arg-type]  # annotated int, used as seconds
            ping_interval=10,
            max_outstanding_pings=2,
            flush_timeout=5,
            **options,
        )
        await self._dial(dial)
        self._replies = Replies(self.client.new_inbox() + ".")
        await self.client.subscribe(self._replies.prefix + "*", cb=self._replies.take)
        self._up.set()
        return self

    # -- state ----------------------------------------------------------------------------
    @property
    def connected(self) -> bool:
        """Whether a message that is sent now goes to a server."""
        return self._up.is_set() and self.client.is_connected

    async def wait_connected(self) -> None:
        """Wait until there is a connection; bound it with `asyncio.timeout`."""
        await self._up.wait()

    def on_disconnect(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` whenever the connection drops; returns what takes that back."""
        self._when_down.append(callback)
        return lambda: self._when_down.remove(callback)

    def on_reconnect(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` whenever the connection is back; returns what takes that back."""
        self._when_up.append(callback)
        return lambda: self._when_up.remove(callback)

    def fresh_name(self) -> str:
        """Return a name that no other connection and no other call gets: letters, digits, `-`."""
        self._names += 1
        return f"{self._replies.prefix.split('.')[-2]}-{self._names}"

    # -- sending --------------------------------------------------------------------------
    async def publish(
        self,
        subject: str,
        data: bytes,
        headers: Mapping[str, str] | None = None,
        reply: str = "",
    ) -> None:
        """Send one message; nothing says that it arrived.

        Raises:
            StoreUnavailable: there is no connection.
            Permanent: it is too large (code `too_large`) or a header is malformed.
        """
        head = wire.block(headers) if headers else b""
        if len(head) + len(data) > self.payload_bytes_max:
            raise Permanent("the message is larger than NATS takes", code="too_large")
        await self.send((wire.command(subject, reply, head, data),))

    @property
    def payload_bytes_max(self) -> int:
        """What a message's headers and payload may come to."""
        return self.client.max_payload - _PAYLOAD_MARGIN_BYTES

    async def send(self, commands: Sequence[bytes]) -> None:
        """Send commands made by `wire.command`, all in one write.

        Raises:
            StoreUnavailable: there is no connection.
        """
        if not self.connected:
            raise StoreUnavailable("not connected to NATS")
        client = self.client
        try:
            for each in commands:
                await client._send_command(each)  # noqa: SLF001  (its own publish encodes again)
            if client._flush_queue is not None and client._flush_queue.empty():  # noqa: SLF001
                await client._flush_pending()  # noqa: SLF001  (as above)
        except (nats.errors.Error, OSError) as error:
            raise StoreUnavailable(f"NATS: {type(error).__name__}") from error

    async def request(
        self,
        subject: str,
        data: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_ms: int,
    ) -> Msg:
        """Send one message and return the first answer.

        Raises:
            StoreUnavailable: no connection, no answer in time, nobody there, or the connection
                dropped meanwhile. Whether the message took effect is unknown.
            Permanent: as `publish`.
        """
        head = wire.block(headers) if headers else b""
        if len(head) + len(data) > self.payload_bytes_max:
            raise Permanent("the message is larger than NATS takes", code="too_large")
        message = await self.request_raw((), (subject, head, data), timeout_ms=timeout_ms)
        if status_of(message) == _NO_RESPONDERS:
            raise StoreUnavailable("nobody answers on this NATS subject")
        return message

    async def request_raw(
        self, before: Sequence[bytes], asked: tuple[str, bytes, bytes], *, timeout_ms: int
    ) -> Msg:
        """Send `before` and then `asked` (subject, header block, payload), return its answer.

        Raises:
            StoreUnavailable: as `request`.
            Permanent: not a subject to publish on.
        """
        subject, head, data = asked
        with self._replies.one() as (reply, answer):
            try:
                async with asyncio.timeout(timeout_ms / 1000):
                    await self.send((*before, wire.command(subject, reply, head, data)))
                    return await answer
            except TimeoutError as error:
                raise StoreUnavailable("NATS did not answer in time") from error

    @contextlib.asynccontextmanager
    async def answers(self) -> AsyncIterator[tuple[str, Callable[[], Awaitable[Msg]]]]:
        """Give a reply subject and a function that waits for the next answer to it.

        The function raises StoreUnavailable when the connection drops; bound it with
        `asyncio.timeout`.
        """
        with self._replies.many() as (reply, queue):
            yield reply, _following(queue)

    @contextlib.asynccontextmanager
    async def inbox(self) -> AsyncIterator[tuple[str, Callable[[], Awaitable[Msg]]]]:
        """Like `answers`, for messages of a consumer: they keep their own subject on the way here.

        Raises:
            StoreUnavailable: the connection is closed.
        """
        queue: asyncio.Queue[Msg | StoreUnavailable] = asyncio.Queue()

        async def take(message: Msg) -> None:
            queue.put_nowait(message)

        subject = self.client.new_inbox()
        subscription = await self.subscribe(subject, take)
        forget = self.on_disconnect(
            lambda: queue.put_nowait(StoreUnavailable("the connection to NATS dropped"))
        )
        try:
            yield subject, _following(queue)
        finally:
            forget()
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()

    async def subscribe(
        self, subject: str, callback: Callable[[Msg], Awaitable[None]]
    ) -> Subscription:
        """Call `callback` with what arrives on `subject`; it lasts over reconnects.

        Raises:
            StoreUnavailable: the connection is closed.
        """
        try:
            return await self.client.subscribe(subject, cb=callback)
        except (nats.errors.Error, OSError) as error:
            raise StoreUnavailable(f"NATS: {type(error).__name__}") from error

    async def api(
        self, verb_subject: str, body: object, *, timeout_ms: int = limits.READ_TIMEOUT_MS
    ) -> dict[str, Any]:
        """Ask JetStream's API and return its answer; `verb_subject` is what follows `$JS.API.`.

        While nobody leads (an election, a server that has just started) it asks again, for
        `timeout_ms` in all.

        A 500 is not asked again: JetStream gives it for a wrong configuration as well.

        Raises:
            ApiError: JetStream refused.
            StoreUnavailable: it did not answer in time.
        """
        subject = verb_subject if verb_subject.startswith("$JS.") else f"$JS.API.{verb_subject}"
        payload = b"" if body is None else orjson.dumps(body)
        deadline = asyncio.get_running_loop().time() + timeout_ms / 1000
        while True:
            left = deadline - asyncio.get_running_loop().time()
            try:
                answer = await self.request(subject, payload, timeout_ms=max(1, int(left * 1000)))
                return answer_of(answer.data)
            except (StoreUnavailable, ApiError) as error:
                if isinstance(error, ApiError) and error.code != _UNAVAILABLE:
                    raise
                if deadline - asyncio.get_running_loop().time() <= _RETRY_STEP_S:
                    if isinstance(error, StoreUnavailable):
                        raise
                    raise StoreUnavailable(str(error)) from error
                await asyncio.sleep(_RETRY_STEP_S)

    async def close(self) -> None:
        """Close for good; what waits fails with StoreUnavailable."""
        self._closing = True
        self._up.clear()
        self._replies.fail("the connection is closed")
        with contextlib.suppress(TimeoutError, nats.errors.Error, OSError):
            async with asyncio.timeout(_CLOSE_S):
                if self.client.is_connected:
                    await self.client.flush()
                await self.client.close()

    # -- what nats-py tells ------------------------------------------------------------------
    async def _dial(self, dial: Awaitable[None]) -> None:
        dialling = asyncio.gather(dial)
        refused = asyncio.gather(self._refused.wait())
        try:
            await asyncio.wait(
                (dialling, refused),
                timeout=_FIRST_CONNECT_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if dialling.done() and dialling.exception() is None:
                return
        finally:
            for waiting in (dialling, refused):
                waiting.cancel()
                with contextlib.suppress(asyncio.CancelledError, nats.errors.Error, OSError):
                    await waiting
        self._closing = True
        with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self.client.close()
        if self._refused.is_set():
            raise ConfigurationError("nats: the server refused the credentials")
        raise StoreUnavailable(f"no NATS server answers ({self._last_error or 'no reason given'})")

    async def _error(self, error: Exception) -> None:
        text = str(error).lower()
        self._last_error = type(error).__name__
        if "authorization violation" in text:
            self._refused.set()
        if "permissions violation" in text:
            self.permission_violations += 1
            _log.warning("nats_permission_violation", count=self.permission_violations)
        elif not self._closing:
            _log.warning("nats_error", error=type(error).__name__)

    async def _disconnected(self) -> None:
        self._up.clear()
        # What nats-py has not sent yet it would send after the reconnect, when its caller has
        # long been told that it failed. Subscriptions are replayed from another list.
        self.client._pending = []  # noqa: SLF001  (nats-py has no call that drops its buffer)
        self.client._pending_data_size = 0  # noqa: SLF001  (as above)
        self._replies.fail("the connection to NATS dropped")
        if not self._closing:
            _log.warning("nats_disconnected")
        for callback in tuple(self._when_down):
            callback()

    async def _reconnected(self) -> None:
        self.reconnects += 1
        self._up.set()
        _log.info("nats_reconnected", reconnects=self.reconnects)
        for callback in tuple(self._when_up):
            callback()

    async def _closed(self) -> None:
        self._up.clear()
        self._replies.fail("the connection to NATS is closed")
        if not self._closing:
            self._on_closed(self._last_error or "closed by the server")


def status_of(message: Msg) -> str:
    """Return the inline status of a message of the server itself (`"503"`), or an empty text."""
    return (message.headers or {}).get("Status", "")


def _following(
    queue: asyncio.Queue[Msg | StoreUnavailable],
) -> Callable[[], Awaitable[Msg]]:
    async def following() -> Msg:
        item = await queue.get()
        if isinstance(item, StoreUnavailable):
            raise item
        return item

    return following
