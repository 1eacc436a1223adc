"""A real browser on a real gateway."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.install import chromium
from tests.end_to_end.conftest import house, open_house, smarthost, take_seat

__all__ = ["house", "open_house", "smarthost", "take_seat"]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        path = chromium() or playwright.chromium.executable_path
        if shutil.which(path) is None:
            pytest.skip("no Chromium on this machine: see tests/browser/install.py")
        # Chromium refuses its sandbox to root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        launched = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield launched
        await launched.close()
