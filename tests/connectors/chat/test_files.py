"""Files over HTTP: taken with their message or refused in HTTP's words, given to nobody else."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import orjson
import pytest
from aiohttp import FormData

from maitred.connectors.chat import file_door
from maitred.connectors.chat.connector import ChatAccount
from maitred.connectors.chat.token import issue
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import visitor_identifier
from maitred.contracts.inbound import BlobRef
from maitred.contracts.limits import CHAT_UPLOAD_BYTES_MAX, HOUR_MS
from maitred.contracts.outbound import OutboundFile
from maitred.contracts.secret import Secret
from maitred.normalizer.chat.decoder import decode
from maitred.normalizer.port import DecodeContext

Chat = Callable[..., Awaitable[Any]]
PNG = ("shelf.png", b"\x89PNG\r\n\x1a\n of a shelf", "image/png")
GOOD_FORM = (
    b'--x\r\nContent-Disposition: form-data; name="frame"\r\n\r\n'
    b'{"type": "message", "id": "m1", "text": "Look"}\r\n--x\r\nContent-Type: image/png\r\n'
    b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nx\r\n--x--\r\n'
)
TEXT = ("a b.txt", b"", "text/plain; charset=utf-8")


def form(*files: tuple[str, bytes, str], frame: Any = None, identity: str = "") -> FormData:
    """Return a message with files."""
    filled = FormData(quote_fields=False)
    message = frame or {"type": "message", "id": "m1", "text": "Look\n"}
    filled.add_field("frame", orjson.dumps(message).decode(), content_type="application/json")
    if identity:
        filled.add_field("identity", identity)
    for name, data, kind in files:
        filled.add_field("file", data, filename=name, content_type=kind)
    return filled


async def post(house: Any, token: str, data: Any, **headers: str) -> tuple[int, Any, Any]:
    """Send it; return the status, the frame that answers, and the headers."""
    headers = {"Authorization": f"Bearer {token}", **headers}
    address = f"{house.url}/v1/chat/web/files"
    async with house.session.post(address, data=data, headers=headers) as response:
        return response.status, orjson.loads(await response.read()), response.headers


async def token_of(house: Any) -> tuple[str, str]:
    """Return a new visitor's token, and who he is."""
    visitor = await house.visit()
    await visitor.hello()
    return visitor.token, visitor.id


async def test_a_message_is_stored_with_its_files_and_read_as_one(chat: Chat) -> None:
    house = await chat()
    token, visitor = await token_of(house)
    status, ack, headers = await post(house, token, form(PNG, TEXT))
    ((inbound, body),) = house.context.accepted
    assert status == 200
    assert ack == {"type": "ack", "id": "m1", "message": inbound.id, "duplicate": False}
    assert headers["Cache-Control"] == "no-store"
    assert inbound.provider_id == f"{visitor}:m1"
    decoded = decode(inbound, body, 1, DecodeContext(keys=house.context.keys))
    assert decoded.message.text == "Look"
    assert [(each.name, each.content_type, each.size) for each in decoded.message.attachments] == [
        ("shelf.png", "image/png", len(PNG[1])),
        ("a b.txt", "text/plain", 0),
    ]
    for each, (_, data, _) in zip(decoded.message.attachments, (PNG, TEXT), strict=True):
        assert each.blob is not None
        assert each.blob.owner == inbound.sender_key
        assert decoded.contents[each.blob.sha256] == data


async def test_the_same_message_again_is_the_same_message(chat: Chat) -> None:
    house = await chat()
    token, _ = await token_of(house)
    _, first, _ = await post(house, token, form(PNG))
    status, again, _ = await post(house, token, form(PNG))
    assert (status, again) == (200, {**first, "duplicate": True})
    assert len(house.context.accepted) == 1


async def test_a_message_of_files_alone_needs_no_words(chat: Chat) -> None:
    house = await chat()
    token, _ = await token_of(house)
    wordless = {"type": "message", "id": "m1", "text": ""}
    assert (await post(house, token, form(PNG, frame=wordless)))[0] == 200
    ((inbound, body),) = house.context.accepted
    assert decode(inbound, body, 1, DecodeContext(keys=house.context.keys)).message.text == ""


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (form(), 400, "bad_frame"),
        (
            form(PNG, frame={"type": "edit", "id": "e", "target": "m", "text": "x"}),
            400,
            "bad_frame",
        ),
        (form(PNG, frame={"type": "dance"}), 400, "unknown_type"),
        (form(PNG, frame={"type": "message", "id": "m1", "text": "x" * 16_001}), 413, "too_long"),
        (form(PNG, frame={"type": "message", "id": "m1", "text": "x" * 70_000}), 413, "too_large"),
        (form(("x.png", b"x" * 1_001, "image/png")), 413, "too_large"),
        (form(PNG, PNG, PNG), 413, "too_many_files"),
        (form(("x.exe", b"MZ", "application/x-msdownload")), 415, "type_not_taken"),
        (form(PNG, identity="x" * 9_000), 413, "too_large"),
        (b"{}", 400, "bad_frame"),
    ],
)
async def test_what_is_no_such_message_is_refused_and_nothing_is_stored(
    chat: Chat, data: Any, status: int, code: str
) -> None:
    house = await chat(accounts={"web": ChatAccount(files_max=2, file_bytes_max=1_000)})
    token, _ = await token_of(house)
    answered, fault, _ = await post(house, token, data)
    assert (answered, fault["type"], fault["code"]) == (status, "error", code)
    assert house.context.store.calls == 0


async def test_a_form_by_hand_is_taken(chat: Chat) -> None:
    house = await chat()
    token, _ = await token_of(house)
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await post(house, token, b"preamble\r\n" + GOOD_FORM, **kind))[0] == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="frame"'),
        ("multipart/form-data; boundary=x", b"\x00" * 1_000),
        ("multipart/form-data", b"--x\r\n\r\n--x--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 100, b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 2_000),
        # Each line of it would be read by itself, while nobody else comes to his turn.
        ("multipart/form-data; boundary=x", b"\n" * 100_000 + GOOD_FORM),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n",
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=frame\r\nContent-Length: -1\r\n\r\n{}",
        ),
    ],
)
async def test_hostile_forms_are_bad_frames(chat: Chat, kind: str, body: bytes) -> None:
    house = await chat()
    token, _ = await token_of(house)
    status, fault, _ = await post(house, token, body, **{"Content-Type": kind})
    assert (status, fault) == (400, {"type": "error", "code": "bad_frame"})


async def test_only_a_visitor_s_own_token_opens_the_door(chat: Chat) -> None:
    house = await chat()
    other_secret = issue(Secret("x" * 32), "web", "v", now=house.context.now)
    for token in ("", "v1.x.1.y", other_secret):
        status, fault, _ = await post(house, token, form(PNG))
        assert (status, fault) == (401, {"type": "error", "code": "bad_token"})
    assert house.context.store.calls == 0


async def test_a_store_that_does_not_answer_acknowledges_nothing(chat: Chat) -> None:
    house = await chat()
    token, _ = await token_of(house)
    house.context.store.fail()
    status, fault, headers = await post(house, token, form(PNG))
    expected = {"type": "error", "code": "try_again", "id": "m1", "retry_after_ms": 2_000}
    assert (status, fault, headers["Retry-After"]) == (503, expected, "2")
    house.context.store.error = Permanent("beyond every limit", code="too_large")
    assert (await post(house, token, form(PNG)))[:2] == (
        400,
        {"type": "error", "code": "refused", "id": "m1"},
    )
    house.context.store.recover()
    assert (await post(house, token, form(PNG)))[0] == 200


async def test_where_files_are_switched_off_none_is_taken(chat: Chat) -> None:
    house = await chat(accounts={"web": ChatAccount(files_max=0)})
    token, _ = await token_of(house)
    assert (await post(house, token, form(PNG)))[1]["code"] == "not_offered"


async def test_who_does_not_say_how_much_comes_or_says_too_much_is_not_read(chat: Chat) -> None:
    house = await chat()
    token, _ = await token_of(house)

    async def endless() -> Any:
        yield b"--x"

    status, fault, _ = await post(house, token, endless())
    assert (status, fault["code"]) == (411, "no_length")
    socket_reader, writer = await asyncio.open_connection(*house.url[7:].split(":"))
    writer.write(
        f"POST /v1/chat/web/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {CHAT_UPLOAD_BYTES_MAX + 1}\r\n\r\n".encode()
    )
    assert b" 413 " in await socket_reader.readline()
    writer.close()


async def test_bytes_are_bounded_by_the_hour_for_a_visitor_and_for_all(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_door, "CHAT_VISITOR_FILE_BYTES_PER_HOUR_MAX", 1_000)
    house = await chat()
    token, _ = await token_of(house)
    assert (await post(house, token, form(PNG)))[0] == 200
    status = 200
    for _ in range(3):
        status, fault, headers = await post(house, token, form(PNG))
    assert (status, fault["code"]) == (429, "slow_down")
    assert 0 < int(headers["Retry-After"]) <= HOUR_MS // 1_000
    other, _ = await token_of(house)
    assert (await post(house, other, form(PNG)))[0] == 200
    house.context.now += HOUR_MS
    assert (await post(house, token, form(PNG)))[0] == 200


async def test_pages_of_other_origins_are_kept_out_and_allowed_ones_are_told_so(
    chat: Chat,
) -> None:
    allowed = "https://shop.example"
    house = await chat(accounts={"web": ChatAccount(allowed_origins=(allowed,))})
    token, _ = await token_of(house)
    address = f"{house.url}/v1/chat/web/files"
    for origin, status in ((allowed, 204), ("https://evil.example", 403), ("null", 403)):
        async with house.session.options(address, headers={"Origin": origin}) as response:
            assert response.status == status
            told = response.headers.get("Access-Control-Allow-Origin")
            assert told == (allowed if status == 204 else None)
    _, _, headers = await post(house, token, form(PNG), Origin=allowed)
    assert headers["Access-Control-Allow-Origin"] == allowed
    assert headers["Vary"] == "Origin"
    bearer = {"Authorization": f"Bearer {token}", "Origin": "https://evil.example"}
    async with house.session.post(address, data=form(PNG), headers=bearer) as response:
        assert response.status == 403
    async with house.session.post(f"{house.url}/v1/chat/nobody/files") as response:
        assert response.status == 404
    assert len(house.context.accepted) == 1


async def test_a_file_of_an_agent_is_given_to_its_visitor_and_to_nobody_else(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    frame = await _send_file(house, ann, b"<script>alert(1)</script>")
    (file,) = frame["files"]
    assert (file["name"], file["type"], file["size"]) == ("Größe.html", "text/html", 25)
    status, data, headers = await _fetch(house, ann.token, file["handle"])
    assert (status, data) == (200, b"<script>alert(1)</script>")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.html"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    bob, _ = await token_of(house)
    assert (await _fetch(house, bob, file["handle"]))[0] == 404
    assert (await _fetch(house, "", file["handle"]))[0] == 401
    forged = file["handle"][:-1] + ("A" if file["handle"][-1] != "A" else "B")
    for handle in (forged, "f1.e30.x", "x", "f1." + "A" * 5_000 + "." + "A" * 43):
        assert (await _fetch(house, ann.token, handle))[0] == 404
    house.context.files.clear()
    assert (await _fetch(house, ann.token, file["handle"]))[0] == 404


async def _send_file(house: Any, visitor: Any, data: bytes) -> Any:
    blob = BlobRef(
        owner=house.context.keys.identifier(visitor_identifier(visitor.id)),
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )
    house.context.files[blob.sha256] = data
    outbound = house.context.outbound(
        visitor_identifier(visitor.id), "Here", channel="chat", account="web"
    )
    file = OutboundFile(name="Größe.html", content_type="text/html", blob=blob)
    house.context.outbox.push(msgspec.structs.replace(outbound, files=(file,)))
    return await visitor.hear()


async def _fetch(house: Any, token: str, handle: str) -> tuple[int, bytes, Any]:
    address = f"{house.url}/v1/chat/web/files/{handle}"
    bearer = {"Authorization": f"Bearer {token}"}
    async with house.session.get(address, headers=bearer) as response:
        return response.status, await response.read(), response.headers
