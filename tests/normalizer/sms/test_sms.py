"""Twilio's webhook forms become messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import (
    Correspondent,
    Message,
    MessageKind,
    ThreadEvidence,
    ThreadEvidenceKind,
)
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.sms.decoder import decode
from maitred.normalizer.sms.form import _KEPT, FIELDS_MAX
from maitred.normalizer.sms.media import MEDIA_MAX
from maitred.normalizer.text import clean

FIXTURES = Path(__file__).parent / "fixtures"
OURS = "+14155550199"

Read = Callable[[bytes], Message]


@pytest.fixture
def read(received: Callable[..., Inbound], context: DecodeContext) -> Read:
    return lambda raw: decode(received("sms"), raw, 1, context).message


def form(**fields: str) -> bytes:
    return urlencode({"From": "+14155550123", "To": OURS, "Body": "", **fields}).encode()


def whatsapp(**fields: str) -> bytes:
    sides = {"From": "whatsapp:+14155550123", "To": f"whatsapp:{OURS}", "MessageSid": "SM7"}
    return form(**{**sides, **fields})


def test_a_text_is_read(read: Read) -> None:
    message = read((FIXTURES / "message.form").read_bytes().strip())
    assert message.text == "Where is my order #12345? 😡"
    assert message.kind is MessageKind.MESSAGE
    assert message.recipients == (OURS,)
    assert message.sender == Correspondent(address="+14155550123")
    assert message.to == (Correspondent(address=OURS),)
    assert message.reply_to.endpoint.value == "+14155550123"
    assert message.reply_to.extra == {"from": OURS}
    assert message.thread.own == ()
    assert [each.value for each in message.entities] == ["12345"]
    assert message.flags == ()


@pytest.mark.parametrize(
    ("service", "extra"),
    [
        ("MG00000000000000000000000000000001", {"service": "MG00000000000000000000000000000001"}),
        ("", {}),
        ("AC1", {}),
        ("MG1\r\nX", {}),
        ("MG" + "1" * 100, {}),
    ],
)
def test_an_answer_goes_by_the_messaging_service_that_brought_the_message(
    read: Read, service: str, extra: dict[str, str]
) -> None:
    message = read(form(Body="Hi", MessagingServiceSid=service))
    assert message.reply_to.extra == {"from": OURS, **extra}


def test_media_stay_at_the_provider(read: Read) -> None:
    message = read((FIXTURES / "media.form").read_bytes().strip())
    first, second = message.attachments
    assert (first.remote, first.content_type, first.size, first.blob) == (
        "https://api.twilio.com/media/ME0",
        "image/jpeg",
        -1,
        None,
    )
    assert [each.name for each in (first, second)] == ["image-1.jpg", "audio-2.ogg"]
    assert second.content_type == "audio/ogg"
    assert message.thread.refers_to == ("SM9",)
    assert message.channel_extra["latitude"] == "37.7"
    assert message.channel_extra["media_sids"] == "ME0 ME1"
    assert message.name == "Ada"


@pytest.mark.parametrize("count", ["11", "999999999", "-1", "two", "²", ""])
def test_a_wrong_number_of_media_is_no_error(read: Read, count: str) -> None:
    urls = {f"MediaUrl{n}": f"https://m.example/{n}" for n in range(MEDIA_MAX + 5)}
    assert len(read(form(NumMedia=count, **urls)).attachments) == MEDIA_MAX


def test_media_that_twilio_counts_and_does_not_name_are_told(read: Read) -> None:
    assert "media_missing" in read(whatsapp(NumMedia="1")).flags
    named = {"MediaUrl0": "https://m.example/0", "MediaContentType0": "image/png"}
    assert "media_missing" not in read(whatsapp(NumMedia="1", **named)).flags


@pytest.mark.parametrize(
    ("media_type", "body", "name"),
    [
        ("application/pdf", "Invoice 17.pdf", "Invoice 17.pdf"),
        ("application/pdf", "../../etc/invoice.pdf", "file.pdf"),
        ("application/pdf", "see invoice.exe", "file.pdf"),
        ("application/pdf", "", "file.pdf"),
        ("text/vcard", "", "contact.vcf"),
        ("text/x-vcard; charset=utf-8", "", "contact.vcf"),
        ("image/webp", "", "image.webp"),
        ("", "", "file.bin"),
        ("nonsense", "", "file.bin"),
        ("application/vnd.made-up+thing", "", "file.bin"),
    ],
)
def test_a_file_has_a_name_with_its_type_s_extension(
    read: Read, media_type: str, body: str, name: str
) -> None:
    media = {"NumMedia": "1", "MediaUrl0": "https://m.example/0", "MediaContentType0": media_type}
    (attachment,) = read(whatsapp(Body=body, **media)).attachments
    assert attachment.name == name


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"Body": "STOP"}, MessageKind.OPT_OUT),
        ({"Body": " stop \n"}, MessageKind.OPT_OUT),
        ({"Body": "Stop."}, MessageKind.OPT_OUT),
        ({"Body": "Unsubscribe"}, MessageKind.OPT_OUT),
        ({"Body": "arrêt !"}, MessageKind.OPT_OUT),
        ({"Body": "Abmelden"}, MessageKind.OPT_OUT),
        ({"Body": "SAIR"}, MessageKind.MESSAGE),
        ({"Body": "start"}, MessageKind.OPT_IN),
        ({"Body": "UNSTOP"}, MessageKind.OPT_IN),
        ({"Body": "yes"}, MessageKind.MESSAGE),
        ({"Body": "please stop the delivery"}, MessageKind.MESSAGE),
        ({"Body": "help"}, MessageKind.MESSAGE),
        ({"Body": "Baja", "OptOutType": "STOP"}, MessageKind.OPT_OUT),
        ({"Body": "yes", "OptOutType": "START"}, MessageKind.OPT_IN),
        ({"Body": "help", "OptOutType": "HELP"}, MessageKind.MESSAGE),
        ({"Body": "stop", "OptOutType": "START"}, MessageKind.OPT_IN),
        ({"Body": "stop", "OptOutType": "HELP"}, MessageKind.MESSAGE),
    ],
)
def test_opting_out_and_in_is_a_kind(read: Read, fields: dict[str, str], kind: MessageKind) -> None:
    assert read(form(**fields)).kind is kind


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"Body": "STOP"}, MessageKind.OPT_OUT),
        ({"ButtonText": "Stop promotions"}, MessageKind.OPT_OUT),
        ({"Body": "Cancel"}, MessageKind.MESSAGE),
        ({"Body": "Start"}, MessageKind.MESSAGE),
        ({"Body": "Cancel", "OptOutType": "STOP"}, MessageKind.OPT_OUT),
    ],
)
def test_in_a_messenger_only_unmistakable_words_opt_out(
    read: Read, fields: dict[str, str], kind: MessageKind
) -> None:
    assert read(whatsapp(**fields)).kind is kind


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"Body": "Start"}, ("start_asked",)),
        ({"ButtonText": "START"}, ("start_asked",)),
        ({"Body": "Start", "From": "rcs:+14155550123"}, ("start_asked",)),
        ({"Body": "unstop"}, ()),
        ({"Body": "Please start"}, ()),
        ({"Body": "Cancel"}, ()),
    ],
)
def test_the_word_start_is_flagged_in_a_messenger_where_it_may_be_a_greeting(
    read: Read, fields: dict[str, str], flags: tuple[str, ...]
) -> None:
    assert read(whatsapp(**fields)).flags == flags


def test_the_word_help_is_flagged(read: Read) -> None:
    assert read(form(Body="Hilfe!")).flags == ("help_asked",)
    assert read(form(Body="?", OptOutType="HELP")).flags == ("help_asked",)


def test_a_pressed_button_speaks_where_no_text_does(read: Read) -> None:
    assert read(form(ButtonText="Cancel my order")).text == "Cancel my order"
    message = read(form(Body="hello", ButtonText="Cancel my order", ButtonPayload="c-1"))
    assert message.text == "hello"
    assert message.channel_extra["button_text"] == "Cancel my order"
    assert message.channel_extra["button_payload"] == "c-1"
    row = read(whatsapp(ListId="r2", ListTitle="Refund"))
    assert (row.text, row.channel_extra["list_id"]) == ("Refund", "r2")


PLACE = {"Latitude": "52.5200066", "Longitude": "13.404954", "Label": "Museum", "Address": "Am 1"}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (PLACE, "Location: Museum, Am 1 (52.520006, 13.404954)"),
        ({**PLACE, "Label": "", "Address": ""}, "Location: (52.520006, 13.404954)"),
        ({**PLACE, "Address": "Museum, Am 1"}, "Location: Museum, Am 1 (52.520006, 13.404954)"),
        ({**PLACE, "Latitude": "91"}, "Location: Museum, Am 1"),
        ({**PLACE, "Latitude": "1e1", "Longitude": "x"}, "Location: Museum, Am 1"),
        ({"Latitude": "1", "Longitude": "-2.5"}, "Location: (1, -2.5)"),
        ({"Latitude": "1"}, ""),
        ({**PLACE, "Body": "Here"}, "Here\n\nLocation: Museum, Am 1 (52.520006, 13.404954)"),
        ({**PLACE, "Body": "Museum"}, "Location: Museum, Am 1 (52.520006, 13.404954)"),
    ],
)
def test_a_place_is_a_line_to_read(read: Read, fields: dict[str, str], text: str) -> None:
    message = read(whatsapp(**fields))
    assert message.text == text
    assert message.channel_extra["latitude"] == fields["Latitude"]


@pytest.mark.parametrize(
    ("fields", "sender", "flags", "kind"),
    [
        ({"From": "(415) 555-2671", "FromCountry": "US"}, "+14155552671", (), "number"),
        ({"From": "020 7946 0958", "To": "+442079460001"}, "+442079460958", (), "number"),
        ({"From": "72975", "FromCountry": "US"}, "72975", (), "short_code"),
        ({"From": "12345", "FromCountry": "DE"}, "12345", (), "short_code"),
        ({"From": "AMAZON"}, "AMAZON", ("no_reply",), "alphanumeric"),
        ({"From": "1800FLOWERS", "FromCountry": "US"}, "1800FLOWERS", ("no_reply",), None),
        ({"From": "+266696687"}, "", ("no_reply",), "anonymous"),
        ({"From": "anonymous"}, "", ("no_reply",), "anonymous"),
        ({"From": "messenger:4155552671"}, "messenger:4155552671", (), "channel"),
        ({"From": "whatsapp:+49 1512 3456789"}, "+4915123456789", (), "number"),
        ({"From": "rcs:+14155552671"}, "+14155552671", (), "number"),
    ],
)
def test_a_sender_is_named_in_its_normal_form(
    read: Read, fields: dict[str, str], sender: str, flags: tuple[str, ...], kind: str | None
) -> None:
    message = read(form(Body="Hi", **fields))
    assert message.sender.address == sender
    assert message.flags == flags
    assert message.channel_extra["sender_kind"] == (kind or "alphanumeric")
    written = message.channel_extra.get("sender_as_written", "")
    assert written == ("" if fields["From"] == sender else fields["From"])


def test_whatsapp_names_its_people_and_what_they_answer(read: Read) -> None:
    message = read(
        whatsapp(
            Body="That one",
            ProfileName="Ana",
            WaId="14155550123",
            OriginalRepliedMessageSid="SM3",
            OriginalRepliedMessageSender=f"whatsapp:{OURS}",
            Forwarded="true",
        )
    )
    assert message.sender == Correspondent(address="+14155550123", name="Ana")
    assert message.to == (Correspondent(address=OURS),)
    assert message.reply_to.extra == {"from": f"whatsapp:{OURS}"}
    assert message.thread.own == ("SM7",)
    assert message.thread.refers_to == ("SM3",)
    (evidence,) = message.thread.evidence
    assert evidence == ThreadEvidence(kind=ThreadEvidenceKind.ANSWERS, id="SM3", score=0.9)
    assert message.flags == ("forwarded",)
    assert message.channel_extra["whatsapp_id"] == "14155550123"
    assert message.channel_extra["replied_sender"] == f"whatsapp:{OURS}"


def test_what_went_round_often_is_flagged(read: Read) -> None:
    message = read(whatsapp(Body="Look", FrequentlyForwarded="true"))
    assert message.flags == ("forwarded", "frequently_forwarded")


def test_a_reaction_is_about_the_message_that_it_names(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    inbound = received("sms")
    raw = whatsapp(MessageType="reaction", Body="👍", OriginalRepliedMessageSid="SM3")
    message = decode(inbound, raw, 1, context).message
    assert message.kind is MessageKind.REACTION
    assert message.text == "👍"
    assert message.target == message_id(inbound.tenant, "sms", "main", "SM3")


def test_an_advertisement_that_led_here_is_kept(read: Read) -> None:
    message = read(
        whatsapp(
            Body="Hi",
            ReferralHeadline="Summer",
            ReferralSourceId="120",
            ReferralSourceUrl="https://ads.example/1",
            ReferralCtwaClid="c1",
        )
    )
    assert message.channel_extra["referral_headline"] == "Summer"
    assert message.channel_extra["referral_source_url"] == "https://ads.example/1"
    assert message.channel_extra["referral_click_id"] == "c1"


@pytest.mark.parametrize(
    ("fields", "continues"),
    [
        ({"Body": "x" * 153}, True),
        ({"Body": "x" * 160}, True),
        ({"Body": "x" * 150}, False),
        ({"Body": "я" * 67}, True),
        ({"Body": "я" * 153}, False),
        ({"Body": "x" * 1_600}, True),
        ({"Body": "x" * 153, "From": "whatsapp:+14155550123"}, False),
    ],
)
def test_a_text_that_fills_its_segment_may_go_on(
    read: Read, fields: dict[str, str], *, continues: bool
) -> None:
    assert ("continues" in read(form(**fields)).flags) is continues


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "bad_field"),
        (b"From=%2B1&To=%2B2", "bad_field"),
        (b"From=&To=%2B2&Body=x", "bad_field"),
        (b'{"Body": "x"}', "bad_field"),
        (b"From=%2B1&To=%2B2&MessageStatus=delivered", "unsupported_type"),
        (b"From=%2B1&To=%2B2&Body=%FF", "not_a_form"),
        (b"From=\xff", "not_a_form"),
        (b"&".join(b"a%d=1" % n for n in range(FIELDS_MAX + 1)), "not_a_form"),
    ],
)
def test_what_is_no_message_is_refused(read: Read, raw: bytes, code: str) -> None:
    with pytest.raises(BadPayload) as refused:
        read(raw)
    assert refused.value.code == code


def test_a_medium_or_a_place_alone_is_a_message(read: Read) -> None:
    sides = "From=%2B14155550123&To=%2B14155550199"
    assert read(f"{sides}&MediaUrl0=https://m.example/0".encode()).attachments
    assert read(f"{sides}&Latitude=1&Longitude=2".encode()).text == "Location: (1, 2)"


FIELDS = [
    *("From", "To", "Body", "NumMedia", "MediaUrl0", "MediaContentType0", "MediaUrl9"),
    *("OptOutType", "MessageSid", "ProfileName", "Forwarded", "FromCountry", *_KEPT),
]
VALUES = ["1", "STOP", "reaction", "whatsapp:+1", "+", "-0.0", "https://x/ME1", "US", "true", ""]


@settings(
    max_examples=300,
    deadline=None,  # the language model is read once, in whichever example comes first
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    fields=st.dictionaries(
        st.sampled_from(FIELDS),
        st.sampled_from(VALUES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    )
)
def test_any_form_is_a_message_or_refused(read: Read, fields: dict[str, str]) -> None:
    try:
        message = read(form(**fields))
    except BadPayload:
        return
    body = clean(fields.get("Body", ""))[0]
    named = {fields.get("Label", ""), fields.get("Address", "")}
    assert body in message.text or fields["Body"].strip() in named
    assert all(each.name for each in message.attachments)
