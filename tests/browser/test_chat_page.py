"""The chat's demo page in Chromium: written, answered, reloaded, harmless, usable by keyboard."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from demo.house import House
from maitred.gateway import reading
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat
from tests.end_to_end.seat import Seat

MEAN = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
VERIFYING = """[channels.chat]
secret = "file:chat"
[channels.chat.accounts.shop]
title = "Demo shop"
verify_email_account = "support"
"""
PHONE: Any = {"width": 360, "height": 640}


class Visitor:
    """A page of the chat, with everything that the browser complained about."""

    def __init__(self, page: Page, house: House) -> None:
        self.page = page
        self.faults: list[str] = []
        self._url = f"{house.http}/v1/chat/shop/demo"
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        # A favicon is the browser's own idea.
        if kind in {"error", "warning"} and "favicon" not in text:
            self.faults.append(text)

    async def open(self) -> None:
        await self.page.goto(self._url)
        await self.connected()

    async def connected(self) -> None:
        await expect(self.page.get_by_role("status")).to_contain_text("Connected")

    async def write(self, text: str) -> None:
        await self.page.get_by_label("Your message").fill(text)
        await self.page.get_by_role("button", name="Send").click()

    def line(self, text: str) -> Any:
        return self.page.get_by_role("log").get_by_text(text)


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context()
    yield opened
    await opened.close()


@pytest.fixture
async def visitor(context: BrowserContext, house: House) -> AsyncIterator[Visitor]:
    opened = Visitor(await context.new_page(), house)
    await opened.open()
    yield opened
    assert opened.faults == []


async def _answer(ann: Seat, text: str) -> dict[str, Any]:
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("reply", offer, text=text)
    return offer


async def test_a_message_reaches_an_agent_and_the_reply_the_page(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("Where is my parcel?")
    await expect(visitor.line("Where is my parcel?")).to_contain_text("sent")
    offer = await _answer(ann, "It is on its way.")
    assert offer["brief"]["turns"][-1]["text"] == "Where is my parcel?"
    await expect(visitor.line("It is on its way.")).to_contain_text("Ann")


async def test_whoever_reloads_the_page_is_the_same_customer(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("First")
    first = await _answer(ann, "Yes?")
    await expect(visitor.line("Yes?")).to_be_visible()
    await visitor.page.reload()
    await visitor.connected()
    await visitor.write("Second")
    turn = await ann.wait("turn")
    assert turn["conversation"] == first["conversation"]
    await ann.about("reply", first, text="Again?")
    await expect(visitor.line("Again?")).to_have_count(1)


async def test_a_reply_to_a_closed_page_appears_once_when_it_is_opened_again(
    house: House, take_seat: TakeSeat, context: BrowserContext, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("Hello?")
    await expect(visitor.line("Hello?")).to_contain_text("sent")
    await visitor.page.close()
    offer = await _answer(ann, "You were away.")
    later = Visitor(await context.new_page(), house)
    await later.open()
    await expect(later.line("You were away.")).to_have_count(1)
    await ann.about("reply", offer, text="Welcome back.")
    await expect(later.line("Welcome back.")).to_have_count(1)
    await later.page.reload()
    await later.connected()
    await ann.about("reply", offer, text="Once only.")
    await expect(later.line("Once only.")).to_have_count(1)
    assert later.faults == []


async def test_what_was_not_sent_before_a_restart_of_the_gateway_is_sent_after_it(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    await house.stop()
    await expect(visitor.page.get_by_role("status")).to_have_text("Connecting again")
    await visitor.write("Still there?")
    await expect(visitor.line("Still there?")).to_contain_text("waiting")
    await house.up()
    await expect(visitor.line("Still there?")).to_contain_text("sent", timeout=20_000)
    offer = await (await take_seat(house)).wait("offered")
    assert [turn["text"] for turn in offer["brief"]["turns"]] == ["Still there?"]
    # That nobody answered meanwhile is what the browser has to say about it.
    refused = [fault for fault in visitor.faults if "ERR_CONNECTION_REFUSED" in fault]
    visitor.faults = [fault for fault in visitor.faults if fault not in refused]


async def test_a_message_can_be_changed_and_taken_back(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("My order is 1234")
    await expect(visitor.line("My order is 1234")).to_contain_text("sent")
    await _answer(ann, "Is it?")
    log = visitor.page.get_by_role("log")
    await log.get_by_role("button", name="Edit").click()
    await expect(visitor.page.get_by_label("Your message")).to_have_value("My order is 1234")
    await visitor.write("My order is 12345")
    await expect(visitor.line("My order is 12345")).to_contain_text("sent")
    await expect(visitor.line("My order is 1234")).to_have_count(1)
    await log.get_by_role("button", name="Delete").click()
    await expect(visitor.line("Deleted")).to_contain_text("sent")
    await expect(log.get_by_role("button")).to_have_count(0)
    await visitor.write("Never mind")
    turn = await ann.wait("turn", lambda event: event["turn"]["text"] == "Never mind")
    bus = await Connection.connect(
        read_connection(house.store), name="test", on_closed=lambda _: None
    )
    story = await reading.story(bus, house.subjects, turn["conversation"])
    await bus.close()
    assert [each.text for each in story.conversation.turns] == ["", "Never mind"]


async def test_markup_is_text_in_both_directions(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    title = await visitor.page.title()
    await visitor.write(MEAN)
    offer = await _answer(ann, MEAN)
    assert offer["brief"]["turns"][-1]["text"] == MEAN
    await expect(visitor.line(MEAN)).to_have_count(2)
    log = visitor.page.get_by_role("log")
    assert await log.locator("img, script").count() == 0
    assert await visitor.page.title() == title == "Demo shop"


@pytest.fixture
async def verifying(open_house: OpenHouse, context: BrowserContext) -> AsyncIterator[Visitor]:
    """Open the page of a house whose chat verifies mail addresses."""
    house = await open_house(chat=VERIFYING)
    opened = Visitor(await context.new_page(), house)
    await opened.open()
    yield opened
    assert opened.faults == []


async def test_an_address_is_proven_on_the_page_with_the_keyboard_alone(
    verifying: Visitor, smarthost: Smarthost
) -> None:
    page, keyboard = verifying.page, verifying.page.keyboard
    proof = page.get_by_role("group").filter(has_text="Prove who you are")
    await keyboard.press("Tab")
    await expect(proof.locator("summary")).to_be_focused()
    await keyboard.press("Enter")
    await keyboard.press("Tab")
    await expect(page.get_by_label("Your email address")).to_be_focused()
    await keyboard.type("kim@mail.example")
    await keyboard.press("Enter")
    code = page.get_by_label("Code")
    await expect(code).to_be_focused()
    await expect(proof.get_by_text("a code is on its way")).to_be_visible()
    (mail,) = await smarthost.wait(1)
    assert isinstance(mail.content, bytes)
    right = re.findall(rb"\b[0-9]{6}\b", mail.content)[0].decode()
    await keyboard.type("000000" if right != "000000" else "000001")
    await keyboard.press("Enter")
    await expect(proof.get_by_text("That code is wrong")).to_be_visible()
    await code.fill(right)
    await keyboard.press("Enter")
    await expect(proof.get_by_text("Your email address is verified.")).to_be_visible()
    await expect(page.get_by_label("Your message")).to_be_focused()
    await page.reload()
    await verifying.connected()
    await proof.locator("summary").click()
    await expect(proof.get_by_text("Your email address is verified.")).to_be_visible()
    await expect(page.get_by_label("Your email address")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_form_for_a_proof_can_be_read_on_a_phone(
    open_house: OpenHouse, browser: Browser, tmp_path: Path, scheme: Any
) -> None:
    house = await open_house(chat=VERIFYING)
    context = await browser.new_context(viewport=PHONE, color_scheme=scheme)
    visitor = Visitor(await context.new_page(), house)
    await visitor.open()
    await visitor.page.get_by_text("Prove who you are").click()
    await visitor.page.get_by_label("Your email address").fill("kim@mail.example")
    await visitor.page.get_by_role("button", name="Get a code").click()
    await expect(visitor.page.get_by_label("Code")).to_be_visible()
    width = await visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    told = "#proof summary, #proof label, #proof input, #proof button, #outcome"
    for each in await visitor.page.locator(told).all():
        assert await each.evaluate(CONTRAST) >= 4.5
    live = await visitor.page.locator("#outcome").get_attribute("aria-live")
    assert live == "polite"
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    await visitor.page.screenshot(path=folder / f"chat-proof-{scheme}.png")
    assert visitor.faults == []
    await context.close()


async def test_what_is_not_offered_is_not_shown(visitor: Visitor) -> None:
    await expect(visitor.page.get_by_text("Prove who you are")).to_be_hidden()


async def test_what_the_policy_forbids_does_not_run(visitor: Visitor) -> None:
    """That a violation would have been noticed, and that there is none without trying."""
    assert visitor.faults == []
    await visitor.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
        " { textContent: 'document.title = 1' }))"
    )
    assert await visitor.page.title() == "Demo shop"
    assert any("Content Security Policy" in fault for fault in visitor.faults)
    visitor.faults.clear()


async def test_the_keyboard_is_enough(house: House, take_seat: TakeSeat, visitor: Visitor) -> None:
    ann = await take_seat(house)
    keyboard, page = visitor.page.keyboard, visitor.page
    await keyboard.press("Tab")
    await expect(page.get_by_role("log")).to_be_focused()
    await keyboard.press("Tab")
    await expect(page.get_by_label("Your message")).to_be_focused()
    await keyboard.type("One line")
    await keyboard.press("Shift+Enter")
    await keyboard.type("and another")
    await keyboard.press("Enter")
    await expect(page.get_by_label("Your message")).to_have_value("")
    await keyboard.type("With the button")
    await keyboard.press("Tab")
    button = page.get_by_role("button", name="Send")
    await expect(button).to_be_focused()
    ring = await button.evaluate("(each) => getComputedStyle(each).outlineColor")
    assert ring != await button.evaluate("(each) => getComputedStyle(each).backgroundColor")
    await keyboard.press("Enter")
    offer = await ann.wait("offered")
    assert offer["brief"]["turns"][0]["text"] == "One line\nand another"


async def test_a_reader_of_screens_is_told_what_comes_and_how_it_stands(visitor: Visitor) -> None:
    log = visitor.page.get_by_role("log", name="Conversation")
    # A log is polite by its role (WAI-ARIA 1.2, section 5.4); a status as well.
    await expect(log).to_have_attribute("role", "log")
    assert await log.get_attribute("aria-live") in {None, "polite"}
    await expect(visitor.page.get_by_role("status")).to_be_visible()
    await expect(visitor.page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_phone_and_can_be_read(
    house: House,
    take_seat: TakeSeat,
    browser: Browser,
    tmp_path: Path,
    scheme: Any,
) -> None:
    context = await browser.new_context(viewport=PHONE, color_scheme=scheme)
    visitor = Visitor(await context.new_page(), house)
    await visitor.open()
    ann = await take_seat(house)
    await visitor.write("A word that is long: " + "x" * 200)
    await _answer(ann, "An answer.\nIn two lines.")
    await expect(visitor.line("An answer.")).to_be_visible()
    width = await visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    for line in await visitor.page.locator(".line, .line small, #state, button, textarea").all():
        assert await line.evaluate(CONTRAST) >= 4.5
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    await visitor.page.screenshot(path=folder / f"chat-{scheme}.png")
    assert visitor.faults == []
    await context.close()


CONTRAST = """(element) => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = color.map((each) => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  let ground = [0, 0, 0, 0];
  let opacity = 1;
  while (behind && (ground[3] ?? 1) === 0) {
    ground = numbers(getComputedStyle(behind).backgroundColor);
    opacity *= Number(getComputedStyle(behind).opacity);
    behind = behind.parentElement;
  }
  const ink = numbers(getComputedStyle(element).color);
  const mixed = [0, 1, 2].map((each) => ink[each] * opacity + ground[each] * (1 - opacity));
  const [a, b] = [light(mixed), light(ground.slice(0, 3))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""
"""The contrast of an element's text with its ground (WCAG 2.2, 1.4.3 asks for 4.5)."""
