"""An email connector on a free port, and a peer that speaks SMTP byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from maitred.connectors.email.connector import EmailConnector
from maitred.connectors.email.incoming import EmailMailbox, FirstRead
from maitred.connectors.email.networks import Encryption
from maitred.connectors.email.settings import EmailAccount, EmailSettings
from maitred.contracts.secret import Secret
from tests.connectors.email.certified import Certified
from tests.connectors.email.imap_server import PASSWORD, USER, ImapServer
from tests.connectors.email.mailboxes import Reading
from tests.connectors.email.relay import Relay, Smarthost
from tests.connectors.email.token_endpoint import TokenEndpoint

ACCOUNTS = {
    "help": EmailAccount(
        addresses=("help@shop.example", "care@shop.example"), from_name="Shop Care"
    ),
    "sales": EmailAccount(addresses=("@sales.example",), from_address="team@sales.example"),
}


class Peer:
    """A client that sends exactly the bytes it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def answer(self) -> str:
        """Read one answer, all its lines."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 5)).decode()
            lines.append(line.rstrip())
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, data: bytes) -> str:
        """Send bytes and read one answer."""
        self.writer.write(data)
        await self.writer.drain()
        return await self.answer()

    async def greet(self) -> str:
        """Read the greeting and say EHLO."""
        await self.answer()
        return await self.say(b"EHLO peer.example\r\n")

    async def open_data(self, *recipients: bytes) -> None:
        """Bring the connection to where the mail is expected."""
        await self.greet()
        assert (await self.say(b"MAIL FROM:<ann@home.example>\r\n")).startswith("250")
        for recipient in recipients or (b"help@shop.example",):
            assert (await self.say(b"RCPT TO:<" + recipient + b">\r\n")).startswith("250")
        assert (await self.say(b"DATA\r\n")).startswith("354")

    async def closed(self) -> bytes:
        """Wait until the server closes; return what it still sent."""
        with contextlib.suppress(ConnectionResetError):
            return await asyncio.wait_for(self.reader.read(), 5)
        return b""

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@pytest.fixture
async def email(recording: Callable[..., Any]) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Return a factory: settings in, a started connector and its context out."""
    started: list[EmailConnector] = []

    async def make(**settings: Any) -> tuple[EmailConnector, Any]:
        context = recording()
        values = {"listen": "127.0.0.1:0", "accounts": ACCOUNTS, **settings}
        connector = EmailConnector(EmailSettings(**values), context.context)
        await connector.start()
        started.append(connector)
        return connector, context

    yield make
    for connector in started:
        await connector.stop()


@pytest.fixture
async def dial() -> AsyncIterator[Callable[[EmailConnector], Awaitable[Peer]]]:
    """Return a function that connects a peer to a connector."""
    peers: list[Peer] = []

    async def connect(connector: EmailConnector) -> Peer:
        peer = Peer(*await asyncio.open_connection("127.0.0.1", connector.port))
        peers.append(peer)
        return peer

    yield connect
    for peer in peers:
        await peer.close()


@pytest.fixture
async def smarthost() -> AsyncIterator[Smarthost]:
    """Return a factory of listening smarthosts."""
    servers: list[asyncio.Server] = []
    relays: list[Relay] = []

    async def make(**settings: Any) -> Relay:
        relay = Relay(**settings)
        relays.append(relay)
        server = await asyncio.get_running_loop().create_server(
            relay.session, "127.0.0.1", 0, ssl=relay.tls if relay.implicit else None
        )
        servers.append(server)
        relay.port = server.sockets[0].getsockname()[1]
        return relay

    yield make
    for session in (session for relay in relays for session in relay.sessions):
        session.abort()
        await asyncio.wait_for(session.closed.wait(), 5)
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    """Return a certificate for 127.0.0.1 that nobody vouches for but itself."""
    return Certified.made_in(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
async def server() -> AsyncIterator[ImapServer]:
    made = ImapServer()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def reading(recording: Any, server: ImapServer) -> AsyncIterator[Reading]:
    """Return a factory: settings of a mailbox in, a started connector and its context out."""
    started: list[EmailConnector] = []

    async def make(context: Any = None, **box: Any) -> tuple[EmailConnector, Any]:
        context = context or recording()
        of_all = {key: box.pop(key) for key in ("bytes_max", "verify", "access") if key in box}
        if access := of_all.pop("access", None):
            of_all["oauth"] = {"provider": access}
            box = {"password": None, "oauth": "provider", **box}
        values: dict[str, Any] = {
            "account": "help",
            "host": f"127.0.0.1:{server.port}",
            "user": USER,
            "password": Secret(PASSWORD),
            "tls": Encryption.NONE,
            "first": FirstRead.ALL,
            **box,
        }
        settings = EmailSettings(
            listen="", accounts=ACCOUNTS, mailboxes={"main": EmailMailbox(**values)}, **of_all
        )
        connector = EmailConnector(settings, context.context)
        await connector.start()
        started.append(connector)
        return connector, context

    yield make
    for connector in started:
        await connector.stop()


@pytest.fixture
async def provider() -> AsyncIterator[TokenEndpoint]:
    """Return a token endpoint that listens."""
    made = TokenEndpoint()
    await made.start()
    yield made
    await made.stop()
