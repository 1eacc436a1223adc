"""A stranger names an address: what is fetched is public, bounded, and told no secret."""

from __future__ import annotations

import asyncio
import re
import socket
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from maitred.connectors.media import REDIRECTS_MAX, Source, fetch
from maitred.connectors.public_address import is_public
from maitred.connectors.retry_after import WAIT_MS_MAX
from maitred.contracts.errors import MaitredError, Permanent, Retryable, Throttled
from tests.connectors.media_host import MediaHost

HOSTS = re.compile(r"files\.example")
SECRET = "Basic c2VjcmV0"


def epoch() -> int:
    return 0


@pytest.fixture
async def host() -> AsyncIterator[MediaHost]:
    host = MediaHost()
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
async def other() -> AsyncIterator[MediaHost]:
    """A second server, which nobody configured."""
    host = MediaHost()
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
def source(host: MediaHost) -> Source:
    return Source(peer="Acme", authorization=SECRET, hosts=HOSTS, clock=epoch, stand_in=host.url)


@pytest.mark.parametrize("size", [0, 1, 100_000])
async def test_a_file_comes_as_it_is(host: MediaHost, source: Source, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert await fetch(host.file("/a%2Fb?Signature=x%2By%3D", data), source) == data
    (request,) = host.seen
    assert request.headers["Authorization"] == SECRET
    assert request.headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in request.headers
    assert request.raw_path == "/a%2Fb?Signature=x%2By%3D"


async def test_a_file_of_just_the_bound_comes_and_a_larger_one_does_not(
    host: MediaHost, source: Source
) -> None:
    address = host.file("/file", b"x" * 1_000)
    assert len(await fetch(address, source, bytes_max=1_000)) == 1_000
    await _refused(address, source, "too_large", bytes_max=999)


async def test_a_file_without_a_length_is_cut_off_at_the_bound(
    host: MediaHost, source: Source
) -> None:
    await _refused(host.url + "/endless", source, "too_large", bytes_max=500_000)


async def test_a_file_that_trickles_is_given_up(host: MediaHost, source: Source) -> None:
    with pytest.raises(Retryable, match="in time"):
        await fetch(host.url + "/slow", source, timeout_s=0.1)


async def test_a_file_that_breaks_off_is_not_taken_for_whole(
    host: MediaHost, source: Source
) -> None:
    with pytest.raises(Retryable, match="broke off"):
        await fetch(host.url + "/truncated", source)


async def test_a_packed_file_is_refused_before_it_is_unpacked(
    host: MediaHost, source: Source
) -> None:
    address = host.file("/bomb", b"\x1f\x8b...", **{"Content-Encoding": "gzip"})
    await _refused(address, source, "packed")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_within_the_provider_is_followed(
    host: MediaHost, source: Source, status: int
) -> None:
    host.file("/there", b"found")
    assert await fetch(host.redirect("/here", "/there", status), source) == b"found"
    assert [each.headers.get("Authorization") for each in host.seen] == [SECRET, SECRET]


async def test_three_redirects_are_followed_and_a_fourth_is_not(
    host: MediaHost, source: Source
) -> None:
    host.file("/0", b"found")
    for step in range(1, REDIRECTS_MAX + 2):
        host.redirect(f"/{step}", f"/{step - 1}")
    assert await fetch(f"{host.url}/{REDIRECTS_MAX}", source) == b"found"
    await _refused(f"{host.url}/{REDIRECTS_MAX + 1}", source, "too_many_redirects")
    await _refused(host.redirect("/loop", "/loop"), source, "too_many_redirects")


@pytest.mark.parametrize(
    "inside",
    [
        "https://127.0.0.1:{port}/",
        "https://0x7f000001:{port}/",
        "https://localhost:{port}/",
        "https://0.0.0.0:{port}/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]:{port}/",
        "https://[::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[ff0e::1]/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
    ],
)
async def test_no_address_inside_is_reached_directly_or_by_a_redirect(
    host: MediaHost, other: MediaHost, source: Source, inside: str
) -> None:
    address = inside.format(port=other.port)
    await _refused(address, source, "private_address")
    await _refused(host.redirect("/away", address), source, "private_address")
    assert other.seen == []


@pytest.mark.parametrize(
    "answers",
    [["93.184.215.14", "127.0.0.1"], ["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["10.1.2.3"]],
)
async def test_a_name_that_leads_inside_is_refused_whatever_it_led_to_before(
    other: MediaHost, source: Source, monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    """The rebinding name: each look-up gives the next answer, and the last one for ever."""
    asked: list[str] = []

    async def look_up(name: str, port: int, **_: Any) -> list[Any]:
        asked.append(name)
        address = answers[min(len(asked), len(answers)) - 1]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        place = (address, port, 0, 0) if ":" in address else (address, port)
        return [(family, socket.SOCK_STREAM, 6, "", place)]

    connected: list[str] = []
    loop = asyncio.get_running_loop()

    async def connect(sock: socket.socket, address: Any) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(loop, "getaddrinfo", look_up)
    monkeypatch.setattr(loop, "sock_connect", connect)
    for _ in answers:
        with pytest.raises((Permanent, Retryable)):
            await fetch(f"https://rebind.example:{other.port}/", source)
    assert all(is_public(address) for address in connected)
    await _refused(f"https://rebind.example:{other.port}/", source, "private_address")
    assert other.seen == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "/relative",
        "//files.example/x",
        "ftp://files.example/x",
        "file:///etc/passwd",
        "data:text/plain,x",
        "http://files.example/x",
        "http://127.0.0.1:1/",
        "https://user:password@files.example/x",
        "https://user@files.example/x",
        "https:///x",
        "https://files.example:99999/x",
        "https://[::1",
        "https://a b/",
        "https://[fe80::1%25eth0]/",
        "https://127.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://\ud800/",
    ],
)
async def test_what_is_no_plain_https_address_is_refused(
    host: MediaHost, source: Source, address: str
) -> None:
    await _refused(address, source, "bad_address")
    if address.isascii() and address.strip("/") and ":" in address:
        await _refused(host.redirect("/away", address), source, "bad_address")


async def test_credentials_do_not_leave_the_provider(
    host: MediaHost, other: MediaHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two stand-ins cannot be configured, so the second one's networks are declared public."""
    monkeypatch.setattr("maitred.connectors.public_address.is_public", lambda _: True)
    monkeypatch.setattr("maitred.connectors.media._check", lambda _url, _source: None)
    source = Source(peer="Acme", authorization=SECRET, hosts=HOSTS, clock=epoch, stand_in=host.url)
    other.redirect("/elsewhere", f"{host.url}/back")
    host.file("/back", b"found")
    assert await fetch(host.redirect("/away", f"{other.url}/elsewhere"), source) == b"found"
    assert [each.headers.get("Authorization") for each in host.seen] == [SECRET, None]
    assert [each.headers.get("Authorization") for each in other.seen] == [None]


async def test_cookies_are_not_kept(host: MediaHost, source: Source) -> None:
    host.answers["/cookie"] = lambda _: _with_cookie("/file")
    host.file("/file", b"found")
    assert await fetch(host.url + "/cookie", source) == b"found"
    assert all("Cookie" not in each.headers for each in host.seen)


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (404, Permanent, "http_404"),
        (410, Permanent, "http_410"),
        (401, Permanent, "http_401"),
        (204, Permanent, "http_204"),
        (304, Permanent, "http_304"),
        (500, Retryable, ""),
        (503, Retryable, ""),
    ],
)
async def test_a_refusal_is_told_by_its_status(
    host: MediaHost, source: Source, status: int, error: type[MaitredError], code: str
) -> None:
    with pytest.raises(error) as refused:
        await fetch(host.refuse("/gone", status), source)
    assert getattr(refused.value, "code", "") == code


@pytest.mark.parametrize(
    ("after", "ms"),
    [
        ("7", 7_000),
        ("Thu, 01 Jan 1970 00:01:01 GMT", 61_000),
        ("99999999", WAIT_MS_MAX),
        ("", 1_000),
        ("soon", 1_000),
    ],
)
async def test_who_is_asked_to_wait_is_told_how_long(
    host: MediaHost, source: Source, after: str, ms: int
) -> None:
    headers = {"Retry-After": after} if after else {}
    with pytest.raises(Throttled) as refused:
        await fetch(host.refuse("/busy", 429, **headers), source)
    assert refused.value.after_ms == ms


async def test_nobody_listening_is_worth_another_try(source: Source) -> None:
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    gone = Source("Acme", SECRET, HOSTS, epoch, f"http://127.0.0.1:{port}")
    with pytest.raises(Retryable):
        await fetch(f"http://127.0.0.1:{port}/x", gone)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://files.example/x", True),
        ("https://FILES.example/x", True),
        ("http://files.example/x", False),
        ("https://files.example.evil.example/x", False),
        ("https://evil.example/files.example", False),
    ],
)
def test_the_provider_is_known_by_its_whole_host_name(url: str, *, own: bool) -> None:
    source = Source(peer="Acme", authorization=SECRET, hosts=HOSTS, clock=epoch)
    assert source.is_own(URL(url)) is own
    assert SECRET not in repr(source)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("93.184.215.14", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::808:808", False),
        ("2001:db8::1", False),
        ("2001::1", False),
        ("2002:808:808::1", False),
        ("3fff::1", False),
        ("::808:808", False),
        ("::ffff:8.8.8.8", False),
        ("fec0::1", False),
        ("fe80::1%eth0", False),
        ("100.127.255.255", False),
        ("100.128.0.1", True),
        ("192.0.0.9", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("203.0.113.7", False),
        ("239.1.1.1", False),
        ("240.0.0.1", False),
        ("0.1.2.3", False),
        ("not an address", False),
        ("", False),
    ],
)
def test_an_address_is_public_or_not(address: str, *, public: bool) -> None:
    assert is_public(address) is public


def _with_cookie(to: str) -> web.Response:
    response = web.Response(status=302, headers={"Location": to})
    response.set_cookie("session", "1")
    return response


async def _refused(address: str, source: Source, code: str, **bounds: Any) -> None:
    with pytest.raises(Permanent) as refused:
        await fetch(address, source, **bounds)
    assert refused.value.code == code
    told = "".join(traceback.format_exception_only(refused.value))
    assert not address or address not in told
    assert SECRET not in told
