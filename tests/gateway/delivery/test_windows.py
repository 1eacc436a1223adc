"""Where free text goes through for a while only, a template of the provider's takes its place."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from maitred.connectors.port import Capabilities, Window
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.limits import DAY_MS, MINUTE_MS
from maitred.contracts.outbound import Content, Outbound, ScheduledDoc
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.history import scan
from maitred.gateway.delivery.outgoing import Outgoing
from maitred.gateway.delivery.templates import Template, carrier_fault, content_of, faults
from tests.gateway.lodge import SECRET, Lodge, email

KIM = email("kim@mail.example")
SIDS = {"de": "HX" + "d" * 32, "en": "HX" + "e" * 32}
DELAY = Template(
    texts={"de": "{name}: noch {days} Tage.", "en": "{name}, {days} more days."},
    variables=("name", "days"),
    content_sids=SIDS,
)
CARRIER = Template(
    texts={"en": "We wrote: {text}"}, variables=("text",), content_sids={"en": "HX" + "c" * 32}
)
TEMPLATES = {
    "delay": DELAY,
    "carrier": CARRIER,
    "plain": Template(texts={"en": "Hello."}),
}
GIVEN = {"template": "delay", "variables": {"name": "Kim", "days": "3"}}
FILE = {"name": "a.txt", "data": base64.b64encode(b"x").decode()}
Open = Callable[..., Lodge]


@pytest.fixture
async def house(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Open]:
    """Return what opens a house whose channel has a window of so many milliseconds."""
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    lodge = Lodge(backbone, tmp_path)

    def open_(window_ms: int, *, carrier: str = "", prefix: str = "") -> Lodge:
        able = Capabilities(
            threads=True,
            text_characters_max=100,
            resend_is_safe=False,
            files_max=1,
            file_bytes_max=10,
            edits=True,
            windows=(Window("none:", 0), Window(prefix, window_ms)),
        )
        lodge.outgoing = Outgoing({"email": able}, TEMPLATES, carrier)
        lodge.provider.capabilities = able
        lodge.start()
        return lodge

    yield open_
    await lodge.stop()


async def reply(lodge: Lodge, **more: object) -> str:
    """Let the customer write and ann answer; return why she was refused, if she was."""
    await lodge.say("presence", presence="online")
    await lodge.mail(KIM, "Where is my order?")
    offer = await lodge.accept()
    epoch = (await lodge.told())[-1].epoch
    await lodge.say("reply", conversation=offer.conversation, epoch=epoch, **more)
    await lodge.settle()
    refused = [each for each in await lodge.told() if each.state is AssignmentState.REFUSED]
    return refused[0].reason if refused else ""


async def sent(lodge: Lodge) -> list[Outbound]:
    subject = f"{lodge.subjects.root}.outbound.>"
    return [
        msgspec.json.decode(each.data, type=Outbound)
        async for each in scan(lodge.backbone.connection, JOURNAL, subject)
    ]


@pytest.mark.parametrize("said", [{"text": "Soon."}, {"template": "plain"}])
async def test_free_text_behind_the_window_is_refused_to_the_agent_before_anything_is_sent(
    house: Open, said: dict[str, object]
) -> None:
    lodge = house(MINUTE_MS)
    assert await reply(lodge, **said) == "outside_window"
    assert await sent(lodge) == []


async def test_a_template_that_the_provider_has_goes_out_in_its_place(house: Open) -> None:
    lodge = house(MINUTE_MS)
    assert await reply(lodge, **GIVEN, language="de") == ""
    (found,) = await sent(lodge)
    assert found.text == "Kim: noch 3 Tage."
    assert found.content is not None
    assert found.content.template == SIDS["de"]
    assert found.content.variables == {"1": "Kim", "2": "3"}
    assert found.content.after <= clock.now_ms()


async def test_the_carrier_takes_what_an_agent_wrote_himself(house: Open) -> None:
    lodge = house(MINUTE_MS, carrier="carrier")
    assert await reply(lodge, text="Soon.\n\nReally.") == ""
    (found,) = await sent(lodge)
    assert found.text == "Soon.\n\nReally."
    assert found.content is not None
    assert found.content.variables == {"1": "Soon. Really."}


async def test_files_go_by_no_template(house: Open) -> None:
    lodge = house(MINUTE_MS, carrier="carrier")
    assert await reply(lodge, text="Here.", files=[FILE]) == "outside_window"


async def test_within_the_window_the_text_goes_and_the_template_is_at_hand(house: Open) -> None:
    lodge = house(DAY_MS)
    before = clock.now_ms()
    assert await reply(lodge, **GIVEN) == ""
    (found,) = await sent(lodge)
    assert found.content is not None
    assert before < found.content.after - DAY_MS + 2 * MINUTE_MS


async def test_within_the_window_free_text_needs_no_template(house: Open) -> None:
    lodge = house(DAY_MS)
    assert await reply(lodge, text="Soon.", files=[FILE]) == ""
    assert (await sent(lodge))[0].content is None


async def test_another_address_of_the_channel_has_no_window(house: Open) -> None:
    lodge = house(MINUTE_MS, prefix="whatsapp:")
    assert await reply(lodge, **GIVEN) == ""
    assert (await sent(lodge))[0].content is None


async def test_what_is_for_later_is_not_refused_since_he_may_have_written_again(
    house: Open,
) -> None:
    lodge = house(MINUTE_MS)
    assert await reply(lodge, text="Tomorrow.", send_at=clock.now_ms() + DAY_MS // 2) == ""
    subject = f"{lodge.subjects.root}.scheduled.>"
    kept = [
        msgspec.json.decode(each.data, type=ScheduledDoc)
        async for each in scan(lodge.backbone.connection, JOURNAL, subject)
    ]
    assert [each.outbound.content for each in kept if each.outbound] == [None]


def test_who_reads_another_language_gets_the_first_template() -> None:
    found = content_of(DELAY, "fr", {"name": " ", "days": "3\t days"}, 7)
    assert found == Content(template=SIDS["de"], variables={"1": "-", "2": "3 days"}, after=7)


def test_the_check_names_what_is_wrong_with_a_providers_template() -> None:
    wrong = Template(texts={"en": "Hi."}, content_sids={"en": "HX1", "de": SIDS["de"]})
    assert list(faults({"x": wrong})) == [
        "templates.x.content_sids.en: write a content template's SID, HX and 32 hex digits",
        "templates.x.content_sids.de: there is no text for that language",
    ]


@pytest.mark.parametrize("name", ["", "carrier"])
def test_a_carrier_has_one_place_for_the_text(name: str) -> None:
    assert carrier_fault(TEMPLATES, name) == ""


@pytest.mark.parametrize("name", ["delay", "plain", "none"])
def test_what_cannot_carry_a_text_is_no_carrier(name: str) -> None:
    assert repr(name) in carrier_fault(TEMPLATES, name)
