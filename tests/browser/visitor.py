"""A visitor at the chat widget, with everything that his browser complained about."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, expect

from tests.end_to_end.seat import Seat

PHONE: Any = {"width": 360, "height": 640}


class Visitor:
    """A page with the widget on it: the demo page, unless it says otherwise."""

    def __init__(self, page: Page, house: Any, url: str = "") -> None:
        self.page = page
        self.house = house
        self.faults: list[str] = []
        self.url = url or f"{house.http}/v1/chat/shop/demo"
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        # A favicon is the browser's own idea.
        if kind in {"error", "warning"} and "favicon" not in text:
            self.faults.append(text)

    @property
    def log(self) -> Any:
        """What was said."""
        return self.page.get_by_role("log", name="Conversation")

    @property
    def text(self) -> Any:
        """Where to write."""
        return self.page.get_by_label("Your message")

    async def open(self) -> None:
        """Open the page, whose chat is open at once."""
        await self.page.goto(self.url)
        await self.connected()

    async def connected(self) -> None:
        """Wait until the chat is connected."""
        await expect(self.page.get_by_text("Connected", exact=True)).to_be_visible(timeout=20_000)

    async def write(self, text: str) -> None:
        """Write a message and send it."""
        await self.text.fill(text)
        await self.page.get_by_role("button", name="Send", exact=True).click()

    def line(self, text: str) -> Any:
        """Return the line that holds a text."""
        return self.page.locator(".line").filter(has_text=text)

    def pardon(self, words: str) -> None:
        """Forget complaints that a test has caused on purpose."""
        self.faults = [fault for fault in self.faults if words not in fault]


async def answer(ann: Seat, text: str) -> dict[str, Any]:
    """Take the conversation that is offered, and answer."""
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("reply", offer, text=text)
    return offer
