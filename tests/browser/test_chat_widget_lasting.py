"""What the widget keeps: over lost connections, restarts, reloads, and in several tabs."""

from __future__ import annotations

from playwright.async_api import BrowserContext, expect

from demo.house import House
from tests.browser.visitor import Visitor, answer
from tests.end_to_end.conftest import TakeSeat

REFUSED = "ERR_CONNECTION_REFUSED"
OFFLINE = "ERR_INTERNET_DISCONNECTED"


async def test_what_was_not_sent_before_a_restart_of_the_gateway_is_sent_after_it(
    house: House, take_seat: TakeSeat, visitor: Visitor
) -> None:
    await house.stop()
    await expect(visitor.page.get_by_text("No connection.")).to_be_visible()
    await visitor.write("Still there?")
    await expect(visitor.line("Still there?")).to_contain_text("Waiting")
    await house.up()
    await expect(visitor.line("Still there?")).to_contain_text("Sent", timeout=20_000)
    offer = await (await take_seat(house)).wait("offered")
    assert [turn["text"] for turn in offer["brief"]["turns"]] == ["Still there?"]
    visitor.pardon(REFUSED)


async def test_what_waits_outlives_the_page_and_goes_out_once_and_in_order(
    house: House, take_seat: TakeSeat, context: BrowserContext, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("Zero")
    await answer(ann, "Yes?")
    await expect(visitor.line("Yes?")).to_be_visible()
    await context.set_offline(True)
    await expect(visitor.page.get_by_text("No connection.")).to_be_visible()
    for text in ("One", "Two", "Three"):
        await visitor.write(text)
    await expect(visitor.page.locator(".line").filter(has_text="Waiting")).to_have_count(3)
    await visitor.page.close()
    await context.set_offline(False)
    later = Visitor(await context.new_page(), house)
    await later.open()
    await expect(later.page.locator(".line").filter(has_text="Waiting")).to_have_count(0)
    heard = [await ann.wait("turn") for _ in range(3)]
    assert [each["turn"]["text"] for each in heard] == ["One", "Two", "Three"]
    assert await later.page.locator(".line .words").all_text_contents() == [
        "Zero",
        "Yes?",
        "One",
        "Two",
        "Three",
    ]
    assert later.faults == []
    visitor.pardon(OFFLINE)


async def test_more_than_may_wait_is_refused_and_stays_in_the_field(
    house: House, context: BrowserContext, visitor: Visitor
) -> None:
    await context.set_offline(True)
    await expect(visitor.page.get_by_text("No connection.")).to_be_visible()
    for number in range(50):
        await visitor.text.fill(f"Message {number}")
        await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator(".line")).to_have_count(50)
    await visitor.write("One too many")
    await expect(visitor.page.get_by_role("alert")).to_have_text(
        "Too many messages are waiting to be sent."
    )
    await expect(visitor.text).to_have_value("One too many")
    visitor.pardon(OFFLINE)


async def test_two_tabs_show_the_same_and_send_nothing_twice(
    house: House, take_seat: TakeSeat, context: BrowserContext, visitor: Visitor
) -> None:
    ann = await take_seat(house)
    await visitor.write("Hello?")
    offer = await answer(ann, "Yes?")
    await expect(visitor.line("Yes?")).to_be_visible()
    second = Visitor(await context.new_page(), house)
    await second.open()
    await expect(second.page.locator(".line .words")).to_have_text(["Hello?", "Yes?"])
    await context.set_offline(True)
    for each in (visitor, second):
        await expect(each.page.get_by_text("No connection.")).to_be_visible()
    await visitor.write("From the first")
    await second.write("From the second")
    for each in (visitor, second):
        await expect(each.line("From the")).to_have_count(2)
    sent: list[str] = []
    for each in (visitor, second):
        each.page.on(
            "websocket",
            lambda socket: socket.on(
                "framesent", lambda data: sent.append(str(data)) if '"message"' in data else None
            ),
        )
    await context.set_offline(False)
    for each in (visitor, second):
        await each.connected()
        await expect(each.page.locator(".line").filter(has_text="Waiting")).to_have_count(0)
    heard = [(await ann.wait("turn"))["turn"]["text"] for _ in range(2)]
    assert heard == ["From the first", "From the second"]
    assert len(sent) == 2
    await ann.about("reply", offer, text="To both")
    for each in (visitor, second):
        await expect(each.line("To both")).to_have_count(1)
        each.pardon(OFFLINE)
    assert second.faults == []


async def test_a_page_that_may_not_store_anything_still_chats(
    house: House, take_seat: TakeSeat, context: BrowserContext
) -> None:
    await context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }});"
        "Object.defineProperty(window, 'indexedDB', {get() { throw new Error('no') }})"
    )
    visitor = Visitor(await context.new_page(), house)
    await visitor.open()
    ann = await take_seat(house)
    await visitor.write("Hello?")
    await answer(ann, "Hello!")
    await expect(visitor.line("Hello!")).to_be_visible()
    assert visitor.faults == []
