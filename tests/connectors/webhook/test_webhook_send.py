"""What is posted to a system: whole, signed, and never into our own network by mistake."""

from __future__ import annotations

import asyncio
import hashlib

import msgspec
import orjson
import pytest
from aiohttp import web

from maitred.connectors.testing import Mood
from maitred.connectors.webhook import send
from maitred.connectors.webhook.standard import ID, key_of, proven_id
from maitred.contracts.errors import OutcomeUnknown, Permanent, Retryable, Throttled
from maitred.contracts.identifiers import Identifier, IdentifierKind
from maitred.contracts.ids import IdentifierKey, OutboundId
from maitred.contracts.inbound import BlobRef
from maitred.contracts.message import Attachment
from maitred.contracts.outbound import Outbound, OutboundFile, OutboundKind
from tests.connectors.webhook.conftest import SECRET, Open, System

KIM = Identifier(kind=IdentifierKind.CRM, value="crm:user-77")
DATA = b"%PDF-1.7 an invoice"


def reply(system: System, **changes: object) -> Outbound:
    made = system.recorded.outbound(
        KIM,
        "On its way.",
        channel="webhook",
        account="crm",
        subject="Re: Order",
        thread="order-77",
        extra={"sender": "user-77"},
    )
    return msgspec.structs.replace(made, **changes)


def moved(to: str) -> web.Response:
    return web.Response(status=307, headers={"Location": to})


def waiting(status: int, asked: str) -> web.Response:
    return web.Response(status=status, headers={"Retry-After": asked})


def got(path: str) -> web.Response:
    return web.Response(body=f"at {path}".encode())


async def test_a_reply_is_posted_whole_and_signed(system: System) -> None:
    sha256 = hashlib.sha256(DATA).hexdigest()
    system.recorded.files[sha256] = DATA
    blob = BlobRef(owner=IdentifierKey("k"), sha256=sha256, size=len(DATA))
    file = OutboundFile(name="invoice.pdf", content_type="application/pdf", blob=blob)
    sent = await system.connector.send(
        reply(system, files=(file,), agent_picture="https://shop.example/sam.png")
    )
    assert sent.provider_id == "out_1"
    assert sent.thread_ids == ("crm:out_1", "crm:order-77")
    ((headers, body),) = system.came
    assert proven_id((key_of(SECRET),), headers, body, system.recorded.now) == "out_1"
    assert headers["Content-Type"] == "application/json"
    assert orjson.loads(body) == {
        "type": "reply",
        "id": "out_1",
        "to": {"id": "user-77"},
        "agent": {"name": "Sam", "picture": "https://shop.example/sam.png"},
        "text": "On its way.",
        "subject": "Re: Order",
        "thread": "order-77",
        "files": [
            {
                "name": "invoice.pdf",
                "content_type": "application/pdf",
                "data": "JVBERi0xLjcgYW4gaW52b2ljZQ==",
            }
        ],
        "at": system.recorded.now,
    }


async def test_an_edit_names_the_reply_that_it_replaces(system: System) -> None:
    await system.connector.send(
        reply(system, id="out_2", kind=OutboundKind.EDIT, target=OutboundId("out_1"))
    )
    ((headers, body),) = system.came
    said = orjson.loads(body)
    assert (said["type"], said["id"], said["target"]) == ("edit", "out_2", "out_1")
    assert headers[ID] == "out_2"


async def test_a_file_that_is_gone_fails_the_reply(system: System) -> None:
    blob = BlobRef(owner=IdentifierKey("k"), sha256="0" * 64, size=1)
    file = OutboundFile(name="a", content_type="text/plain", blob=blob)
    with pytest.raises(Permanent) as caught:
        await system.connector.send(reply(system, files=(file,)))
    assert caught.value.code == "blob_missing"
    assert system.came == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "169.254.169.254", "10.1.2.3"])
async def test_an_address_inside_our_network_is_not_posted_to(open_system: Open, host: str) -> None:
    system = await open_system(url=f"https://{host}:1/replies", allow_private=False)
    for _ in range(2):
        with pytest.raises(Permanent) as caught:
            await system.connector.send(reply(system))
        assert caught.value.code == "private_address"
        assert host not in str(caught.value)


async def test_an_account_without_an_address_has_no_way_back(open_system: Open) -> None:
    system = await open_system(url="")
    with pytest.raises(Permanent) as caught:
        await system.connector.send(reply(system))
    assert caught.value.code == "no_way_back"


async def test_before_it_is_started_a_reply_waits(system: System) -> None:
    await system.connector.stop()
    with pytest.raises(Retryable):
        await system.connector.send(reply(system))


async def test_who_never_answers_is_left_alone_and_may_have_it(
    open_system: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "SEND_TIMEOUT_S", 0.2)
    hold = asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hold.wait()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    system = await open_system(url=f"http://{host}:{port}/replies")
    with pytest.raises(OutcomeUnknown):
        await system.connector.send(reply(system))
    assert system.connector.capabilities.resend_is_safe
    hold.set()
    server.close()
    await server.wait_closed()


async def test_a_stop_ends_a_send_that_is_under_way_as_unknown(open_system: Open) -> None:
    came, hold = asyncio.Event(), asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        came.set()
        await hold.wait()
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    system = await open_system(url=f"http://{host}:{port}/replies")
    sending = asyncio.get_running_loop().create_task(system.connector.send(reply(system)))
    await came.wait()
    await system.connector.stop()
    with pytest.raises(OutcomeUnknown):
        await sending
    hold.set()
    server.close()
    await server.wait_closed()


async def test_a_redirect_is_not_followed(open_system: Open) -> None:
    system = await open_system()
    system.receiver._failed = lambda _: moved(system.receiver.url)
    await system.receiver.behave(Mood.FAILS)
    with pytest.raises(Permanent) as caught:
        await system.connector.send(reply(system))
    assert caught.value.code == "http_307"
    assert system.came == []


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "wait_ms"),
    [
        ("7", 7_000),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60_000),
        ("999999", 3_600_000),
    ],
)
async def test_who_asks_to_wait_is_given_the_time(
    system: System, status: int, asked: str, wait_ms: int
) -> None:
    system.receiver._failed = lambda _: waiting(status, asked)
    await system.receiver.behave(Mood.FAILS)
    with pytest.raises(Throttled) as caught:
        await system.connector.send(reply(system))
    assert caught.value.after_ms == wait_ms


async def test_a_file_is_fetched_from_the_system_and_from_nowhere_inside(
    open_system: Open,
) -> None:
    system = await open_system()
    system.receiver._aside = lambda request: got(request.path)
    file = Attachment(
        name="a", content_type="text/plain", size=-1, remote=system.receiver.url + "/a"
    )
    assert await system.connector.fetch("crm", file) == b"at /a"
    for remote, code in (
        ("https://127.0.0.1:1/a", "private_address"),
        ("http://files.example.com/a", "bad_address"),
    ):
        with pytest.raises(Permanent) as caught:
            await system.connector.fetch("crm", msgspec.structs.replace(file, remote=remote))
        assert caught.value.code == code
    with pytest.raises(Permanent) as caught:
        await system.connector.fetch("nobody", file)
    assert caught.value.code == "unknown_account"
