"""Mails to measure with: real ones where they are, and made ones of any size and shape."""

from __future__ import annotations

import random
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "shared" / "data" / "mime"
WORDS: Final = tuple(
    "the parcel with my order has not arrived yet and nobody answers your telephone".split()  # noqa: SIM905  (legible)
)
GREETING: Final = "Guten Tag, wo bleibt die Bestellung A-10023 über 49,90 EUR? Viele Grüße, Ada\n"
KIB: Final = 1024


def real() -> list[bytes]:
    """Return the mails of `../shared/data/mime`, none where the folder is absent."""
    return [path.read_bytes() for path in sorted(FOLDER.glob("**/*.eml"))]


def made(count: int, seed: int = 7) -> list[bytes]:
    """Return mails as people send them: plain, quoting, HTML, with files, in several charsets."""
    chance = random.Random(seed)
    makers = (_plain, _reply, _reply, _html, _html, _with_file)
    return [makers[number % len(makers)](number, chance) for number in range(count)]


def _head(number: int, subject: str = "Where is my parcel") -> EmailMessage:
    """Return a mail without a body, and without what relays write."""
    mail = EmailMessage()
    mail["From"] = f"Ada Löwenherz <ada{number}@example.com>"
    mail["To"] = "Support <support@example.org>"
    mail["Subject"] = f"{subject} {number}"
    mail["Date"] = "Mon, 01 Jan 2024 10:00:00 +0000"
    mail["Message-ID"] = f"<{number}@example.com>"
    mail["MIME-Version"] = "1.0"
    return mail


def _relayed(mail: EmailMessage, number: int) -> bytes:
    """Return a mail under the fields that relays put before it today."""
    chance = random.Random(number)
    hops = "".join(
        f"Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{hop}])\n"
        f"\tby mail.example.org with ESMTPS id {chance.getrandbits(64):x}\n"
        "\tfor <support@example.org>; Mon, 01 Jan 2024 10:00:00 +0000 (UTC)\n"
        for hop in range(4)
    )
    signatures = "".join(
        f"{name}: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=mail;\n"
        f" h=from:to:subject:date:message-id; bh={chance.getrandbits(172):x};\n b="
        + "\n ".join(f"{chance.getrandbits(256):x}" for _ in range(6))
        + "\n"
        for name in ("DKIM-Signature", "ARC-Message-Signature", "X-Google-DKIM-Signature")
    )
    results = (
        "Authentication-Results: mx.example.org;\n\tdkim=pass header.i=@example.com;\n"
        "\tspf=pass smtp.mailfrom=ada@example.com; dmarc=pass header.from=example.com\n"
    )
    return f"{hops}{results}{signatures}".encode() + mail.as_bytes()


def _sentences(chance: random.Random, characters: int) -> str:
    pieces: list[str] = []
    size = 0
    while size < characters:
        sentence = " ".join(chance.choices(WORDS, k=9)).capitalize() + "."
        pieces.append(sentence)
        size += len(sentence) + 1
    return "\n".join(pieces) + "\n"


def _plain(number: int, chance: random.Random) -> bytes:
    mail = _head(number)
    mail.set_content(_sentences(chance, 300) + GREETING)
    return _relayed(mail, number)


def _reply(number: int, chance: random.Random) -> bytes:
    mail = _head(number, "Re: Where is my parcel")
    mail["In-Reply-To"] = f"<{number - 1}@example.org>"
    quoted = "".join(f"> {line}\n" for line in _sentences(chance, 800).splitlines())
    words = _sentences(chance, 200)
    mail.set_content(f"{words}\nOn 1 Jan 2024, Support <support@example.org> wrote:\n{quoted}")
    return _relayed(mail, number)


def _html(number: int, chance: random.Random) -> bytes:
    mail = _head(number)
    words = _sentences(chance, 500)
    mail.set_content(words)
    paragraphs = "".join(f"<p>{line} <b>Please!</b></p>\n" for line in words.splitlines())
    mail.add_alternative(
        f"<html><head><style>p {{ margin: 0 }}</style></head><body>{paragraphs}</body></html>",
        subtype="html",
    )
    return _relayed(mail, number)


def _with_file(number: int, chance: random.Random) -> bytes:
    mail = _head(number)
    mail.set_content(GREETING + _sentences(chance, 200))
    mail.add_attachment(
        chance.randbytes(60 * KIB), maintype="image", subtype="jpeg", filename="Foto für Sie.jpg"
    )
    return _relayed(mail, number)


def with_attachment(size: int) -> bytes:
    """Return a mail of about `size` bytes, most of them a file in base64."""
    mail = _head(1)
    mail.set_content(GREETING)
    data = random.Random(size).randbytes(size * 3 // 4)
    mail.add_attachment(data, maintype="application", subtype="pdf", filename="a.pdf")
    return mail.as_bytes()


def with_text(size: int) -> bytes:
    """Return a mail of about `size` bytes of plain text."""
    mail = _head(1)
    mail.set_content(_sentences(random.Random(size), size))
    return mail.as_bytes()


def with_parts(size: int) -> bytes:
    """Return a mail of about `size` bytes in as many small files as that makes."""
    part = b"--x\r\nContent-Type: image/gif; name=a.gif\r\n\r\n" + b"GIF89a" * 60 + b"\r\n"
    head = _head(1).as_bytes().rstrip() + b"\nContent-Type: multipart/mixed; boundary=x\n\n"
    return head + part * (size // len(part)) + b"--x--"


def with_headers(size: int) -> bytes:
    """Return a mail of about `size` bytes of header fields."""
    field = b"X-Report: " + b"score=0.1 " * 40 + b"\r\n rule=none\r\n"
    return field * (size // len(field)) + _head(1).as_bytes() + b"\r\nHello\r\n"


def with_html(size: int) -> bytes:
    """Return a mail of about `size` bytes of HTML."""
    mail = _head(1)
    row = "<tr><td>Lamp</td><td><b>49.90 EUR</b></td><td>A lamp for the table</td></tr>\n"
    mail.set_content(f"<table>{row * (size // len(row))}</table>", subtype="html")
    return mail.as_bytes()


SHAPES: Final[dict[str, Callable[[int], bytes]]] = {
    "attachment": with_attachment,
    "plain text": with_text,
    "many parts": with_parts,
    "header fields": with_headers,
    "HTML": with_html,
}
