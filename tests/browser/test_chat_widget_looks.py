"""How the widget looks and sounds: light, dark, on a phone, from right to left, read aloud.

`SCREENSHOTS=folder` keeps the pictures.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from demo.house import House
from tests.browser.conftest import Visit
from tests.browser.contrast import CONTRAST
from tests.browser.visitor import PHONE, Visitor, answer
from tests.end_to_end.conftest import TakeSeat

DESK: Any = {"width": 1100, "height": 760}
PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND"
    b"\xaeB`\x82"
)
FILES: Any = [
    {"name": "the shelf.png", "mimeType": "image/png", "buffer": PICTURE},
    {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7" * 90_000},
]
READ = ".bubble, .words, .author, .note, .state, h2, .toggle, .name, textarea, .empty"
LANGUAGES = [("en", "ltr"), ("de", "ltr"), ("fr", "ltr"), ("es", "ltr"), ("ar", "rtl")]


async def _picture(visitor: Visitor, folder: Path, name: str) -> None:
    kept = Path(os.environ.get("SCREENSHOTS", folder))
    await visitor.page.screenshot(path=kept / f"chat-{name}.png")


async def _readable(visitor: Visitor) -> None:
    for each in await visitor.page.locator(READ).all():
        if await each.is_visible():
            assert await each.evaluate(CONTRAST) >= 4.5, await each.text_content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_it_fits_and_can_be_read(
    house: House, take_seat: TakeSeat, browser: Browser, tmp_path: Path, scheme: Any, size: Any
) -> None:
    context = await browser.new_context(viewport=size, color_scheme=scheme)
    visitor = Visitor(await context.new_page(), house)
    await visitor.open()
    ann = await take_seat(house)
    await visitor.write("Good morning! My shelf came with a broken board. " + "x" * 60)
    await answer(ann, "Good morning, I am sorry about that.\nCould you send me a picture?")
    await expect(visitor.line("a picture")).to_be_visible()
    await visitor.page.locator("input[type=file]").set_input_files(FILES)
    await expect(visitor.page.locator(".chips li")).to_have_count(2)
    await _picture(visitor, tmp_path, f"choosing-{size['width']}-{scheme}")
    await visitor.write("Here it is, with the invoice.")
    await expect(visitor.line("Here it is")).to_contain_text("Sent", timeout=15_000)
    heard = await ann.wait("turn")
    assert heard["turn"]["text"] == "Here it is, with the invoice."
    assert heard["turn"]["attachments"] == ["the shelf.png", "invoice.pdf"]
    await _readable(visitor)
    await _picture(visitor, tmp_path, f"{size['width']}-{scheme}")
    width = await visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"]
    panel = await visitor.page.get_by_role("dialog").bounding_box()
    assert panel is not None
    assert 0 <= panel["x"] <= panel["x"] + panel["width"] <= size["width"]
    assert 0 <= panel["y"] <= panel["y"] + panel["height"] <= size["height"]
    if size is PHONE:
        assert (panel["width"], panel["height"]) == (size["width"], size["height"])
    assert visitor.faults == []
    await context.close()


@pytest.mark.parametrize(("language", "direction"), LANGUAGES)
async def test_it_speaks_the_language_of_the_page(
    house: House, browser: Browser, tmp_path: Path, language: str, direction: str
) -> None:
    context = await browser.new_context(viewport=DESK)
    page = await context.new_page()
    visitor = Visitor(page, house)
    # The page says its language before the widget runs.
    await page.add_init_script(
        f"new MutationObserver(() => document.documentElement.lang = '{language}')"
        ".observe(document, {childList: true})"
    )
    await page.goto(visitor.url)
    dialog = page.get_by_role("dialog")
    await expect(dialog.locator(".state.on")).to_be_visible()
    await dialog.locator("textarea").fill("?")
    await page.keyboard.press("Enter")
    await expect(dialog.locator(".line.mine .changes")).to_have_count(1)
    root = page.locator(".root")
    assert await root.get_attribute("dir") == direction
    assert await root.get_attribute("lang") == language
    shown = await dialog.bounding_box()
    assert shown is not None
    is_left = shown["x"] < DESK["width"] / 2
    assert is_left is (direction == "rtl")
    await _readable(visitor)
    await _picture(visitor, tmp_path, language)
    assert visitor.faults == []
    await context.close()


async def test_a_reader_of_screens_is_told_what_is_there(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("Hello?")
    await answer(ann, "Hello!")
    await expect(visitor.line("Hello!")).to_be_visible()
    await expect(visitor.page.get_by_role("dialog", name="Demo shop")).to_match_aria_snapshot("""
      - dialog "Demo shop":
        - heading "Demo shop" [level=2]
        - status: Connected
        - button "Close chat"
        - log "Conversation":
          - text: You
          - paragraph: Hello?
          - paragraph:
            - text: /Sent/
            - 'button "Edit: Hello?"'
            - 'button "Delete: Hello?"'
          - text: Ann
          - paragraph: Hello!
          - paragraph
        - button "Attach files"
        - textbox "Your message"
        - button "Send"
    """)


async def test_nothing_moves_for_who_wants_no_motion(house: House, browser: Browser) -> None:
    context = await browser.new_context(reduced_motion="reduce")
    visitor = Visitor(await context.new_page(), house)
    await visitor.open()
    running = await visitor.page.get_by_role("dialog").evaluate(
        "(panel) => getComputedStyle(panel).animationName"
    )
    assert running == "none"
    await context.close()


async def test_the_form_before_the_chat_asks_what_the_account_wants(
    visit: Visit, take_seat: TakeSeat, tmp_path: Path
) -> None:
    visitor = await visit('ask_name = "required"\nask_email = "optional"\n', viewport=DESK)
    page = visitor.page
    ann = await take_seat(visitor.house)
    await expect(visitor.text).to_be_hidden()
    await _picture(visitor, tmp_path, "pre-chat")
    await page.get_by_label("How can we help?").fill("Where is my parcel?")
    await page.get_by_role("button", name="Start chat").click()
    assert await page.get_by_label("Your name").evaluate("(field) => !field.validity.valid")
    await page.get_by_label("Your name").fill("Kim")
    await page.get_by_label("Your email address").fill("kim@mail.example")
    await page.get_by_role("button", name="Start chat").click()
    await expect(visitor.line("Where is my parcel?")).to_contain_text("Sent")
    await expect(visitor.text).to_be_focused()
    offer = await ann.wait("offered")
    assert offer["brief"]["turns"][-1]["text"] == "Where is my parcel?"
    await page.reload()
    await visitor.connected()
    await expect(visitor.text).to_be_visible()


async def test_what_opens_below_the_log_hides_none_of_its_end(
    house: House, browser: Browser
) -> None:
    visitor = Visitor(await browser.new_page(), house)
    await visitor.open()
    for number in range(12):
        await visitor.write(f"Words {number}.")
    await expect(visitor.line("Words 11.").get_by_text("Sent")).to_be_in_viewport()
    await visitor.text.fill("A line.\n" * 4)
    await expect(visitor.line("Words 11.").get_by_text("Sent")).to_be_in_viewport(ratio=1)
    assert visitor.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_form_for_a_proof_can_be_read_on_a_phone(
    visit: Visit, tmp_path: Path, scheme: Any
) -> None:
    visitor = await visit('verify_email_account = "support"\n', viewport=PHONE, color_scheme=scheme)
    page = visitor.page
    await page.get_by_role("button", name="Get answers by email").click()
    await page.get_by_label("Your email address").fill("kim@mail.example")
    await page.get_by_role("button", name="Send me a code").click()
    await expect(page.get_by_label("Code", exact=True)).to_be_visible()
    for each in await page.locator(".proof :is(p, label, input, button)").all():
        if await each.is_visible():
            assert await each.evaluate(CONTRAST) >= 4.5
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    await _picture(visitor, tmp_path, f"proof-{scheme}")
