"""What agents and visitors do to each other's pages through a whole gateway: files, edits, signals.

`SCREENSHOTS=folder` keeps the pictures.
"""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from demo.cast import nats_login
from demo.house import House
from maitred.contracts.ids import MessageId
from maitred.gateway.attachments import Attachments
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.publisher import Publisher
from tests.browser.contrast import CONTRAST
from tests.browser.visitor import PHONE, Visitor, answer
from tests.end_to_end.conftest import TakeSeat, bus
from tests.end_to_end.signalling import Signals, signals

__all__ = ["bus"]

DESK: Any = {"width": 1100, "height": 760}
INVOICE = b"%PDF-1.7 of the invoice"
PHOTO: Any = {
    "name": "the shelf.png",
    "mimeType": "image/png",
    "buffer": b"\x89PNG\r\n\x1a\n shelf",
}
LOOKS = [
    ("light", DESK, "en"),
    ("dark", DESK, "en"),
    ("light", PHONE, "en"),
    ("dark", PHONE, "en"),
    ("light", DESK, "ar"),
    ("dark", PHONE, "ar"),
]
READ = ".bubble, .words, .author, .note, .name, .file small"


@pytest.fixture
async def ann_signals(house: House) -> AsyncIterator[Signals]:
    async with signals(nats_login(house, "ann")) as made:
        yield made


def _file(name: str, data: bytes) -> dict[str, str]:
    encoded = base64.b64encode(data).decode()
    return {"name": name, "content_type": "application/pdf", "data": encoded}


async def test_a_file_of_an_agent_comes_down_and_his_edit_leaves_it_there(
    house: House, take_seat: TakeSeat, visitor: Visitor, tmp_path: Path
) -> None:
    ann = await take_seat(house)
    await visitor.write("The invoice, please")
    offer = await answer(ann, "One moment.")
    files = [_file("Rechnung März.pdf", INVOICE)]
    command = await ann.about("reply", offer, text="Hear it is", files=files)
    link = visitor.page.get_by_role("button", name="Download Rechnung März.pdf")
    async with visitor.page.expect_download() as waiting:
        await link.click()
    download = await waiting.value
    assert download.suggested_filename == "Rechnung März.pdf"
    await download.save_as(tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == INVOICE
    await ann.about("edit", offer, target=command, text="Here it is")
    edited = visitor.line("Here it is")
    await expect(edited).to_contain_text("Edited")
    await expect(edited.get_by_role("button", name="Download Rechnung März.pdf")).to_be_visible()
    await expect(visitor.line("Hear it is")).to_have_count(0)
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.line("Here it is")).to_contain_text("Edited")
    async with visitor.page.expect_download() as waiting:
        await link.click()
    await (await waiting.value).save_as(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == INVOICE


async def test_a_file_of_a_visitor_is_named_to_the_agent_and_its_bytes_can_be_read(
    house: House, take_seat: TakeSeat, visitor: Visitor, bus: Connection
) -> None:
    ann = await take_seat(house)
    await visitor.page.locator("input[type=file]").set_input_files([PHOTO])
    await visitor.write("This came broken")
    offer = await answer(ann, "I am sorry.")
    (turn,) = offer["brief"]["turns"]
    assert (turn["text"], turn["attachments"]) == ("This came broken", [PHOTO["name"]])
    publisher = Publisher(bus)
    await publisher.start()
    read = Attachments(publisher, house.subjects, {}).read
    file = await read(MessageId(turn["message"]), 0)
    await publisher.stop()
    assert (file.name, file.content_type) == (PHOTO["name"], PHOTO["mimeType"])
    assert file.data == PHOTO["buffer"]


async def test_each_side_sees_that_the_other_types(
    house: House, take_seat: TakeSeat, visitor: Visitor, ann_signals: Signals
) -> None:
    ann = await take_seat(house)
    dots = visitor.page.locator(".dots")
    await visitor.write("Hello?")
    offer = await answer(ann, "Yes?")
    await expect(visitor.line("Yes?")).to_be_visible()
    await visitor.text.press_sequentially("My lam")
    heard = await ann_signals.next()
    assert (heard["kind"], heard["conversation"]) == ("typing", offer["conversation"])
    # One in three seconds, however fast he is.
    assert ann_signals.heard.empty()
    await ann_signals.say("typing", offer)
    await expect(dots).to_be_visible()
    await expect(dots).to_have_text("An answer is being written")
    await ann.about("reply", offer, text="Go on.")
    await expect(visitor.line("Go on.")).to_be_visible()
    await expect(dots).to_be_hidden()
    await expect(visitor.text).to_have_value("My lam")


async def test_who_types_no_longer_is_shown_no_longer(
    house: House, take_seat: TakeSeat, browser: Browser, ann_signals: Signals
) -> None:
    context = await browser.new_context()
    visitor = Visitor(await context.new_page(), house)
    await visitor.page.clock.install()
    await visitor.open()
    ann = await take_seat(house)
    await visitor.write("Hello?")
    offer = await answer(ann, "Yes?")
    await expect(visitor.line("Yes?")).to_be_visible()
    (turn,) = offer["brief"]["turns"]
    dots = visitor.page.locator(".dots")
    await ann_signals.say("typing", offer)
    await expect(dots).to_be_visible()
    await visitor.page.clock.fast_forward(4_000)
    await ann_signals.say("typing", offer)
    # What is said after it comes after it.
    await ann_signals.say("read", offer, message=turn["message"])
    await expect(visitor.line("Hello?")).to_contain_text("Read")
    await visitor.page.clock.fast_forward(4_000)
    await expect(dots).to_be_visible()
    await visitor.page.clock.fast_forward(3_000)
    await expect(dots).to_be_hidden()
    assert visitor.faults == []
    await context.close()


async def test_a_visitor_sees_up_to_where_he_was_read(
    house: House, take_seat: TakeSeat, visitor: Visitor, ann_signals: Signals
) -> None:
    ann = await take_seat(house)
    await visitor.write("First")
    await expect(visitor.line("First")).to_contain_text("Sent")
    offer = await answer(ann, "Yes?")
    (first,) = offer["brief"]["turns"]
    await visitor.write("Second")
    turn = await ann.wait("turn")
    await expect(visitor.line("Second")).to_contain_text("Sent")
    await ann_signals.say("read", offer, message=first["message"])
    await expect(visitor.line("First")).to_contain_text("Read")
    await expect(visitor.line("Second")).to_contain_text("Sent")
    await ann_signals.say("read", offer, message=turn["turn"]["message"])
    await expect(visitor.line("Second")).to_contain_text("Read")
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.line("First")).to_contain_text("Read")


@pytest.mark.parametrize(
    ("scheme", "size", "language"),
    LOOKS,
    ids=lambda each: str(each if isinstance(each, str) else each["width"]),
)
async def test_files_edits_and_signals_can_be_seen_and_read(
    house: House,
    take_seat: TakeSeat,
    browser: Browser,
    ann_signals: Signals,
    tmp_path: Path,
    scheme: Any,
    size: Any,
    language: str,
) -> None:
    context = await browser.new_context(viewport=size, color_scheme=scheme)
    visitor = Visitor(await context.new_page(), house)
    await visitor.page.add_init_script(
        f"new MutationObserver(() => document.documentElement.lang = '{language}')"
        ".observe(document, {childList: true})"
    )
    ann = await take_seat(house)
    page = visitor.page
    await page.goto(visitor.url)
    await expect(page.locator(".state.on")).to_be_visible()
    await page.locator("input[type=file]").set_input_files([PHOTO])
    await expect(page.locator(".chips li")).to_have_count(1)
    await page.locator("textarea").fill("My shelf came with a broken board.")
    await page.keyboard.press("Enter")
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    files = [_file("a rather long name of an invoice, March.pdf", INVOICE * 900)]
    command = await ann.about("reply", offer, text="I am sory. Your invoice:", files=files)
    await expect(page.locator(".theirs")).to_have_count(1)
    await ann.about("edit", offer, target=command, text="I am sorry. Your invoice:")
    await expect(visitor.line("I am sorry.")).to_be_visible()
    (turn,) = offer["brief"]["turns"]
    read = page.locator(".mine .note")
    before = await read.text_content()
    await ann_signals.say("read", offer, message=turn["message"])
    await expect(read).not_to_have_text(before or "")
    await ann_signals.say("typing", offer)
    await expect(page.locator(".dots")).to_be_visible()
    for each in await page.locator(READ).all():
        if await each.is_visible():
            assert await each.evaluate(CONTRAST) >= 4.5, await each.text_content()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"]
    for bubble in await page.locator(".bubble").all():
        inside, outside = await bubble.locator(".file").bounding_box(), await bubble.bounding_box()
        assert inside is not None
        assert outside is not None
        assert outside["x"] < inside["x"]
        assert inside["x"] + inside["width"] < outside["x"] + outside["width"]
    kept = Path(os.environ.get("SCREENSHOTS", tmp_path))
    await page.screenshot(path=kept / f"agents-{size['width']}-{scheme}-{language}.png")
    assert visitor.faults == []
    await context.close()
