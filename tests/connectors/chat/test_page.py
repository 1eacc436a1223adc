"""The demo page: served under a policy that lets it run nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from maitred.connectors.chat.connector import ChatAccount, ChatConnector, ChatSettings
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.secret import Secret

Chat = Callable[..., Awaitable[Any]]


async def test_the_page_is_served_and_its_policy_allows_its_own_script_and_style(
    chat: Chat,
) -> None:
    house = await chat()
    async with house.session.get(f"{house.url}/v1/chat/web/demo") as response:
        page, headers = await response.text(), response.headers
        assert response.status == 200
        assert response.content_type == "text/html"
    assert "<title>Shop &lt;care&gt;</title>" in page
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        ((content),) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_the_page_runs_no_handler_in_a_tag_and_loads_nothing(chat: Chat) -> None:
    house = await chat()
    async with house.session.get(f"{house.url}/v1/chat/web/demo") as response:
        page = await response.text()
    tags = re.findall(r"<[a-z][^>]*>", page)
    assert not [tag for tag in tags if re.search(r"\s(on\w+|style|src|href)=", tag)]
    assert "innerHTML" not in page
    assert 'role="log"' in page


async def test_the_page_is_not_there_for_unknown_accounts_or_when_switched_off(
    chat: Chat,
) -> None:
    house = await chat()
    async with house.session.get(f"{house.url}/v1/chat/nobody/demo") as response:
        assert response.status == 404
    house = await chat(demo_page=False)
    async with house.session.get(f"{house.url}/v1/chat/web/demo") as response:
        assert response.status == 404


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
