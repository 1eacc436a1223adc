"""Real mails that nobody here wrote: all are read, in time, and with nothing missing."""

from __future__ import annotations

import email
import email.message
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.agreement import Agreement, compare
from maitred.contracts.identifiers import Identifier, IdentifierKind
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import ATTACHMENTS_MAX
from maitred.contracts.message import Message
from maitred.normalizer.email.decoder import decode
from maitred.normalizer.port import DecodeContext, Decoded

ROOT = Path(__file__).parents[3]
FOLDER = ROOT.parent / "shared" / "data" / "mime"
MAILS = sorted(FOLDER.glob("**/*.eml"))
SECONDS_MAX = 1.0
"""A quarter of a second is what `benchmarks.normalize` shows; here the machine may be busy."""

pytestmark = pytest.mark.skipif(not MAILS, reason="../shared/data/mime is not here")

Read = Callable[[bytes], Decoded]


@pytest.fixture(scope="module")
def read_raw(received: Callable[..., Inbound], context: DecodeContext) -> Read:
    sender = Identifier(kind=IdentifierKind.EMAIL, value="ada@example.com")
    inbound = received("email", sender=sender)
    return lambda raw: decode(inbound, raw, 1, context)


@pytest.fixture(scope="module")
def agreement(read_raw: Read) -> Agreement:
    return compare(lambda raw: read_raw(raw).message)


def seconds(read: Read, raw: bytes) -> float:
    start = time.process_time()
    read(raw)
    return time.process_time() - start


def test_every_mail_is_read_in_time(read_raw: Read) -> None:
    read_raw(b"Subject: warm up\n\nThe language model is read once, before the clock runs.")
    slow = [
        path.name
        for path in MAILS
        if min(seconds(read_raw, path.read_bytes()) for _ in range(2)) > SECONDS_MAX
    ]
    assert slow == []


def test_every_mail_says_something_or_encloses_something(read_raw: Read) -> None:
    silent = [path.name for path in MAILS if not _says(read_raw(path.read_bytes()).message)]
    # One mail has parts of nothing but fields, the other blank lines behind its fields.
    assert sorted(silent) == ["000.eml", "false-multipart.eml"]


def _says(message: Message) -> bool:
    return bool(message.text or message.quoted or message.signature or message.attachments)


def test_every_part_of_the_torture_test_is_there(read_raw: Read) -> None:
    raw = (FOLDER / "flanker" / "torture.eml").read_bytes()
    decoded = read_raw(raw)
    message = decoded.message
    said = "".join(f"{message.text}{message.quoted}{message.signature}".split())
    parts = list(email.message_from_bytes(raw).walk())
    assert len(parts) == 52
    for part in parts:
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            assert "".join(payload.decode("cp1252").split())[:2_000] in said
    files = [part for part in parts if part.get_content_type() == "message/rfc822"]
    files += [part for part in parts if _is_file(part)]
    assert len(message.attachments) == len(files) <= ATTACHMENTS_MAX
    assert all(each.blob and each.blob.sha256 in decoded.contents for each in message.attachments)


def _is_file(part: email.message.Message) -> bool:
    return not part.is_multipart() and part.get_content_type() != "text/plain"


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("subject", 1.0),
        ("from", 1.0),
        ("to", 1.0),
        ("text", 0.97),
        ("html", 0.96),
        ("attachments", 0.88),
        ("attachment names", 0.91),
        ("attachment sizes", 0.92),
    ],
)
def test_another_parser_agrees(agreement: Agreement, question: str, share: float) -> None:
    asked = agreement.asked[question]
    assert asked > 20
    assert agreement.same[question] >= share * asked, agreement.differing
