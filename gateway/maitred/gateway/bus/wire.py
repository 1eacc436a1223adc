"""Messages as NATS' protocol wants them, made in one piece.

nats-py checks and copies each header on its own, which costs as much as all the rest of a message.
Here a message is encoded once, its size is known from it, and a batch goes out in one write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from maitred.contracts.errors import Permanent

_HEAD: Final = "NATS/1.0\r\n"


def block(headers: Mapping[str, str]) -> bytes:
    """Return the header block of a message.

    Raises:
        Permanent: a value is no text, or not in one line (code `bad_header`).
    """
    try:
        values = "".join(headers.values())
    except TypeError:
        raise Permanent("a header must be text", code="bad_header") from None
    if "\n" in values or "\r" in values:
        raise Permanent("a header must be text in one line", code="bad_header")
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return f"{_HEAD}{lines}\r\n".encode()


def command(subject: str, reply: str, head: bytes, data: bytes) -> bytes:
    """Return the command that publishes a message; `head` is empty or a header block.

    Raises:
        Permanent: a subject has white space or is empty (code `bad_subject`).
    """
    if not subject or len(subject.split()) != 1 or (reply and len(reply.split()) != 1):
        raise Permanent("not a subject to publish on", code="bad_subject")
    to = f"{subject} {reply}" if reply else subject
    if head:
        line = f"HPUB {to} {len(head)} {len(head) + len(data)}\r\n"
    else:
        line = f"PUB {to} {len(data)}\r\n"
    return b"".join((line.encode(), head, data, b"\r\n"))


def parse(raw: bytes) -> dict[str, str]:
    """Read the lines of a header block; what is no header is passed over."""
    found: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and name.isascii() and " " not in name:
            found[name] = value.strip()
    return found
