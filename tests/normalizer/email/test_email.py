"""Mails of all sorts become messages, and none of them an exception."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.limits import (
    ATTACHMENTS_MAX,
    MESSAGE_TEXT_BYTES_MAX,
    MIME_DEPTH_MAX,
    MIME_PARTS_MAX,
    NATS_HEADER_BYTES_MAX,
    NATS_PAYLOAD_BYTES_MAX,
    THREAD_REFERENCES_MAX,
)
from maitred.contracts.message import EntityKind, MessageKind
from maitred.normalizer.port import DecodeContext, Decoded

FIXTURES = Path(__file__).parent / "fixtures"

Read = Callable[..., Decoded]


def test_a_reply_is_read_whole(read: Read) -> None:
    message = read("reply", recipients=("support+x@example.org",)).message
    assert message.kind is MessageKind.MESSAGE
    assert message.subject == "Re: Bestellung A-10023 für Zürich"
    assert message.name == "Ada Löwenherz"
    assert message.text.startswith("Guten Tag, meine Bestellung A-10023 ist nicht angekommen.\n")
    assert message.text.endswith("rückerstatten Sie 49,90 EUR bis 2023-12-01.")
    assert message.quoted.startswith("> Wann kam sie an?\n")
    assert (message.sender.name, message.sender.address) == ("Ada Löwenherz", "Ada@Example.com")
    assert message.recipients == (
        "support+x@example.org",
        "support@example.org",
        "sales@example.org",
        "bob@example.net",
        "carol@example.net",
    )
    assert message.sent_at == 1_699_952_400_000
    assert message.language is not None
    assert message.language.code == "de"
    assert message.raw is not None
    assert message.raw.sequence == 7
    assert message.flags == ("forwarded",)


def test_entities_are_taken_from_subject_and_text(read: Read) -> None:
    found = {(each.kind, each.value) for each in read("reply").message.entities}
    assert found == {
        (EntityKind.ORDER, "A-10023"),
        (EntityKind.AMOUNT, "49.90 EUR"),
        (EntityKind.DATE, "2023-12-01"),
    }


def test_html_is_made_safe_and_loads_nothing(read: Read) -> None:
    html = read("reply").message.html
    assert "<b>A-10023</b>" in html
    assert 'alt="Logo"' in html
    for banned in ("script", "onclick", "src=", "steal", "alert"):
        assert banned not in html


def test_attachments_have_names_and_bytes(read: Read) -> None:
    decoded = read("reply")
    pdf, enclosed = decoded.message.attachments
    assert (pdf.name, pdf.content_type, pdf.size) == ("Rechnung für Ada.pdf", "application/pdf", 9)
    assert pdf.blob is not None
    assert decoded.contents[pdf.blob.sha256] == b"%PDF-1.4\n"
    assert pdf.blob.sha256 == hashlib.sha256(b"%PDF-1.4\n").hexdigest()
    assert pdf.blob.owner == decoded.message.actor_key
    assert enclosed.content_type == "message/rfc822"
    assert "Enclosed words" not in decoded.message.text


def test_the_thread_is_named_nearest_first(read: Read) -> None:
    message = read("reply").message
    assert message.thread.own == ("<own@example.com>",)
    assert message.thread.refers_to == ("<second@example.org>", "<first@example.org>")
    assert message.reply_to.extra == {
        "in_reply_to": "<own@example.com>",
        "references": "<first@example.org> <second@example.org> <own@example.com>",
        "subject": "Re: Bestellung A-10023 für Zürich",
    }


def test_the_answer_goes_to_the_sender_and_never_to_reply_to(
    read: Read, context: DecodeContext
) -> None:
    message = read("reply").message
    assert message.reply_to.endpoint.value == "ada@example.com"
    assert message.reply_to.key == context.keys.actor(message.actor)
    assert message.channel_extra["reply_to_header"] == "elsewhere@attacker.example"


def test_a_claimed_sender_keeps_the_key_of_a_claim(read: Read, context: DecodeContext) -> None:
    message = read("reply", level=Level.CLAIMED).message
    assert message.reply_to.key == context.keys.claimed(message.actor.identifier)
    assert message.actor.level is Level.CLAIMED


def test_an_author_who_is_not_the_known_sender_is_flagged(read: Read) -> None:
    other = Identifier(kind=IdentifierKind.EMAIL, value="eve@example.com")
    message = read("reply", sender=other).message
    assert "from_differs" in message.flags
    assert message.reply_to.endpoint == other


def test_the_same_mail_by_another_way_has_the_same_fingerprint(read: Read) -> None:
    raw = (FIXTURES / "reply.eml").read_bytes()
    other_way = b"Delivered-To: alias@example.org\n" + raw.replace(b"192.0.2.1", b"192.0.2.9")
    changed = raw.replace(b"nicht angekommen.", b"angekommen.")
    first = read(raw).message.thread.fingerprint
    assert read(other_way).message.thread.fingerprint == first
    assert read(changed).message.thread.fingerprint != first


def test_html_alone_becomes_readable_text(read: Read) -> None:
    message = read("html_only").message
    assert message.text == (
        "Hello,\nsee my order (https://shop.example.com/o/7):\n\n- one\n- two\n\nTotal | $12.50"
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bounce", MessageKind.BOUNCE),
        ("complaint", MessageKind.COMPLAINT),
        ("out_of_office", MessageKind.AUTO_REPLY),
        ("list", MessageKind.MAILING_LIST),
        ("reply", MessageKind.MESSAGE),
    ],
)
def test_machines_are_told_from_people(read: Read, name: str, kind: MessageKind) -> None:
    assert read(name).message.kind is kind


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Auto-Submitted: no", MessageKind.MESSAGE),
        ("Auto-Submitted: auto-generated; x=y", MessageKind.AUTO_REPLY),
        ("Precedence: auto_reply", MessageKind.AUTO_REPLY),
        ("Precedence: bulk", MessageKind.MESSAGE),
        ("X-Autoreply: yes", MessageKind.AUTO_REPLY),
        ("X-Auto-Response-Suppress: All", MessageKind.MESSAGE),
    ],
)
def test_automatic_replies_say_so_in_their_header(
    read: Read, field: str, kind: MessageKind
) -> None:
    mail = f"From: ada@example.com\n{field}\n\nHello".encode()
    assert read(mail).message.kind is kind


def test_a_mailer_daemon_with_an_empty_reverse_path_bounces(read: Read) -> None:
    mail = b"From: MAILER-DAEMON@example.net (Mail Delivery)\n\nUser unknown"
    assert read(mail, facts={"mail_from_null": "1"}).message.kind is MessageKind.BOUNCE
    assert read(mail).message.kind is MessageKind.MESSAGE
    person = b"From: ada@example.com\n\nHello"
    assert read(person, facts={"mail_from_null": "1"}).message.kind is MessageKind.MESSAGE


def test_a_mailing_list_is_noted(read: Read) -> None:
    extra = read("list").message.channel_extra
    assert extra["list_id"] == "Users <users.lists.example.org>"
    assert extra["precedence"] == "list"


def test_a_wrong_charset_is_guessed_and_flagged(read: Read) -> None:
    message = read("wrong_charset").message
    assert message.text == "Schöne Grüße aus Köln, und vielen Dank"
    assert message.subject == "Grüße"
    assert message.flags == ("charset_guessed",)
    assert message.sent_at is None


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("Thu, 01 Jan 1970 00:00:01 GMT", 1_000),
        ("1 Jan 1970 01:00:01 +0100", 1_000),
        ("Thu, 01 Jan 1970 00:00:01", 1_000),
        ("Thu, 99 Jan 2020 00:00:00 +0000", None),
        ("Thu, 01 Jan 99999999999 00:00:00 +0000", None),
        ("Thu, 01 Jan 2020 00:00:00 +99999999999999", None),
        ("Thu, 01 Jan 1900 00:00:00 +0000", None),
        ("", None),
    ],
)
def test_a_date_is_read_or_missing(read: Read, date: str, at: int | None) -> None:
    assert read(f"From: a@example.com\nDate: {date}\n\nx".encode()).message.sent_at == at


def test_mails_of_the_standard_library_are_read_back(read: Read) -> None:
    mail = EmailMessage()
    mail["From"] = "Grüße <ada@example.com>"
    mail["Subject"] = "Ein sehr langer Betreff mit Umlauten: äöü ÄÖÜ ß " * 4
    mail.set_content("Привет, мир! Где мой заказ?\n")
    mail.add_alternative("<p>Привет, <b>мир</b>! Где мой заказ?</p>", subtype="html")
    mail.add_attachment(b"\0\1\2" * 100, maintype="image", subtype="png", filename="снимок.png")
    decoded = read(mail.as_bytes())
    assert decoded.message.subject == str(mail["Subject"]).strip()
    assert decoded.message.text == "Привет, мир! Где мой заказ?"
    assert [each.name for each in decoded.message.attachments] == ["снимок.png"]
    assert list(decoded.contents.values()) == [b"\0\1\2" * 100]


def test_a_multipart_without_its_boundary_is_shown_as_text(read: Read) -> None:
    mail = b"From: a@example.com\nContent-Type: multipart/mixed\n\nAll the words."
    message = read(mail).message
    assert message.text == "All the words."
    assert "mime_broken" in message.flags


def test_a_missing_last_boundary_loses_nothing(read: Read) -> None:
    mail = (
        b"From: a@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"--x\n\nFirst\n--x\nContent-Type: text/plain\n\nSecond\n"
    )
    assert read(mail).message.text == "First\n\nSecond"


def test_a_mail_that_names_its_body_is_still_read(read: Read) -> None:
    mail = (
        b"From: a@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"
        b'--x\nContent-Type: text/plain; name="body.txt"\n\nThe words\n'
        b'--x\nContent-Type: text/plain; name="log.txt"\n\nA file\n--x--'
    )
    message = read(mail).message
    assert message.text == "The words"
    assert [each.name for each in message.attachments] == ["log.txt"]


def test_an_empty_mail_is_refused_with_a_code(read: Read) -> None:
    with pytest.raises(BadPayload) as refused:
        read(b" \r\n \r\n")
    assert refused.value.code == "empty"


def test_nesting_beyond_the_bound_is_flagged(read: Read) -> None:
    depth = MIME_DEPTH_MAX + 500
    mail = b"From: a@example.com\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(depth)
    )
    message = read(mail + b"\ndeep").message
    assert "mime_depth" in message.flags


def test_parts_beyond_the_bound_are_flagged(read: Read) -> None:
    part = b"--x\nContent-Type: image/gif\n\nGIF89a\n"
    mail = b"From: a@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"
    decoded = read(mail + part * (MIME_PARTS_MAX + 10))
    assert set(decoded.message.flags) >= {"mime_parts", "attachments_cut"}
    assert len(decoded.message.attachments) == ATTACHMENTS_MAX
    assert len(decoded.contents) == 1


def test_every_blob_has_its_bytes_and_no_more(read: Read) -> None:
    part = "--x\nContent-Type: image/gif\n\nGIF {}\n"
    mail = "From: a@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"
    decoded = read((mail + "".join(part.format(n) for n in range(ATTACHMENTS_MAX + 50))).encode())
    blobs = {each.blob.sha256 for each in decoded.message.attachments if each.blob}
    assert blobs == set(decoded.contents)
    assert len(blobs) == ATTACHMENTS_MAX


def test_a_mail_at_every_bound_fits_into_one_payload(read: Read) -> None:
    words = 'ä"\\' * 400_000
    attachment = "--x\nContent-Type: image/{0}; name={0}\n\n{1}\n"
    name = "ü" * 300
    references = " ".join(f"<{n}{'r' * 500}@x>" for n in range(100))
    fields = "".join(f"{name}: {'%22' * 2_000}\n" for name in ("List-Id", "Reply-To", "X-Mailer"))
    mail = (
        f"From: {name} <a@example.com>\nSubject: {words[:5_000]}\n{fields}"
        f"To: {','.join(f'{n}{name}@example.com' for n in range(300))}\n"
        f"Message-ID: <{'m' * 505}@x>\n"
        f"References: {references}\n"
        "Content-Type: multipart/mixed; boundary=x\n\n"
        f"--x\nContent-Type: text/plain; charset=utf-8\n\n{words}\n"
        f"--x\nContent-Type: text/html; charset=utf-8\n\n<p>{words}</p>\n"
        + "".join(attachment.format(name, n) for n in range(150))
    )
    message = read(mail.encode()).message
    assert "text_cut" in message.flags
    assert len(message.text.encode()) <= MESSAGE_TEXT_BYTES_MAX
    assert len(message.thread.refers_to) == THREAD_REFERENCES_MAX
    encoded = msgspec.json.encode(message)
    assert len(encoded) + NATS_HEADER_BYTES_MAX < NATS_PAYLOAD_BYTES_MAX


def test_base64_of_bad_quality_is_read(read: Read) -> None:
    words = base64.b64encode("Grüße aus Köln".encode()).rstrip(b"=")
    mail = (
        b"From: a@example.com\nContent-Type: text/plain; charset=utf-8\n"
        b"Content-Transfer-Encoding: base64\n\n" + words[:5] + b"\n !" + words[5:]
    )
    assert read(mail).message.text == "Grüße aus Köln"


@pytest.mark.parametrize(
    ("fields", "address", "name"),
    [
        ("From: Ada <a@example.com>", "a@example.com", "Ada"),
        ("From: Ada, Bob <b@example.com>", "b@example.com", "Ada, Bob"),
        ("From: a@example.com, b@example.com", "a@example.com", ""),
        ("From: <>\nFrom: Ada <a@example.com>", "a@example.com", "Ada"),
        ("From: a@example.com\nFrom: b@example.com", "a@example.com", ""),
        ("From: a@example.com\nSender: s@example.com", "a@example.com", ""),
        ("Sender: Sec <s@example.com>", "s@example.com", "Sec"),
        ("From: Team: a@example.com, b@example.com;", "a@example.com", ""),
        ("From: Mail Delivery <MAILER-DAEMON>", "MAILER-DAEMON", "Mail Delivery"),
        ("From: Ada Example", "", "Ada Example"),
        ("From:", "", ""),
        ("X: y", "", ""),
    ],
)
def test_the_author_is_read_from_any_from(read: Read, fields: str, address: str, name: str) -> None:
    message = read(f"{fields}\n\nHello".encode()).message
    assert (message.sender.address, message.sender.name) == (address, name)


def test_correspondents_are_as_written_and_recipients_are_addresses(read: Read) -> None:
    message = read(b"To: Ada <A@example.com>, Team\nCc: x@example.com\n\nHello").message
    assert [(each.address, each.name) for each in message.to] == [
        ("A@example.com", "Ada"),
        ("", "Team"),
    ]
    assert [each.address for each in message.cc] == ["x@example.com"]
    assert message.recipients == ("A@example.com", "x@example.com")


def test_an_encoded_line_end_makes_no_new_field(read: Read) -> None:
    mail = (
        b"Subject: =?utf-8?q?Hi=0D=0ABcc:_x=40example.com?=\nFrom: =?utf-8?q?A=0AB?= <a@b.example>"
    )
    message = read(mail + b"\n\nHello").message
    assert message.subject == "Hi Bcc: x@example.com"
    assert message.sender.name == "A B"
    assert message.reply_to.extra["subject"] == "Hi Bcc: x@example.com"


def test_of_two_subjects_the_first_counts(read: Read) -> None:
    assert read(b"Subject: One\nSubject: Two\n\nHello").message.subject == "One"


def test_letters_beyond_ascii_may_stand_bare_in_any_field(read: Read) -> None:
    mail = "Subject: Посылка не пришла\nFrom: Иван <i@example.com>\n"
    kind = "Content-Type: text/plain; charset=koi8-r\n\n"
    message = read(f"{mail}{kind}Где посылка?".encode("koi8_r")).message
    assert message.subject == "Посылка не пришла"
    assert message.sender.name == "Иван"
    assert message.text == "Где посылка?"


def test_the_same_words_without_a_message_id_are_two_mails(read: Read) -> None:
    assert read(b"From: form@shop.example\n\nPlease call me.").message.thread.fingerprint == ""
