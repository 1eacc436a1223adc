"""Twilio's webhook forms become messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from maitred.contracts.errors import BadPayload
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message, MessageKind
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.sms import FIELDS_MAX, MEDIA_MAX, decode

FIXTURES = Path(__file__).parent / "fixtures"

Read = Callable[[bytes], Message]


@pytest.fixture
def read(received: Callable[..., Inbound], context: DecodeContext) -> Read:
    return lambda raw: decode(received("sms"), raw, 1, context).message


def form(**fields: str) -> bytes:
    return urlencode({"From": "+14155550123", "To": "+14155550199", "Body": "", **fields}).encode()


def test_a_text_is_read(read: Read) -> None:
    message = read((FIXTURES / "message.form").read_bytes().strip())
    assert message.text == "Where is my order #12345? 😡"
    assert message.kind is MessageKind.MESSAGE
    assert message.recipients == ("+14155550199",)
    assert message.reply_to.endpoint.value == "+14155550123"
    assert message.reply_to.extra == {"from": "+14155550199"}
    assert message.thread.own == ()
    assert [each.value for each in message.entities] == ["12345"]


def test_media_stay_at_the_provider(read: Read) -> None:
    message = read((FIXTURES / "media.form").read_bytes().strip())
    first, second = message.attachments
    assert (first.remote, first.content_type, first.size, first.blob) == (
        "https://api.twilio.com/media/ME0",
        "image/jpeg",
        -1,
        None,
    )
    assert second.content_type == "audio/ogg"
    assert message.thread.refers_to == ("SM9",)
    assert message.channel_extra["latitude"] == "37.7"
    assert message.name == "Ada"


@pytest.mark.parametrize("count", ["11", "999999999", "-1", "two", "²", ""])
def test_a_wrong_number_of_media_is_no_error(read: Read, count: str) -> None:
    urls = {f"MediaUrl{n}": f"https://m.example/{n}" for n in range(MEDIA_MAX + 5)}
    assert len(read(form(NumMedia=count, **urls)).attachments) <= MEDIA_MAX


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"Body": "STOP"}, MessageKind.OPT_OUT),
        ({"Body": " stop \n"}, MessageKind.OPT_OUT),
        ({"Body": "Unsubscribe"}, MessageKind.OPT_OUT),
        ({"Body": "start"}, MessageKind.OPT_IN),
        ({"Body": "UNSTOP"}, MessageKind.OPT_IN),
        ({"Body": "yes"}, MessageKind.MESSAGE),
        ({"Body": "please stop the delivery"}, MessageKind.MESSAGE),
        ({"Body": "help"}, MessageKind.MESSAGE),
        ({"Body": "ARRET", "OptOutType": "STOP"}, MessageKind.OPT_OUT),
        ({"Body": "yes", "OptOutType": "START"}, MessageKind.OPT_IN),
        ({"Body": "help", "OptOutType": "HELP"}, MessageKind.MESSAGE),
    ],
)
def test_opting_out_and_in_is_a_kind(read: Read, fields: dict[str, str], kind: MessageKind) -> None:
    assert read(form(**fields)).kind is kind


def test_a_pressed_button_speaks_where_no_text_does(read: Read) -> None:
    assert read(form(ButtonText="Cancel my order")).text == "Cancel my order"
    message = read(form(Body="hello", ButtonText="Cancel my order"))
    assert message.text == "hello"
    assert message.channel_extra["button_text"] == "Cancel my order"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "bad_field"),
        (b"From=%2B1&To=%2B2", "bad_field"),
        (b"From=&To=%2B2&Body=x", "bad_field"),
        (b'{"Body": "x"}', "bad_field"),
        (b"From=%2B1&To=%2B2&Body=%FF", "not_a_form"),
        (b"From=\xff", "not_a_form"),
        (b"&".join(b"a%d=1" % n for n in range(FIELDS_MAX + 1)), "not_a_form"),
    ],
)
def test_what_is_no_message_is_refused(read: Read, raw: bytes, code: str) -> None:
    with pytest.raises(BadPayload) as refused:
        read(raw)
    assert refused.value.code == code
