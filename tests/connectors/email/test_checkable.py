"""One mail must not stop the gateway: what would take the library long is not handed to it."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from maitred.connectors.email.checkable import is_modest, is_short, parted, relaxed
from tests.connectors.email.test_verifying import MAIL, REJECT, dmarc_of, key_record, signed

HEAD, _, BODY = MAIL.partition(b"\r\n\r\n")
RELAXED = (b"relaxed", b"relaxed")
MODULUS_3072 = 3**1_938 | 1 << 3_071


def der(tag: int, data: bytes) -> bytes:
    length = len(data).to_bytes(2, "big")
    return bytes([tag, 0x82]) + length + data


def number(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def record(modulus: int, exponent: int) -> bytes:
    """Return the record of a key, written as PKCS #1 has it, which the library takes as well."""
    key = der(0x30, number(modulus) + number(exponent))
    return b"v=DKIM1; k=rsa; p=" + b64encode(key)


async def test_blanks_in_a_row_take_no_longer_than_other_bytes() -> None:
    lines = 2_000
    full = signed(HEAD + b"\r\n\r\n" + b" x\r\n" * lines, canonicalize=RELAXED)
    full = full.replace(b" x\r\n" * lines, (b" " * 990 + b"x\r\n") * lines)
    began = time.perf_counter()
    assert await dmarc_of({**REJECT, **key_record()}, full) == "pass"
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("how", [RELAXED, (b"simple", b"simple"), (b"relaxed", b"simple")])
@pytest.mark.parametrize("body", [b"", b"\r\n\r\n", b" \t x \t\r\n\t\r\n \r\n", b"x", b"x  y \r\n"])
async def test_what_is_signed_as_it_is_stays_signed(how: tuple[bytes, bytes], body: bytes) -> None:
    mail = HEAD + b"\r\n\r\n" + body
    assert await dmarc_of({**REJECT, **key_record()}, signed(mail, canonicalize=how)) == "pass"


@given(st.text(alphabet=" \t\r\nx", max_size=60).map(str.encode))
def test_to_a_relaxed_signature_the_body_stays_what_it_was(body: bytes) -> None:
    given_ = relaxed(body)
    assert Relaxed.canonicalize_body(given_) == Relaxed.canonicalize_body(body)
    assert not any(pair in given_ for pair in (b"  ", b"\t", b" \r\n"))


@pytest.mark.parametrize(
    "more",
    [" " * 100_000 + "!", "A" * 5_000, "\r\n " * 120, " : from" * 1_000],
    ids=["blanks", "a long word", "folds", "names"],
)
async def test_a_signature_that_takes_long_to_read_is_none(more: str) -> None:
    mail = signed().replace(b"b=", b"b=" + more.encode(), 1)
    began = time.perf_counter()
    assert await dmarc_of({**REJECT, **key_record()}, mail) == "fail"
    assert time.perf_counter() - began < 2


def test_signatures_as_they_are_written_are_short() -> None:
    field = signed().partition(b"From:")[0].partition(b":")[2].decode().replace("\r\n", "")
    assert is_short(field)
    assert not is_short("")


def test_a_key_that_takes_long_to_use_is_none() -> None:
    assert is_modest(record(MODULUS_3072, 65_537))
    assert not is_modest(record(MODULUS_3072, MODULUS_3072 - 2))
    assert not is_modest(record(MODULUS_3072**2, 3))
    assert not is_modest(b"p=" + b"A" * 8_000)
    public = rsa.generate_private_key(65_537, 2_048).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert is_modest(b"v=DKIM1; p=" + b64encode(spki))
    assert is_modest(b"")
    assert is_modest(b"p=\xff; p")


async def test_with_such_a_key_a_signature_fails_at_once() -> None:
    text = record(MODULUS_3072, MODULUS_3072 - 2).decode()
    table = {**REJECT, ("s1._domainkey.home.example", "TXT"): [text]}
    assert await dmarc_of(table, signed()) == "fail"


@pytest.mark.parametrize(
    ("content", "sound"),
    [
        (MAIL, True),
        (b"X: y\r\n z\r\n\r\n", True),
        (b"X: y\r\n", False),
        (b"\r\n\r\nX: y", False),
        (b" X: y\r\n\r\n", False),
        (b"X : y\r\n\r\n", False),
        (b"X: y\r\nFrom me\r\n\r\n", False),
        (b"X: y\nZ: z\r\n\r\n", False),
        (b"X: y\rz\r\n\r\n", False),
        (b"X: y\r\n" * 1_001 + b"\r\n", False),
    ],
)
def test_a_header_is_sound_if_every_reader_sees_the_same(content: bytes, *, sound: bool) -> None:
    assert (parted(content) is not None) is sound
    if found := parted(content):
        assert b"\r\n".join(found) == content
