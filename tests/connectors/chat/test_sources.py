"""Sources: whose address it is, and how much may come from one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from maitred.connectors.chat import sources
from maitred.connectors.chat.connector import ChatAccount, ChatConnector, ChatSettings
from maitred.connectors.chat.sources import Sources
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.limits import CODES_WINDOW_MS, MINUTE_MS
from tests.connectors.chat.conftest import SECRET

Chat = Callable[..., Awaitable[Any]]
PROXIES = ("127.0.0.0/8", "10.0.0.0/8", "fd00::/8")
HERE = {"X-Forwarded-For": "203.0.113.9"}
VERIFYING = {
    "web": ChatAccount(verify_email_account="support", codes_per_hour=30),
    "app": ChatAccount(),
}


class _Transport:
    def __init__(self, peer: str) -> None:
        self._peer = peer

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self._peer, 50_000) if name == "peername" else default


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("8.8.8.8", [], "8.8.8.8"),
        ("8.8.8.8", ["203.0.113.9"], "8.8.8.8"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.2.3.4", "203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        ("127.0.0.1", ["1.2.3.4, 203.0.113.9:4711"], "203.0.113.9"),
        ("fd00::1", ["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2::/64"),
        ("10.0.0.1", ["2001:db8:1:2:ffff::1"], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["203.0.113.9, unknown"], ""),
        ("127.0.0.1", ["10.0.0.7"], ""),
        ("127.0.0.1", [], ""),
        ("192.168.1.1", ["203.0.113.9"], ""),
        ("", [], ""),
    ],
)
def test_the_source_is_the_last_address_that_is_no_proxy_of_ours(
    peer: str, forwarded: list[str], source: str
) -> None:
    headers = [("X-Forwarded-For", each) for each in forwarded]
    given: Any = {"headers": CIMultiDict(headers), "transport": _Transport(peer)}
    request = make_mocked_request("GET", "/", **given)
    assert Sources(PROXIES, lambda: 0).of(request) == source


def test_a_proxy_that_is_no_network_is_told() -> None:
    settings = ChatSettings(secret=SECRET, accounts={}, proxies=("10.0.0.0/8", "10.0.0.1/8"))
    with pytest.raises(ConfigurationError) as told:
        ChatConnector(settings, None)  # type: ignore[arg-type]  (refused before it is looked at)
    expected = "channels.chat.proxies[1]: '10.0.0.1/8' is not a network, as in 10.0.0.0/8"
    assert told.value.faults == (expected,)


async def test_one_address_has_a_number_of_sockets_and_others_have_theirs(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "CHAT_SOCKETS_PER_SOURCE_MAX", 2)
    house = await chat(proxies=PROXIES)
    first = await house.visit(headers=HERE)
    await house.visit(headers=HERE)
    with pytest.raises(WSServerHandshakeError) as refused:
        await house.visit(headers=HERE)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "60")  # type: ignore[index]
    assert house.context.refusals == [("web", "source_sockets")]
    await (await house.visit(headers={"X-Forwarded-For": "203.0.113.10"})).hello()
    await (await house.visit()).hello()
    await first.hello()
    await first.socket.close()
    await (await house.visit(headers=HERE)).hello()


async def test_one_address_says_hello_so_often_and_is_told_when_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "CHAT_HELLOS_PER_SOURCE_PER_MINUTE_MAX", 2)
    house = await chat(proxies=PROXIES)
    for token in (None, "v1.forged.1.x"):
        visitor = await house.visit(headers=HERE)
        await visitor.hello(token)
    visitor = await house.visit(headers=HERE)
    fault = await visitor.ask(type="hello", token=None)
    expected = {"type": "error", "code": "slow_down", "retry_after_ms": MINUTE_MS // 2}
    assert fault == expected
    assert await visitor.closed() == 1013
    assert ("web", "source_hellos") in house.context.refusals
    other = await house.visit(headers={"X-Forwarded-For": "203.0.113.10"})
    assert (await other.hello())["type"] == "welcome"
    house.context.now += MINUTE_MS // 2
    assert (await (await house.visit(headers=HERE)).hello())["type"] == "welcome"


async def test_one_address_uses_up_a_part_of_the_codes_and_no_more(chat: Chat) -> None:
    house = await chat(proxies=PROXIES, accounts=VERIFYING)

    async def ask(number: int, source: dict[str, str]) -> Any:
        visitor = await house.visit(headers=source)
        await visitor.hello()
        address = f"kim{number}@mail.example"
        return await visitor.ask(type="verify", id=f"v{number}", email=address)

    for number in range(3):
        assert await ask(number, HERE) == {"type": "verifying", "id": f"v{number}"}
    retry = CODES_WINDOW_MS // 3
    expected = {"type": "error", "code": "slow_down", "id": "v3", "retry_after_ms": retry}
    assert await ask(3, HERE) == expected
    assert house.codes.calls == 3
    assert ("web", "source_codes") in house.context.refusals
    assert (await ask(4, {"X-Forwarded-For": "203.0.113.10"}))["type"] == "verifying"
    house.context.now += retry
    assert (await ask(5, HERE))["type"] == "verifying"


async def test_where_no_address_can_be_told_none_is_counted(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CHAT_HELLOS_PER_SOURCE_PER_MINUTE_MAX", "CHAT_SOCKETS_PER_SOURCE_MAX"):
        monkeypatch.setattr(sources, name, 1)
    house = await chat()
    for _ in range(3):
        assert (await (await house.visit(headers=HERE)).hello())["type"] == "welcome"
