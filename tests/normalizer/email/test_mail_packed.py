"""What mailers pack whole mails into: winmail.dat of Outlook, opaque signatures of S/MIME."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.normalizer.email import smime, tnef
from maitred.normalizer.port import Decoded

Read = Callable[..., Decoded]
MIXED = "From: a@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"


def listed(decoded: Decoded) -> list[tuple[str, str]]:
    return [(each.name, each.content_type) for each in decoded.message.attachments]


# -- winmail.dat ------------------------------------------------------------------------------


def attribute(level: int, tag: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, tag, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def properties(*values: tuple[int, int, bytes]) -> bytes:
    packed = struct.pack("<I", len(values))
    for kind, prop, data in values:
        packed += struct.pack("<HH", kind, prop)
        if prop >= 0x8000:
            packed += b"\1" * 16 + struct.pack("<II", 1, 5) + b"a\0b\0\0\0\0\0"[:8]
        if kind in {0x1E, 0x1F, 0x0D, 0x102}:
            packed += struct.pack("<II", 1, len(data))
        packed += data + b"\0" * (-len(data) % 4)
    return packed


WINMAIL = (
    tnef.SIGNATURE
    + b"\1\0"
    + attribute(1, 0x00069007, struct.pack("<II", 1251, 0))
    + attribute(1, 0x0002800C, "Привет\0".encode("cp1251"))
    + attribute(2, 0x00069002, b"\0" * 14)
    + attribute(2, 0x00018010, b"LONGNA~1.TXT\0")
    + attribute(2, 0x0006800F, b"contents")
    + attribute(
        2,
        0x00069005,
        properties(
            (0x0003, 0x0E20, struct.pack("<I", 8)),
            (0x001E, 0x8001, b"named\0"),
            (0x001F, 0x3707, "Länge.txt\0".encode("utf-16-le")),
            (0x001E, 0x370E, b"text/plain\0"),
        ),
    )
    + attribute(2, 0x00069002, b"\0" * 14)
    + attribute(2, 0x00018010, b"second.bin\0")
    + attribute(2, 0x0006800F, b"\1\2\3")
)


def winmail(data: bytes, body: str = "Hello") -> bytes:
    encoded_ = base64.encodebytes(data).decode()
    fields = (
        'Content-Type: application/ms-tnef; name="winmail.dat"\nContent-Transfer-Encoding: base64'
    )
    return f"{MIXED}--x\n\n{body}\n--x\n{fields}\n\n{encoded_}\n--x--".encode()


def test_winmail_dat_is_listed_with_the_files_inside(read: Read) -> None:
    decoded = read(winmail(WINMAIL))
    assert decoded.message.text == "Hello"
    assert listed(decoded) == [
        ("winmail.dat", "application/ms-tnef"),
        ("Länge.txt", "text/plain"),
        ("second.bin", "application/octet-stream"),
    ]
    assert [each.size for each in decoded.message.attachments[1:]] == [8, 3]


def test_the_words_in_winmail_dat_are_read_where_there_are_no_others(read: Read) -> None:
    assert read(winmail(WINMAIL, body="")).message.text == "Привет"


@pytest.mark.parametrize("length", range(0, len(WINMAIL), 7))
def test_winmail_dat_that_was_cut_off_is_read_up_to_there(length: int) -> None:
    found = tnef.read(WINMAIL[:length])
    assert found is None or len(found.files) <= 2


@given(st.binary(max_size=400))
def test_any_bytes_are_winmail_dat_or_not(data: bytes) -> None:
    whole = tnef.read(tnef.SIGNATURE + b"\1\0" + data)
    assert whole is not None
    inside = tnef.SIGNATURE + b"\1\0" + attribute(2, 0x00069002, b"") + attribute(2, 0x69005, data)
    assert tnef.read(inside) is not None


# -- S/MIME -----------------------------------------------------------------------------------


def element(tag: int, *contents: bytes, definite: bool = True) -> bytes:
    content = b"".join(contents)
    if not definite:
        return bytes((tag, 0x80)) + content + b"\0\0"
    size = len(content).to_bytes(3, "big")
    return bytes((tag, 0x83)) + size + content


def signed(content: bytes, *, definite: bool) -> bytes:
    octets = (
        element(0x04, content)
        if definite
        else element(0x24, element(0x04, content[:9]), element(0x04, content[9:]), definite=False)
    )
    data = element(
        0x30,
        bytes.fromhex("06092a864886f70d010701"),
        element(0xA0, octets, definite=definite),
        definite=definite,
    )
    signed_data = element(0x30, b"\2\1\1", element(0x31), data, element(0x31), definite=definite)
    return element(
        0x30,
        bytes.fromhex("06092a864886f70d010702"),
        element(0xA0, signed_data, definite=definite),
        definite=definite,
    )


@pytest.mark.parametrize("definite", [True, False])
@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "application/x-pkcs7-mime"])
def test_what_was_signed_is_read(read: Read, kind: str, *, definite: bool) -> None:
    inner = b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xc3\xbc\xc3\x9fe"
    body = base64.encodebytes(signed(inner, definite=definite)).decode()
    mail = (
        f"From: a@example.com\nContent-Type: {kind}; smime-type=signed-data; name=smime.p7m\n"
        f"Content-Transfer-Encoding: base64\n\n{body}"
    )
    decoded = read(mail.encode())
    assert decoded.message.text == "Grüße"
    assert listed(decoded) == [("smime.p7m", kind)]


def test_what_is_encrypted_is_listed(read: Read) -> None:
    body = base64.encodebytes(b"\x30\x03\x06\x01\x00").decode()
    fields = "Content-Type: application/pkcs7-mime; name=smime.p7m"
    mail = f"{fields}\nContent-Transfer-Encoding: base64\n\n{body}"
    decoded = read(mail.encode())
    assert (decoded.message.text, listed(decoded)) == (
        "",
        [("smime.p7m", "application/pkcs7-mime")],
    )


@given(st.binary(max_size=100), st.integers(0, 60))
def test_any_bytes_are_signed_or_not(data: bytes, at: int) -> None:
    whole = signed(b"content", definite=True)
    assert isinstance(smime.signed_content(data), bytes)
    assert isinstance(smime.signed_content(whole[:at] + data + whole[at:]), bytes)
