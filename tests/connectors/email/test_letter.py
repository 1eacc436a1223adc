"""A reply as a mail: its HTML alternative, its files, and the house's mark."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import msgspec
import pytest

from maitred.connectors.email.as_html import as_html
from maitred.connectors.email.letter import FILE_BYTES_MAX, compose
from maitred.connectors.email.outgoing import Sender
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.inbound import BlobRef
from maitred.contracts.outbound import OutboundFile, OutboundKind

SENDER = Sender("help@shop.example", "Shop Care")


def file(name: str, content_type: str, data: bytes) -> tuple[OutboundFile, bytes]:
    digest = hashlib.sha256(data).hexdigest()
    blob = BlobRef(owner=IdentifierKey("0" * 32), sha256=digest, size=len(data))
    return OutboundFile(name=name, content_type=content_type, blob=blob), data


def composed(
    recording: Callable[..., Any],
    text: str = "Hello.",
    *files: tuple[OutboundFile, bytes],
    kind: OutboundKind = OutboundKind.REPLY,
    **changes: Any,
) -> EmailMessage:
    context = recording()
    ann = email_identifier("ann@home.example")
    reply = context.outbound(ann, text, channel="email", account="help", subject="Lamp")
    reply = msgspec.structs.replace(reply, kind=kind)
    letter = compose(reply, SENDER, now=context.now, files=files, **changes)
    assert letter.content.isascii()
    mail = message_from_bytes(letter.content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


async def test_a_reply_is_text_first_and_html_beside_it(recording: Callable[..., Any]) -> None:
    mail = composed(recording, "Grüße <b>\n\n  1 & 2\n終")
    assert mail.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in mail.iter_parts()] == ["text/plain", "text/html"]
    assert body(mail, "plain") == "Grüße <b>\n\n  1 & 2\n終\n"
    assert '<p dir="auto">Grüße &lt;b&gt;</p>' in body(mail, "html")
    assert "1 &amp; 2<br>\n終</p>" in body(mail, "html")


async def test_a_code_is_text_alone(recording: Callable[..., Any]) -> None:
    assert composed(recording, kind=OutboundKind.CODE).get_content_type() == "text/plain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://shop.example/a?b=1&c=2.", 'href="https://shop.example/a?b=1&amp;c=2"'),
        ('https://x.example/"onclick=alert(1)', 'href="https://x.example/"'),
        ("javascript:alert(1)", "javascript:alert(1)</p>"),
        ("(https://x.example/a)", 'href="https://x.example/a"'),
        ("https://", "https://</p>"),
        ("</p><script>alert(1)</script>", "&lt;/p&gt;&lt;script&gt;"),
        ("", '<p dir="auto"></p>'),
    ],
)
def test_nothing_in_a_text_becomes_markup_but_web_addresses(text: str, expected: str) -> None:
    assert expected in as_html(text)
    assert "<script" not in as_html(text)
    assert as_html(text).count("<a ") == as_html(text).count("</a>")


async def test_files_go_out_whole_under_their_names(recording: Callable[..., Any]) -> None:
    mail = composed(
        recording,
        "Both.",
        file("invoice.pdf", "application/pdf", b"%PDF\x00\r\n.\r\nFrom x\n" * 100),
        file("Übersicht 東京.txt", "text/plain; charset=utf-8", "Grüße\r\n.\n".encode()),
    )
    assert mail.get_content_type() == "multipart/mixed"
    assert body(mail, "plain") == "Both.\n"
    first, second = mail.iter_attachments()
    assert first.get_filename() == "invoice.pdf"
    assert first.get_content_type() == "application/pdf"
    assert first.get_payload(decode=True) == b"%PDF\x00\r\n.\r\nFrom x\n" * 100
    assert second.get_filename() == "Übersicht 東京.txt"
    assert second.get_payload(decode=True) == "Grüße\r\n.\n".encode()
    assert "filename*" in second.as_string()


@pytest.mark.parametrize(
    ("content_type", "sent_as"),
    [
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed; boundary=x", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("image/png\r\nBcc: eve@x.example", "application/octet-stream"),
        ("IMAGE/PNG", "image/png"),
    ],
)
async def test_a_type_that_cannot_stand_in_a_mail_is_none(
    recording: Callable[..., Any], content_type: str, sent_as: str
) -> None:
    mail = composed(recording, "Here.", file("a", content_type, b"From: x\r\n\r\n\xff"))
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == sent_as
    assert attached.get_payload(decode=True) == b"From: x\r\n\r\n\xff"
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    ("name", "sent_as"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ('a"\r\nBcc: eve@x.example', 'a" Bcc: eve@x.example'),
        ("..", "file"),
        ("", "file"),
        ("\x00", "file"),
    ],
)
async def test_a_name_leads_nowhere_and_adds_no_header(
    recording: Callable[..., Any], name: str, sent_as: str
) -> None:
    mail = composed(recording, "Here.", file(name, "text/plain", b"x"))
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == sent_as
    assert mail["Bcc"] is None
    assert attached["Bcc"] is None


async def test_files_that_are_too_large_together_are_refused(
    recording: Callable[..., Any],
) -> None:
    half = file("half", "application/octet-stream", bytes(FILE_BYTES_MAX // 2 + 1))
    with pytest.raises(Permanent) as refusal:
        composed(recording, "Both.", half, half)
    assert refusal.value.code == "files_too_large"


async def test_the_house_s_mark_stands_in_a_field_of_its_own(
    recording: Callable[..., Any],
) -> None:
    assert composed(recording, mark="out_1.abc")["X-Maitred-Mark"] == "out_1.abc"
    assert composed(recording)["X-Maitred-Mark"] is None
