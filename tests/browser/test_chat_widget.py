"""The chat widget in Chromium: written, answered, changed, reloaded, harmless."""

from __future__ import annotations

from typing import Any

from playwright.async_api import BrowserContext, expect

from demo.house import House
from maitred.gateway import reading
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from tests.browser.visitor import Visitor, answer
from tests.end_to_end.conftest import TakeSeat

MEAN = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


async def test_a_message_reaches_an_agent_and_the_reply_the_page(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("Where is my parcel?")
    await expect(visitor.line("Where is my parcel?")).to_contain_text("Sent")
    offer = await answer(ann, "It is on its way: https://example.com/track?n=1.")
    assert offer["brief"]["turns"][-1]["text"] == "Where is my parcel?"
    reply = visitor.line("It is on its way")
    await expect(reply).to_contain_text("Ann")
    link = reply.get_by_role("link")
    assert await link.get_attribute("href") == "https://example.com/track?n=1"
    assert await link.get_attribute("rel") == "noopener noreferrer"


async def test_whoever_reloads_the_page_is_the_same_customer_and_sees_what_was_said(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("First")
    first = await answer(ann, "Yes?")
    await expect(visitor.line("Yes?")).to_be_visible()
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.page.locator(".line .words")).to_have_text(["First", "Yes?"])
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
    await expect(visitor.line("Hello?")).to_contain_text("Sent")
    await visitor.page.close()
    offer = await answer(ann, "You were away.")
    later = Visitor(await context.new_page(), house)
    await later.open()
    await expect(later.line("You were away.")).to_have_count(1)
    await ann.about("reply", offer, text="Welcome back.")
    await expect(later.line("Welcome back.")).to_have_count(1)
    await later.page.reload()
    await later.connected()
    await ann.about("reply", offer, text="Once only.")
    await expect(later.line("Once only.")).to_have_count(1)
    await expect(later.page.locator(".line")).to_have_count(4)
    assert later.faults == []


async def test_a_message_can_be_changed_and_taken_back(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("My order is 1234")
    await expect(visitor.line("My order is 1234")).to_contain_text("Sent")
    await answer(ann, "Is it?")
    await visitor.log.get_by_role("button", name="Edit").click()
    await expect(visitor.text).to_have_value("My order is 1234")
    await visitor.write("My order is 12345")
    await expect(visitor.line("My order is 12345")).to_contain_text("Edited")
    await expect(visitor.line("My order is 12345")).to_contain_text("Sent")
    await expect(visitor.line("My order is 1234")).to_have_count(1)
    await visitor.log.get_by_role("button", name="Delete").click()
    await expect(visitor.line("Deleted")).to_contain_text("Sent")
    await expect(visitor.log.get_by_role("button")).to_have_count(0)
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
    await visitor.write(MEAN)
    offer = await answer(ann, MEAN)
    assert offer["brief"]["turns"][-1]["text"] == MEAN
    await expect(visitor.line(MEAN)).to_have_count(2)
    assert await visitor.log.locator("img, script").count() == 0
    assert await visitor.page.title() == "Demo shop"


async def test_replies_to_a_closed_panel_are_counted_until_it_is_opened(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("Hello?")
    await expect(visitor.line("Hello?")).to_contain_text("Sent")
    await visitor.page.get_by_role("dialog").get_by_role("button", name="Close chat").click()
    offer = await answer(ann, "One")
    await ann.about("reply", offer, text="Two")
    launcher = visitor.page.get_by_role("button", name="Open chat. New messages: 2")
    await expect(launcher).to_contain_text("2")
    told = visitor.page.get_by_role("status").filter(has_text="New messages: 2")
    await expect(told).to_have_count(1)
    await launcher.click()
    await expect(visitor.line("Two")).to_be_visible()
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.get_by_role("button", name="Open chat", exact=True)).to_be_focused()


async def test_a_page_hears_of_what_happens_and_can_open_and_close(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    page = visitor.page
    await page.evaluate(
        """() => {
          window.heard = [];
          for (const name of ["open", "close", "message", "sent", "reply"]) {
            maitred.on(name, (detail) => heard.push([name, detail]));
          }
          maitred.on("open", () => heard.push("never"))();
          window.addEventListener("maitred:reply", (event) => heard.push(event.detail.text));
          maitred.close();
          maitred.open();
        }"""
    )
    await visitor.write("Hi")
    await answer(ann, "Hello")
    await expect(visitor.line("Hello")).to_be_visible()
    heard: list[Any] = await page.evaluate("heard")
    names = [each[0] if isinstance(each, list) else each for each in heard]
    assert names == ["close", "open", "message", "sent", "reply", "Hello"]
    assert heard[4][1]["name"] == "Ann"
