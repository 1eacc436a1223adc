"""Files of mails: their names, what is packed into them, and what is enclosed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.limits import ATTACHMENTS_MAX
from maitred.contracts.message import Attachment, PartKind
from maitred.normalizer.email import uuencode
from maitred.normalizer.port import Decoded

Read = Callable[..., Decoded]
MIXED = "From: a@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"


def with_part(fields: str, body: str = "data") -> bytes:
    return f"{MIXED}--x\n\nHello\n--x\n{fields}\n\n{body}\n--x--".encode()


def listed(decoded: Decoded) -> list[tuple[str, str]]:
    return [(each.name, each.content_type) for each in decoded.message.attachments]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ('Content-Type: image/png; name="a.png"', "a.png"),
        ('Content-Type: image/png\nContent-Disposition: attachment; filename="a.png"', "a.png"),
        ('Content-Type: image/png; name="b"\nContent-Disposition: inline; filename="a"', "a"),
        ('Content-Type: image/png\nContent-Disposition: attachment filename="a.png"', "a.png"),
        ('Content-Type: image/png\nContent-Disposition: ;\n\tfilename="a.png"', "a.png"),
        ("Content-Type: image/png; name==?utf-8?q?=C3=A4.png?=", "ä.png"),
        ("Content-Type: image/png; name*=utf-8''%C3%A4.png", "ä.png"),
        ('Content-Type: image/png; name="../../x/a.png"', "a.png"),
        ('Content-Type: image/png; name="C:\\x\\a.png"', "a.png"),
        ('Content-Type: image/png; name="a\u202egnp.exe"', "agnp.exe"),
        ('Content-Type: image/png; name="a.pdf\0.exe"', "a.pdf.exe"),
        ('Content-Type: image/png; name="a.pdf.exe"', "a.pdf.exe"),
        ('Content-Type: image/png; name="a\n\tb.png"', "a b.png"),
        ('Content-Type: image/png; name=".."', ""),
        ("Content-Type: image/png\nContent-Description: Our cat", "Our cat"),
        ("Content-Type: image/png", ""),
    ],
)
def test_a_file_has_the_name_that_its_sender_gave_it(read: Read, fields: str, name: str) -> None:
    assert listed(read(with_part(fields))) == [(name, "image/png")]


@pytest.mark.parametrize(
    ("fields", "html", "inline"),
    [
        ("Content-ID: <c@x>", '<img src="cid:c@x">', True),
        ("Content-ID: <c@x>\nContent-Disposition: attachment", '<img src="cid:c@x">', True),
        ("Content-ID: <c@x>\nContent-Disposition: attachment", "<img src='CID:c%40x'>", True),
        ("Content-ID: <c@x>\nContent-Disposition: attachment", "<p>none</p>", False),
        ("Content-ID: <c@x>", "<p>none</p>", True),
        ("Content-Disposition: inline", "<p>none</p>", True),
        ("Content-Disposition: INLINE; filename=a", "<p>none</p>", True),
        ("X: y", "<p>none</p>", False),
    ],
)
def test_a_picture_in_the_text_is_told_from_a_file(
    read: Read, fields: str, html: str, *, inline: bool
) -> None:
    mail = (
        "Content-Type: multipart/related; boundary=x\n\n"
        f"--x\nContent-Type: text/html\n\n{html}\n"
        f"--x\nContent-Type: image/png\n{fields}\n\n.\n--x--"
    )
    (picture,) = read(mail.encode()).message.attachments
    assert picture.inline is inline


FORWARDED = (
    "--x\nContent-Type: message/rfc822\n\n"
    "From: Bob <bob@example.com>\nDate: Mon, 1 Jan 2024 10:00:00 +0000\nSubject: Inner 1/2\n"
    'Content-Type: multipart/mixed; boundary="y"\n\n'
    "--y\n\nInner words\n--y\nContent-Type: image/png; name=cat.png\n\nPNG\n--y--\n--x--"
)


def test_an_enclosed_mail_is_a_file_and_its_words_are_forwarded(read: Read) -> None:
    decoded = read(f"{MIXED}--x\n\nSee below\n{FORWARDED}".encode())
    message = decoded.message
    assert message.text == "See below"
    assert message.quoted == (
        "From: Bob <bob@example.com>\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n"
        "Subject: Inner 1/2\n\nInner words"
    )
    assert [part.kind for part in message.parts] == [PartKind.TEXT, PartKind.FORWARD]
    assert listed(decoded) == [("Inner 1_2", "message/rfc822"), ("cat.png", "image/png")]
    mail, cat = message.attachments
    assert mail.blob is not None
    assert decoded.contents[mail.blob.sha256].startswith(b"From: Bob")
    assert cat.blob is not None
    assert decoded.contents[cat.blob.sha256] == b"PNG"


def test_the_words_of_a_mail_that_comes_back_are_quoted(read: Read) -> None:
    mail = f"{MIXED}--x\n\nCould not deliver\n{FORWARDED}".replace("mixed", "report", 1)
    message = read(mail.encode()).message
    assert [part.kind for part in message.parts] == [PartKind.TEXT, PartKind.QUOTE]
    assert "Inner words" in message.quoted


def test_words_behind_an_enclosed_mail_are_still_new(read: Read) -> None:
    inner = "--x\nContent-Type: message/rfc822\n\nSubject: s\n\nInner\n"
    named = '--x\nContent-Type: text/plain; name="body.txt"\n\nOuter\n--x--'
    message = read(f"{MIXED}{inner}{named}".encode()).message
    assert (message.text, "Inner" in message.quoted) == ("Outer", True)


def test_an_enclosed_mail_in_base64_is_opened_all_the_same(read: Read) -> None:
    fields = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64"
    inner = base64.encodebytes(b"Subject: s\n\nInner words").decode()
    decoded = read(with_part(fields, inner))
    assert decoded.message.attachments[0].name == "s"
    assert "Inner words" in decoded.message.quoted


@pytest.mark.parametrize("kind", ["message/rfc822", "message/global", "message/news"])
def test_what_is_no_mail_inside_is_text(read: Read, kind: str) -> None:
    message = read(with_part(f"Content-Type: {kind}; name=b.eml", "not a mail, sorry!")).message
    assert message.attachments[0].name == "b.eml"
    assert message.quoted == "not a mail, sorry!"


def test_mails_in_a_digest_are_mails_without_saying_so(read: Read) -> None:
    mail = (
        "Content-Type: multipart/digest; boundary=x\n\n"
        "--x\n\nSubject: One\n\nFirst\n--x\n\nSubject: Two\n\nSecond\n--x--"
    )
    decoded = read(mail.encode())
    assert [each.name for each in decoded.message.attachments] == ["One", "Two"]
    assert decoded.message.quoted == "Subject: One\n\nFirst\n\nSubject: Two\n\nSecond"


def test_a_mail_in_a_mail_in_a_mail_is_not_stored_over_and_over(read: Read) -> None:
    mail = b"Content-Type: message/rfc822\n\n" * 20 + b"Subject: s\n\n" + b"deep words " * 9_000
    decoded = read(mail)
    assert sum(map(len, decoded.contents.values())) <= 3 * len(mail)
    cut: set[str] = {each.cut for each in decoded.message.attachments}
    assert cut == {"", "enclosed"}
    assert "deep words" in decoded.message.quoted


@pytest.mark.parametrize(
    "kind",
    [
        "message/partial; id=a; number=1; total=2",
        "message/external-body; access-type=url",
        "message/delivery-status",
        "application/pgp-encrypted",
        "application/pgp-signature",
        "application/pkcs7-signature; name=smime.p7s",
        "application/applefile",
        "text/calendar; method=REQUEST",
        "text/csv",
        "video/mp4",
        "application/mac-binhex40",
    ],
)
def test_what_is_no_text_is_listed(read: Read, kind: str) -> None:
    decoded = read(with_part(f"Content-Type: {kind}"))
    assert [each.content_type for each in decoded.message.attachments] == [kind.partition(";")[0]]
    assert decoded.message.text == "Hello"


def test_both_halves_of_a_file_from_a_mac_are_listed(read: Read) -> None:
    mail = (
        f"{MIXED}--x\n\nHello\n--x\nContent-Type: multipart/appledouble; boundary=y\n\n"
        "--y\nContent-Type: application/applefile; name=cat.gif\n\n.\n"
        "--y\nContent-Type: image/gif; name=cat.gif\n\nGIF\n--y--\n--x--"
    )
    assert listed(read(mail.encode())) == [
        ("cat.gif", "application/applefile"),
        ("cat.gif", "image/gif"),
    ]


def test_pgp_armour_in_the_text_stays_there(read: Read) -> None:
    armour = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n-----BEGIN PGP SIGNATURE"
    message = read(f"From: a@example.com\n\n{armour}".encode()).message
    kept = f"{message.text}{message.quoted}{message.signature}"
    assert [word for word in armour.split() if word not in kept] == []


def test_a_mail_that_is_only_an_invitation_says_what_it_is_about(read: Read) -> None:
    event = (
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Visit\r\n"
        "DESCRIPTION:Bring the lamp\\, please.\\nThe\r\n  old one.\r\nEND:VEVENT\r\n"
    )
    decoded = read(f"Content-Type: text/calendar; charset=utf-8\r\n\r\n{event}".encode())
    assert decoded.message.text == "Visit\n\nBring the lamp, please.\nThe old one."
    assert [each.content_type for each in decoded.message.attachments] == ["text/calendar"]


def test_text_of_another_sort_is_read_where_there_is_no_other(read: Read) -> None:
    assert read(b"Content-Type: text/enriched\n\nHello there").message.text == "Hello there"


def test_texts_beyond_the_bound_of_a_mail_are_files(read: Read) -> None:
    part = "--x\nContent-Type: text/plain\n\n" + "words " * 50_000 + "\n"
    message = read(f"{MIXED}{part * 6}--x--".encode()).message
    assert "text_cut" in message.flags
    assert [each.content_type for each in message.attachments] == ["text/plain"] * 2


# -- files in the text ------------------------------------------------------------------------


def encoded(name: str, data: bytes) -> str:
    lines = [binascii.b2a_uu(data[at : at + 45]).decode() for at in range(0, len(data), 45)]
    return f"begin 644 {name}\n{''.join(lines)}`\nend\n"


def test_a_file_in_the_text_of_an_old_mail_is_taken_out(read: Read) -> None:
    data = bytes(range(256)) * 2
    mail = f"From: a@example.com\n\nBefore\n{encoded('my cat.gif', data)}After"
    decoded = read(mail.encode())
    (file,) = decoded.message.attachments
    assert decoded.message.text == "Before\nAfter"
    assert file.name == "my cat.gif"
    assert file.blob is not None
    assert decoded.contents[file.blob.sha256] == data


def test_a_part_in_uuencode_is_decoded(read: Read) -> None:
    fields = "Content-Type: image/gif; name=cat.gif\nContent-Transfer-Encoding: x-uuencode"
    decoded = read(with_part(fields, encoded("cat.gif", b"GIF89a")))
    assert list(decoded.contents.values()) == [b"GIF89a"]


@pytest.mark.parametrize(
    "text",
    [
        "begin 100 miles away\nthen turn left\nend",
        "begin 644 x\nno lines of a file",
        "begin 644 x\n",
        "We begin 644 x\nend",
    ],
)
def test_what_only_looks_like_a_file_stays_text(text: str) -> None:
    assert uuencode.taken_out(text) == (text, ())


@given(st.lists(st.sampled_from(["begin 644 x\n", "M\n", "end\n", "#0V%T\n", "`\n", "words\n"])))
def test_no_word_is_lost_with_the_files(pieces: list[str]) -> None:
    text, _ = uuencode.taken_out("".join(pieces))
    assert text.count("words") == pieces.count("words\n")


def test_no_more_files_are_listed_than_the_bound_allows(read: Read) -> None:
    files = "".join(encoded(f"{number}.gif", b"GIF") for number in range(60))
    mail = f"{MIXED}{''.join(f'--x{chr(10)}{chr(10)}{files}{chr(10)}' for _ in range(4))}--x--"
    message = read(mail.encode()).message
    assert len(message.attachments) == ATTACHMENTS_MAX
    assert "attachments_cut" in message.flags
    assert all(isinstance(each, Attachment) for each in message.attachments)
