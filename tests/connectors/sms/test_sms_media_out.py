"""Files of a reply are fetched by Twilio from an address that nobody can guess, for a while."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from aiohttp import ClientResponse

from maitred.connectors.sms import media
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.identifiers import text_identifier
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.inbound import BlobRef
from maitred.contracts.outbound import Outbound, OutboundFile
from maitred.contracts.secret import Secret
from tests.connectors.sms.door import PUBLIC, Door, OpenDoor

CUSTOMER = text_identifier("+14158675309").identifier
PICTURE = b"\x89PNG" + bytes(1_000)


def file(
    data: bytes = PICTURE, *, name: str = "plan.png", kind: str = "image/png", digest: str = "d1"
) -> OutboundFile:
    blob = BlobRef(owner=IdentifierKey("own"), sha256=digest, size=len(data))
    return OutboundFile(name=name, content_type=kind, blob=blob)


def reply(
    door: Door, *files: OutboundFile, text: str = "Here it is.", sender: str = "+18005551212"
) -> Outbound:
    door.recorded.files |= {each.blob.sha256: PICTURE for each in files}
    plain = door.recorded.outbound(
        CUSTOMER, text, channel="sms", account="main", extra={"from": sender}
    )
    return msgspec.structs.replace(plain, files=files)


async def link(door: Door, one: OutboundFile | None = None) -> str:
    """Send a reply with a file and return the path that Twilio was given."""
    await door.connector.send(reply(door, one or file()))
    [address] = door.api.media[-1]
    assert address.startswith(f"{PUBLIC}/v1/files/sms/main/")
    return urlsplit(address).path


def change(door: Door, **parts: Any) -> None:
    """Give the door of files another context from now on."""
    door.connector._media._context = dataclasses.replace(door.recorded.context, **parts)


async def get(door: Door, path: str) -> ClientResponse:
    return await door.client.get(path)


async def test_a_file_is_fetched_as_what_it_is(door: Door) -> None:
    path = await link(door)
    answer = await get(door, path)
    assert answer.status == 200
    assert await answer.read() == PICTURE
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == 'inline; filename="plan.png"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    head = await door.client.head(path)
    assert (head.status, head.headers["Content-Type"]) == (200, "image/png")
    assert head.headers["Content-Length"] == str(len(PICTURE))


async def test_an_mms_has_up_to_ten_files_and_needs_no_text(door: Door) -> None:
    files = [file(digest=f"d{number}") for number in range(10)]
    sent = await door.connector.send(reply(door, *files, text=""))
    assert len(set(door.api.media[0])) == 10
    assert "Body" not in door.api.sent[0]
    assert sent.segments == 0


@pytest.mark.parametrize(
    ("sender", "files", "code"),
    [
        ("+18005551212", [file(digest=f"d{each}") for each in range(11)], "too_many_files"),
        ("whatsapp:+18005551212", [file(digest="a"), file(digest="b")], "too_many_files"),
        ("+18005551212", [file(bytes(2_600_000)), file(bytes(2_600_000))], "file_too_large"),
        ("whatsapp:+18005551212", [file(bytes(16_000_001), kind="video/mp4")], "file_too_large"),
        ("whatsapp:+18005551212", [file(bytes(5_000_001))], "file_too_large"),
    ],
)
async def test_what_twilio_would_not_take_is_not_sent(
    door: Door, sender: str, files: list[OutboundFile], code: str
) -> None:
    with pytest.raises(Permanent) as refused:
        await door.connector.send(reply(door, *files, sender=sender))
    assert refused.value.code == code
    assert door.api.sent == []


async def test_whatsapp_takes_what_is_too_large_for_an_mms(door: Door) -> None:
    large = file(bytes(15_000_000), kind="application/pdf")
    await door.connector.send(reply(door, large, sender="whatsapp:+18005551212"))
    assert len(door.api.media[0]) == 1


async def test_without_a_public_address_no_file_can_be_sent(open_door: OpenDoor) -> None:
    door = await open_door(public_url="")
    with pytest.raises(Permanent) as refused:
        await door.connector.send(reply(door, file()))
    assert refused.value.code == "no_public_url"


async def test_a_link_tells_nothing_and_opens_nothing_else(door: Door) -> None:
    path = await link(door)
    start, _, token = path.rpartition("/")
    assert "plan" not in token
    assert await link(door) != path
    wrong = (
        f"{start}/{token[:-4]}AAA=",
        f"{start}/A{token}",
        f"{start}/" + "A" * 5_000,
        f"{start}/%C3%BC",
        path.replace("/main/", "/other/"),
    )
    assert [(await get(door, each)).status for each in wrong] == [404] * 5
    assert {reason for _, reason in door.recorded.refusals} == {"bad_link"}
    assert door.recorded.refusals[-1] == ("unknown", "bad_link")


async def test_a_link_of_another_account_opens_nothing_here(
    door: Door, open_door: OpenDoor
) -> None:
    other = await open_door(auth_token=Secret("another"))
    assert (await get(other, await link(door))).status == 404


async def test_a_link_ends_with_its_time(door: Door) -> None:
    path = await link(door)
    door.recorded.now += media.LINK_AGE_S * 1_000
    assert (await get(door, path)).status == 200
    door.recorded.now += 1_000
    assert (await get(door, path)).status == 404


async def test_a_link_outlives_a_change_of_the_token(door: Door, open_door: OpenDoor) -> None:
    path = await link(door)
    changed = await open_door(auth_token=Secret("new"), auth_tokens=(Secret(door.token),))
    changed.recorded.files["d1"] = PICTURE
    assert (await get(changed, path)).status == 200


@pytest.mark.parametrize(
    ("name", "kind", "shown", "served"),
    [
        ("Übersicht der Bestellung (neu).pdf", "application/pdf", "bersicht_der_Be.pdf", None),
        ("請求書.pdf", "application/pdf", "file.pdf", None),
        ('a"\r\nSet-Cookie: x.png', "image/png", "a_Set-Cookie_x.png", None),
        ("../../etc/passwd", "text/plain", "passwd", None),
        ("", "audio/ogg; codecs=opus", "file", "audio/ogg; codecs=opus"),
        ("a.bin", "image/png\r\nX: y", "a.bin", "application/octet-stream"),
    ],
)
async def test_a_name_is_as_twilio_wants_it_and_a_type_is_one(
    door: Door, name: str, kind: str, shown: str, served: str | None
) -> None:
    answer = await get(door, await link(door, file(name=name, kind=kind)))
    assert answer.headers["Content-Disposition"] == f'inline; filename="{shown}"'
    assert answer.headers["Content-Type"] == (served or kind)


async def test_a_file_that_is_gone_is_not_found(door: Door) -> None:
    path = await link(door)
    door.recorded.files.clear()
    assert (await get(door, path)).status == 404
    assert door.recorded.refusals == [("main", "blob_missing")]


async def test_while_the_store_is_down_twilio_is_told_to_come_back(door: Door) -> None:
    path = await link(door)

    async def down(_: BlobRef) -> bytes:
        raise StoreUnavailable("the store does not answer")

    change(door, files=down)
    answer = await get(door, path)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_more_at_once_than_are_served_wait_for_their_turn(door: Door) -> None:
    path = await link(door)
    asked, let_go, under_way = 0, asyncio.Event(), asyncio.Event()

    async def slow(_: BlobRef) -> bytes:
        nonlocal asked
        asked += 1
        if asked == media.SERVED_AT_ONCE_MAX:
            under_way.set()
        await let_go.wait()
        return PICTURE

    change(door, files=slow)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        many = [group.create_task(get(door, path)) for _ in range(20)]
        await under_way.wait()
        assert asked == media.SERVED_AT_ONCE_MAX
        let_go.set()
    assert [each.result().status for each in many] == [200] * 20


async def test_who_does_not_read_what_he_asked_for_is_given_up(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "SERVE_TIMEOUT_S", 0.1)
    path = await link(door)
    door.recorded.files["d1"] = bytes(64_000_000)
    told = asyncio.Event()
    reasons: list[str] = []

    def refused(_: str, reason: str) -> None:
        reasons.append(reason)
        told.set()

    change(door, refused=refused)
    _, writer = await asyncio.open_connection(door.client.host, door.client.port, limit=1)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    await asyncio.wait_for(told.wait(), 5)
    assert reasons == ["file_not_served"]
    writer.close()
