"""A real browser on a real gateway."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from demo.house import House
from tests.browser.install import chromium
from tests.browser.visitor import Visitor
from tests.end_to_end.conftest import OpenHouse, house, open_house, smarthost, take_seat

__all__ = ["house", "open_house", "smarthost", "take_seat"]

Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        path = chromium() or playwright.chromium.executable_path
        if shutil.which(path) is None:
            pytest.skip("no Chromium on this machine: see tests/browser/install.py")
        # Chromium refuses its sandbox to root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        # The only port that a house of ours may get and Chromium keeps pages from.
        arguments.append("--explicitly-allowed-ports=10080")
        launched = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield launched
        await launched.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context()
    yield opened
    await opened.close()


@pytest.fixture
async def visitor(context: BrowserContext, house: House) -> AsyncIterator[Visitor]:
    """Open the demo page; what the browser complains about fails the test."""
    opened = Visitor(await context.new_page(), house)
    await opened.open()
    yield opened
    assert opened.faults == []


@pytest.fixture
async def visit(open_house: OpenHouse, browser: Browser) -> AsyncIterator[Visit]:
    """Return what opens the demo page of a house whose chat has more settings."""
    opened: list[Visitor] = []

    async def open_(settings: str = "", **context: Any) -> Visitor:
        house = await open_house(chat=CHAT + settings)
        page = await (await browser.new_context(**context)).new_page()
        opened.append(Visitor(page, house))
        await opened[-1].open()
        return opened[-1]

    yield open_
    for visitor in opened:
        assert visitor.faults == []


CHAT = """[channels.chat]
secret = "file:chat"
[channels.chat.accounts.shop]
title = "Demo shop"
"""
