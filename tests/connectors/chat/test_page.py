"""The widget as it is served, and the demo page that has nothing but it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from maitred.connectors.chat.connector import ChatAccount, ChatConnector, ChatSettings
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.secret import Secret

Chat = Callable[..., Awaitable[Any]]
PACKED_BYTES_MAX = 30_000
SINKS = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")


async def test_the_page_has_nothing_but_the_widget_and_its_policy_nothing_unsafe(
    chat: Chat,
) -> None:
    house = await chat()
    async with house.session.get(f"{house.url}/v1/chat/web/demo") as response:
        page, headers = await response.text(), response.headers
        assert response.status == 200
        assert response.content_type == "text/html"
    assert "<title>Shop &lt;care&gt;</title>" in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert re.findall(r"<(?:script|style)[^>]*>([^<]*)<", page) == [""]
    (source,) = re.findall(r'src="([^"]*)"', page)
    (integrity,) = re.findall(r'integrity="sha384-([^"]*)"', page)
    async with house.session.get(f"{house.url}/v1/chat/{source.removeprefix('../')}") as response:
        script = await response.read()
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert base64.b64decode(integrity) == hashlib.sha384(script).digest()


async def test_the_page_is_not_there_for_unknown_accounts_or_when_switched_off(
    chat: Chat,
) -> None:
    house = await chat()
    async with house.session.get(f"{house.url}/v1/chat/nobody/demo") as response:
        assert response.status == 404
    house = await chat(demo_page=False)
    async with house.session.get(f"{house.url}/v1/chat/web/demo") as response:
        assert response.status == 404


async def test_the_widget_is_small_and_reads_nothing_as_markup(chat: Chat) -> None:
    house = await chat()
    address = f"{house.url}/v1/chat/widget.js"
    async with house.session.get(address) as response:
        script = await response.text()
        assert response.content_type == "text/javascript"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert response.headers["Content-Encoding"] == "gzip"
        assert int(response.headers["Content-Length"]) < PACKED_BYTES_MAX
    assert len(gzip.compress(script.encode())) < PACKED_BYTES_MAX
    assert not [sink for sink in SINKS if sink in script]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_who_has_the_widget_is_not_sent_it_again(chat: Chat, encoding: str) -> None:
    house = await chat()
    address, headers = f"{house.url}/v1/chat/widget.js", {"Accept-Encoding": encoding}
    async with house.session.get(address, headers=headers) as response:
        tag = response.headers["ETag"]
        assert response.headers["Cache-Control"] == "public, max-age=300"
        assert response.headers["Vary"] == "Accept-Encoding"
    async with house.session.get(address, headers={**headers, "If-None-Match": tag}) as response:
        assert response.status == 304
        assert await response.read() == b""
    async with house.session.get(address, headers={**headers, "If-None-Match": '"x"'}) as response:
        assert response.status == 200


async def test_all_languages_say_the_same_things(chat: Chat) -> None:
    house = await chat()
    async with house.session.get(f"{house.url}/v1/chat/widget.js") as response:
        script = await response.text()
    texts = script[script.index("const TEXTS") : script.index("const RIGHT_TO_LEFT")]
    languages = re.split(r"(?m)^  ([a-z]{2}): \{$", texts)[1:]
    said = {
        name: [
            (key, sorted(re.findall(r"\{(\w+)\}", text)))
            for key, text in re.findall(r'(\w+): "([^"]+)"', body)
        ]
        for name, body in zip(languages[::2], languages[1::2], strict=True)
    }
    assert sorted(said) == ["ar", "de", "en", "es", "fr"]
    assert all(each == said["en"] for each in said.values())


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"secret": Secret("short"), "accounts": {}}, "channels.chat.secret"),
        (
            {
                "secret": Secret("x" * 32),
                "accounts": {"web": ChatAccount(allowed_origins=("shop.example",))},
            },
            "channels.chat.accounts.web.allowed_origins",
        ),
        (
            {
                "secret": Secret("x" * 32),
                "accounts": {"web": ChatAccount(file_types=("*.png",))},
            },
            "channels.chat.accounts.web.file_types",
        ),
    ],
)
async def test_wrong_settings_are_found_before_anything_starts(
    recording: Callable[..., Any], settings: dict[str, Any], path: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        ChatConnector(ChatSettings(**settings), recording().context)
    (fault,) = refusal.value.faults
    assert fault.startswith(path)
    assert "short" not in fault
