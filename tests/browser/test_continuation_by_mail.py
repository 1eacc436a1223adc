"""A visitor who proved his address and left is answered by mail, and comes back to the chat."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from tests.browser.visitor import Visitor, answer
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat
from tests.end_to_end.mailing import KIM, ROUTING, write
from tests.end_to_end.test_fallback_by_mail import FALLBACK, mail_of
from tests.end_to_end.visiting import VERIFYING, code_in_mail


async def test_an_unread_reply_goes_out_as_mail_and_its_answer_stands_in_the_same_conversation(
    open_house: OpenHouse, browser: Browser, take_seat: TakeSeat, smarthost: Smarthost
) -> None:
    house = await open_house(routing=ROUTING, chat=VERIFYING, delivery=FALLBACK)
    ann = await take_seat(house)
    context = await browser.new_context()
    visitor = Visitor(await context.new_page(), house)
    await visitor.open()
    page = visitor.page
    await page.get_by_role("button", name="Get answers by email").click()
    await page.get_by_label("Email").fill(KIM)
    await page.get_by_role("button", name="Send me a code").click()
    await page.get_by_label("Code").fill(await code_in_mail(smarthost, 1))
    await page.get_by_role("button", name="Confirm").click()
    await visitor.write("My lamp came broken.")
    await expect(visitor.line("My lamp came broken.")).to_contain_text("Sent")
    await page.close()

    offer = await answer(ann, "Which one is it?")
    envelope = (await smarthost.wait(2))[-1]
    mail = mail_of(envelope.content)
    assert envelope.rcpt_tos == [KIM]
    await write(house, KIM, "The brass one.", "1@m", in_reply_to=mail["Message-ID"])
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]
    assert turn["turn"]["channel"] == "email"

    later = Visitor(await context.new_page(), house)
    await later.open()
    await expect(later.line("Which one is it?")).to_have_count(1)
    await later.write("I am back.")
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]
    await ann.about("reply", offer, text="A new one is on its way.")
    await expect(later.line("A new one is on its way.")).to_have_count(1)
    assert later.faults == []
    assert visitor.faults == []
