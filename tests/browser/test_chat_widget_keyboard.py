"""The widget by keyboard alone: write, open and close, attach, prove an address."""

from __future__ import annotations

import re

from playwright.async_api import expect

from demo.house import House
from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE, Visitor
from tests.end_to_end.conftest import Smarthost, TakeSeat

VERIFIES = 'verify_email_account = "support"\n'


async def test_the_keyboard_is_enough(house: House, take_seat: TakeSeat, visitor: Visitor) -> None:
    ann = await take_seat(house)
    keyboard, page = visitor.page.keyboard, visitor.page
    dialog = page.get_by_role("dialog")
    for name in ("Close chat", "Conversation", "Attach files", "Your message"):
        await keyboard.press("Tab")
        await expect(dialog.get_by_label(name, exact=True)).to_be_focused()
    await keyboard.type("One line")
    await keyboard.press("Shift+Enter")
    await keyboard.type("and another")
    await keyboard.press("Enter")
    await expect(visitor.text).to_have_value("")
    await keyboard.type("With the button")
    await keyboard.press("Tab")
    button = page.get_by_role("button", name="Send", exact=True)
    await expect(button).to_be_focused()
    ring = await button.evaluate("(each) => getComputedStyle(each).outlineStyle")
    assert ring == "solid"
    await keyboard.press("Enter")
    await expect(visitor.line("With the button")).to_contain_text("Sent")
    offer = await ann.wait("offered")
    assert offer["brief"]["turns"][0]["text"] == "One line\nand another"


async def test_escape_closes_and_the_launcher_opens_with_the_focus_where_one_writes(
    visitor: Visitor,
) -> None:
    keyboard, page = visitor.page.keyboard, visitor.page
    await visitor.text.focus()
    await keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    launcher = page.get_by_role("button", name="Open chat")
    await expect(launcher).to_be_focused()
    await expect(launcher).to_have_attribute("aria-expanded", "false")
    await keyboard.press("Enter")
    await expect(visitor.text).to_be_focused()


async def test_escape_first_gives_up_a_change(visitor: Visitor) -> None:
    await visitor.write("My order is 1234")
    await visitor.log.get_by_role("button", name="Edit").click()
    await expect(visitor.text).to_have_value("My order is 1234")
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.text).to_have_value("")
    await expect(visitor.page.get_by_role("dialog")).to_be_visible()


async def test_on_a_phone_the_focus_stays_in_the_chat_that_covers_the_page(visit: Visit) -> None:
    visitor = await visit(viewport=PHONE)
    dialog = visitor.page.get_by_role("dialog")
    await expect(dialog).to_have_attribute("aria-modal", "true")
    await visitor.text.focus()
    for _ in range(12):
        await visitor.page.keyboard.press("Tab")
        assert await dialog.evaluate("(panel) => panel.contains(panel.getRootNode().activeElement)")


async def test_an_address_is_proven_with_the_keyboard_alone(
    visit: Visit, smarthost: Smarthost
) -> None:
    visitor = await visit(VERIFIES)
    page, keyboard = visitor.page, visitor.page.keyboard
    toggle = page.get_by_role("button", name="Get answers by email")
    await toggle.focus()
    await keyboard.press("Enter")
    await expect(toggle).to_have_attribute("aria-expanded", "true")
    await expect(page.get_by_label("Your email address")).to_be_focused()
    await keyboard.type("kim@mail.example")
    await keyboard.press("Enter")
    code = page.get_by_label("Code", exact=True)
    await expect(code).to_be_focused()
    told = page.get_by_role("dialog").get_by_role("status")
    await expect(told.filter(has_text="a code is on its way")).to_be_visible()
    (mail,) = await smarthost.wait(1)
    assert isinstance(mail.content, bytes)
    right = re.findall(rb"\b[0-9]{6}\b", mail.content)[0].decode()
    await keyboard.type("000000" if right != "000000" else "000001")
    await keyboard.press("Enter")
    await expect(told.filter(has_text="That code is wrong")).to_be_visible()
    await code.fill(right)
    await keyboard.press("Enter")
    await expect(told.filter(has_text="Confirmed.")).to_be_visible()
    await expect(visitor.text).to_be_focused()
    await page.reload()
    await visitor.connected()
    await toggle.click()
    await expect(told.filter(has_text="Confirmed.")).to_be_visible()
    await expect(page.get_by_label("Your email address")).to_be_hidden()


async def test_what_is_not_offered_is_not_shown(visitor: Visitor) -> None:
    await expect(visitor.page.get_by_role("button", name="Get answers by email")).to_be_hidden()
