"""The widget on a company's own strict page, which is of another origin than the gateway."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from playwright.async_api import BrowserContext, expect

from maitred.connectors.chat.connector import ChatAccount
from maitred.contracts.identifiers import IdentifierKind, Level
from maitred.contracts.ids import OutboundId
from maitred.contracts.inbound import BlobRef
from maitred.contracts.outbound import OutboundFile, OutboundKind
from maitred.contracts.secret import Secret
from tests.browser.pages import Site
from tests.browser.visitor import Visitor
from tests.connectors.chat.conftest import chat
from tests.connectors.conftest import recording

__all__ = ["chat", "recording"]

SITE_SECRET = "a secret of the site, which signs who is signed in"
PICTURE: Any = {"name": "shelf.png", "mimeType": "image/png", "buffer": b"\x89PNG of a shelf"}
Shop = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    served = Site()
    await served.start()
    yield served
    await served.stop()


@pytest.fixture
async def shop(
    chat: Callable[..., Awaitable[Any]], site: Site, context: BrowserContext
) -> AsyncIterator[Shop]:
    """Return what opens the site's page on a chat that lets it in."""
    opened: list[Visitor] = []

    async def open_(*, is_allowed: bool = True, **settings: Any) -> Visitor:
        account = ChatAccount(
            title="Shop",
            allowed_origins=(site.url,) if is_allowed else (),
            identity_secrets=(Secret(SITE_SECRET),),
            **settings,
        )
        house = await chat(accounts={"web": account})
        site.host = house.url
        visitor = Visitor(await context.new_page(), house, site.url)
        opened.append(visitor)
        await visitor.page.goto(site.url)
        return visitor

    yield open_
    for visitor in opened:
        assert visitor.faults == []
        await visitor.page.close()


def identity(house: Any, user: str) -> str:
    """Return the site's word that a user is signed in."""
    now = house.context.now // 1000
    claims = {"sub": user, "iat": now, "exp": now + 3600}
    return jwt.encode(claims, SITE_SECRET, algorithm="HS256")


async def test_a_strict_page_of_another_origin_has_nothing_to_complain_of(shop: Shop) -> None:
    visitor = await shop()
    await visitor.connected()
    await visitor.write("From afar")
    await expect(visitor.line("From afar")).to_contain_text("Sent")
    ((inbound, _),) = visitor.house.context.accepted
    assert inbound.sender.identifier.kind is IdentifierKind.VISITOR


async def test_a_file_goes_up_from_another_origin(shop: Shop) -> None:
    visitor = await shop()
    await visitor.connected()
    await visitor.page.locator("input[type=file]").set_input_files([PICTURE])
    await visitor.page.get_by_role("button", name="Send", exact=True).click()
    await expect(visitor.line("shelf.png")).to_contain_text("Sent")
    ((_, body),) = visitor.house.context.accepted
    assert body.endswith(b"\n" + PICTURE["buffer"])


async def test_a_page_that_is_not_allowed_is_kept_out(shop: Shop) -> None:
    visitor = await shop(is_allowed=False)
    await expect(visitor.page.get_by_text("No connection.")).to_be_visible()
    assert ("web", "origin") in visitor.house.context.refusals
    assert visitor.house.context.accepted == []
    visitor.pardon("403")


async def test_who_is_signed_in_writes_as_himself_with_files_and_without(
    shop: Shop, site: Site
) -> None:
    visitor = await shop()
    await visitor.connected()
    site.signed_in(identity(visitor.house, "42"))
    await visitor.page.goto(site.url)
    await visitor.connected()
    await visitor.write("It is me")
    await expect(visitor.line("It is me")).to_contain_text("Sent")
    await visitor.page.locator("input[type=file]").set_input_files([PICTURE])
    await visitor.write("With a picture")
    await expect(visitor.line("With a picture")).to_contain_text("Sent")
    for inbound, _ in visitor.house.context.accepted:
        (account,) = inbound.evidence.observed
        assert (account.identifier.value, account.level) == ("42", Level.SIGNED)


async def test_who_signs_out_or_is_another_one_takes_his_conversation_with_him(
    shop: Shop,
) -> None:
    visitor = await shop()
    page = visitor.page
    await visitor.connected()
    for user in ("42", "43", None):
        token = identity(visitor.house, user) if user else None
        await page.evaluate(
            """(token) => new Promise((ready) => {
              const off = maitred.on("ready", () => { off(); ready(); });
              maitred.identify(token);
            })""",
            token,
        )
        await expect(page.locator(".line")).to_have_count(0)
        await visitor.write(f"I am {user}")
        await expect(visitor.line(f"I am {user}")).to_contain_text("Sent")
    accepted = visitor.house.context.accepted
    assert len({inbound.sender_key for inbound, _ in accepted}) == 3
    said = [[each.identifier.value for each in one.evidence.observed] for one, _ in accepted]
    assert said == [["42"], ["43"], []]


async def test_who_signs_out_in_one_tab_is_signed_out_in_all(
    shop: Shop, context: BrowserContext, site: Site
) -> None:
    visitor = await shop()
    await visitor.connected()
    await visitor.write("Mine")
    await expect(visitor.line("Mine")).to_contain_text("Sent")
    second = Visitor(await context.new_page(), visitor.house, site.url)
    await second.page.goto(site.url)
    await expect(second.line("Mine")).to_be_visible()
    await second.connected()
    await visitor.page.evaluate("maitred.forget()")
    await expect(second.page.locator(".line")).to_have_count(0)
    await visitor.connected()
    await second.connected()
    await second.write("Somebody else's")
    await expect(second.line("Somebody")).to_contain_text("Sent")
    await expect(visitor.line("Somebody")).to_contain_text("Sent")
    await visitor.write("His too")
    await expect(visitor.line("His too")).to_contain_text("Sent")
    keys = [inbound.sender_key for inbound, _ in visitor.house.context.accepted]
    assert keys[0] != keys[1] == keys[2]
    assert second.faults == []


async def test_a_word_of_the_site_that_is_not_good_is_told_to_the_page(shop: Shop) -> None:
    visitor = await shop()
    await visitor.connected()
    told = await visitor.page.evaluate(
        """() => new Promise((heard) => {
          maitred.on("identity", heard);
          maitred.identify("no.good.token");
        })"""
    )
    assert told == {"valid": False}


async def test_what_is_answered_is_marked_as_arrived_then_as_read(shop: Shop) -> None:
    visitor = await shop()
    await visitor.connected()
    await visitor.write("Hello?")
    await expect(visitor.line("Hello?")).to_contain_text("Sent")
    await visitor.page.keyboard.press("Escape")
    house = visitor.house
    ((inbound, _),) = house.context.accepted
    house.reply(inbound.sender.identifier.value, "Hello!")
    await _reports(visitor, [("out_1", "delivered")])
    await visitor.page.get_by_role("button", name="Open chat").click()
    await _reports(visitor, [("out_1", "delivered"), ("out_1", "read")])


async def test_an_agent_s_file_is_fetched_and_his_edit_replaces_what_he_wrote(
    shop: Shop, tmp_path: Path
) -> None:
    visitor = await shop()
    await visitor.connected()
    await visitor.write("The invoice, please")
    await expect(visitor.line("The invoice")).to_contain_text("Sent")
    context = visitor.house.context
    ((inbound, _),) = context.accepted
    data = b"%PDF of the invoice"
    blob = BlobRef(
        owner=inbound.sender_key, sha256=hashlib.sha256(data).hexdigest(), size=len(data)
    )
    context.files[blob.sha256] = data
    file = OutboundFile(name="Rechnung März.pdf", content_type="application/pdf", blob=blob)
    first = context.outbound(
        inbound.sender.identifier, "Hear it is", channel="chat", account="web", command="1"
    )
    context.outbox.push(msgspec.structs.replace(first, files=(file,)))
    link = visitor.page.get_by_role("button", name="Download Rechnung März.pdf")
    async with visitor.page.expect_download() as waiting:
        await link.click()
    download = await waiting.value
    assert download.suggested_filename == "Rechnung März.pdf"
    await download.save_as(tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == data
    context.outbox.push(
        msgspec.structs.replace(
            first,
            id=OutboundId("out_2"),
            kind=OutboundKind.EDIT,
            target=first.id,
            text="Here it is",
        )
    )
    await expect(visitor.line("Here it is")).to_contain_text("Edited")
    await expect(visitor.page.locator(".line.theirs")).to_have_count(1)


async def test_what_cannot_be_sent_is_said_before_it_is_tried(shop: Shop) -> None:
    visitor = await shop(files_max=1, file_bytes_max=1_000, file_types=("image/*",))
    await visitor.connected()
    page = visitor.page
    choose, alert = page.locator("input[type=file]"), page.get_by_role("alert")
    await choose.set_input_files([{**PICTURE, "buffer": b"x" * 1_001}])
    await expect(alert).to_have_text("shelf.png is too large. A file may have 1 kB.")
    await choose.set_input_files([{**PICTURE, "name": "run.exe", "mimeType": "application/exe"}])
    await expect(alert).to_have_text("Files of this kind cannot be sent: run.exe")
    await choose.set_input_files([PICTURE, {**PICTURE, "name": "second.png"}])
    await expect(alert).to_have_text("No more than 1 files, please.")
    await expect(page.locator(".chips li")).to_have_count(1)
    await page.get_by_role("button", name="Remove shelf.png").click()
    await expect(page.locator(".chips li")).to_have_count(0)


async def test_files_can_be_dropped_and_pasted(shop: Shop) -> None:
    visitor = await shop()
    await visitor.connected()
    page = visitor.page
    brought = """(element, type) => {
      const carrier = new DataTransfer();
      carrier.items.add(new File(["words"], type + ".txt", {type: "text/plain"}));
      const given = {bubbles: true, cancelable: true, composed: true};
      if (type === "paste") {
        element.dispatchEvent(new ClipboardEvent(type, {...given, clipboardData: carrier}));
      } else {
        element.dispatchEvent(new DragEvent("dragover", {...given, dataTransfer: carrier}));
        element.dispatchEvent(new DragEvent(type, {...given, dataTransfer: carrier}));
      }
    }"""
    await page.get_by_role("dialog").evaluate(brought, "drop")
    await expect(page.locator(".chips li")).to_have_text(["drop.txt"])
    await visitor.text.evaluate(brought, "paste")
    await expect(page.locator(".chips li")).to_have_text(["drop.txt", "paste.txt"])


async def test_a_file_that_waits_outlives_the_page(shop: Shop, context: BrowserContext) -> None:
    visitor = await shop()
    await visitor.connected()
    await visitor.page.locator("input[type=file]").set_input_files([PICTURE])
    await expect(visitor.page.locator(".chips li")).to_have_count(1)
    visitor.house.context.store.fail()
    await visitor.write("Look")
    await expect(visitor.line("Look")).to_contain_text("Sending")
    await visitor.page.reload()
    await expect(visitor.line("Look")).to_contain_text("Sending")
    visitor.house.context.store.recover()
    await expect(visitor.line("Look")).to_contain_text("Sent", timeout=15_000)
    ((_, body),) = visitor.house.context.accepted
    assert body.endswith(PICTURE["buffer"])
    visitor.pardon("503")


async def _reports(visitor: Visitor, expected: list[tuple[str, str]]) -> None:
    def reported() -> list[tuple[str, str]]:
        return [(each.outbound, each.state.value) for each in visitor.house.context.reports]

    async with asyncio.timeout(5):
        while reported() != expected:  # noqa: ASYNC110  (a recording context has no event for it)
            await asyncio.sleep(0.02)  # polling: the connector tells a test nothing of reports
