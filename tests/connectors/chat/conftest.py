"""A chat connector behind a real HTTP server, and a visitor at its WebSocket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from maitred.connectors.chat.connector import ChatAccount, ChatConnector, ChatSettings
from maitred.contracts.identifiers import visitor_identifier
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.outbound import Outbound
from maitred.contracts.proofs import CodeAnswer, CodeRequest, Proof, ProofDoc
from maitred.contracts.secret import Secret
from maitred.contracts.subjects import Subjects
from maitred.identity.customers.components import Tools
from maitred.identity.policy import Policy
from maitred.identity.proofs import codes as proofs
from tests.connectors.conftest import TENANT

CODE = re.compile(r"\b[0-9]{6}\b")
SECRET = Secret("a secret that signs visitor tokens")


class CodeDesk:
    """Codes that are decided on as in the gateway, on documents in memory."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.tools = Tools(subjects=Subjects(TENANT), keys=context.keys, policy=Policy())
        self.documents: dict[str, ProofDoc] = {}
        self.letters: list[Outbound] = []
        self.calls = 0
        self.error: Exception | None = None

    @property
    def code(self) -> str:
        """The code of the last letter."""
        return CODE.findall(self.letters[-1].text)[0]

    async def ask(self, request: CodeRequest) -> None:
        self._called()
        code = f"{self.calls:06d}"
        asked = proofs.ask(request, code, MemoryView(self.documents), self.tools, self._context.now)
        self.documents |= asked.documents
        self.letters += [asked.outbound] if asked.outbound is not None else []

    async def answer(self, given: CodeAnswer) -> Proof | None:
        self._called()
        answered = proofs.answer(given, MemoryView(self.documents), self.tools, self._context.now)
        self.documents |= answered.documents
        return answered.proof

    async def of(self, session: IdentifierKey) -> Sequence[Proof]:
        self._called()
        found = self.documents.get(self.tools.subjects.proof(session))
        return found.proofs if found is not None else ()

    def _called(self) -> None:
        self.calls += 1
        if self.error is not None:
            raise self.error


class MemoryView:
    """Documents in memory, all of them read."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = documents

    def read(self, subject: str, shape: type[Any]) -> Any:
        return self._documents.get(subject)

    def missing(self, *subjects: str) -> tuple[str, ...]:
        return ()


@dataclass
class Visitor:
    """One WebSocket of a visitor."""

    socket: ClientWebSocketResponse
    token: str = ""
    id: str = ""

    async def say(self, **frame: Any) -> None:
        """Send a frame."""
        await self.socket.send_str(orjson.dumps(frame).decode())

    async def hear(self) -> dict[str, Any]:
        """Receive a frame."""
        received = await self.socket.receive(timeout=5)
        assert received.type is WSMsgType.TEXT, received
        frame: dict[str, Any] = orjson.loads(received.data)
        return frame

    async def ask(self, **frame: Any) -> dict[str, Any]:
        """Send a frame and receive the next one."""
        await self.say(**frame)
        return await self.hear()

    async def hello(
        self, token: str | None = None, after: int = 0, **fields: Any
    ) -> dict[str, Any]:
        """Say hello and remember who one is."""
        welcome = await self.ask(type="hello", token=token, after=after, **fields)
        self.token, self.id = welcome.get("token", ""), welcome.get("visitor", "")
        return welcome

    async def closed(self) -> int | None:
        """Wait for the server's close and return its code."""
        received = await self.socket.receive(timeout=5)
        assert received.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR}, received
        return self.socket.close_code


@dataclass
class House:
    """The connector, its context, and a way to its server."""

    connector: ChatConnector
    context: Any
    codes: CodeDesk
    session: ClientSession
    url: str

    async def visit(self, *, account: str = "web", **options: Any) -> Visitor:
        """Open a WebSocket."""
        url = f"{self.url}/v1/chat/{account}"
        return Visitor(await self.session.ws_connect(url, **options))

    def reply(self, visitor: str, text: str, command: str = "1") -> Any:
        """Put a reply to a visitor into the journal."""
        return self.context.outbox.push(
            self.context.outbound(
                visitor_identifier(visitor), text, channel="chat", account="web", command=command
            )
        )


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """What is opened on it is closed with the test."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def chat(recording: Callable[..., Any]) -> AsyncIterator[Callable[..., Awaitable[House]]]:
    """Return a factory of houses: settings in, a served connector out."""
    houses: list[tuple[House, web.AppRunner]] = []

    async def make(public_url: str = "", **settings: Any) -> House:
        context = recording(public_url=public_url)
        context.proofs = codes = CodeDesk(context)
        values = {
            "secret": SECRET,
            "accounts": {"web": ChatAccount(title="Shop <care>"), "app": ChatAccount()},
            **settings,
        }
        connector = ChatConnector(ChatSettings(**values), context.context)
        application = web.Application()
        for route in connector.routes():
            application.router.add_route(route.method, route.path, route.handler)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await connector.start()
        await context.outbox.followed.wait()
        host, port = runner.addresses[0][:2]
        house = House(connector, context, codes, ClientSession(), f"http://{host}:{port}")
        houses.append((house, runner))
        return house

    yield make
    for house, runner in houses:
        await house.connector.stop()
        await house.session.close()
        await runner.cleanup()
