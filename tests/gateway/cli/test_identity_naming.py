"""Identifiers on the command line: read in any usual way, shown so that no onlooker learns one."""

from __future__ import annotations

import pytest
import typer

from maitred.contracts.identifiers import Identifier, IdentifierKind, Keys, phonenumbers
from maitred.contracts.ids import IdentifierKey, Tenant
from maitred.gateway.cli.identity.naming import list_shown, masked, name, named, shown

KEYS = Keys(Tenant("t"), b"a secret that is long enough")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("email:ann@example.com", IdentifierKind.EMAIL, "ann@example.com"),
        ("email: Ann@EXAMPLE.com ", IdentifierKind.EMAIL, "ann@example.com"),
        ("email:a.n.n+x@googlemail.com", IdentifierKind.EMAIL, "ann@gmail.com"),
        ("email:ann@bücher.example", IdentifierKind.EMAIL, "ann@xn--bcher-kva.example"),
        ("phone:+1 (555) 200-0001", IdentifierKind.PHONE, "+15552000001"),
        ("phone:whatsapp:+15552000001", IdentifierKind.PHONE, "+15552000001"),
        ("phone:messenger:123", IdentifierKind.PHONE, "messenger:123"),
        ("phone:40404", IdentifierKind.PHONE, "40404"),
        ("slack:T1:U2", IdentifierKind.SLACK, "T1:U2"),
        ("account:a:b", IdentifierKind.ACCOUNT, "a:b"),
        ("visitor:v-1", IdentifierKind.VISITOR, "v-1"),
        ("crm:0061", IdentifierKind.CRM, "0061"),
    ],
)
def test_an_identifier_is_read_in_its_normal_form(
    text: str, kind: IdentifierKind, value: str
) -> None:
    assert name(text) == text
    target = named(text, KEYS, None)
    assert target.identifier == Identifier(kind=kind, value=value)
    assert target.key == KEYS.identifier(target.identifier)


def test_a_national_number_is_read_as_in_its_region() -> None:
    example = phonenumbers.example_number("DE")
    written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    target = named(f"phone:{written}", KEYS, "DE")
    assert target.identifier is not None
    assert target.identifier.value.startswith("+49")


def test_a_key_stands_for_itself() -> None:
    key = "0123456789abcdef" * 2
    target = named(name(key), KEYS, None)
    assert (target.key, target.identifier) == (key, None)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "ann@example.com",
            "fax:1",
            "email:",
            "email: ",
            "email:ann",
            "email:a@b@c",
            "EMAIL:a",
        ),
        *(
            "EMAIL:a@b.example",
            "phone:anonymous",
            "phone:+266696687",
            "slack:U1",
            "slack:T1:",
            "account:",
        ),
        *("visitor:a\x1b[31m", "account:" + "a" * 400, "0123456789ABCDEF" * 2, "0" * 31, "cus_a"),
    ],
)
def test_what_names_nobody_is_wrong_usage_and_not_repeated(text: str) -> None:
    with pytest.raises(typer.BadParameter) as wrong:
        name(text)
    value = text.partition(":")[2].strip()
    assert len(value) < 3 or value not in wrong.value.message


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (IdentifierKind.EMAIL, "ann@example.com", "email:a…@example.com"),
        (IdentifierKind.EMAIL, '"a@b"@example.com', 'email:"…@example.com'),
        (IdentifierKind.PHONE, "+15552000001", "phone:+15…01"),
        (IdentifierKind.PHONE, "40404", "phone:4…"),
        (IdentifierKind.PHONE, "messenger:123", "phone:m…"),
        (IdentifierKind.SLACK, "T1:U234", "slack:T1:U…"),
        (IdentifierKind.VISITOR, "0123456789", "visitor:0123…"),
        (IdentifierKind.ACCOUNT, "4711", "account:4…"),
        (IdentifierKind.CRM, "0061", "crm:0…"),
        (IdentifierKind.UNKNOWN, "x1", "unknown:x…"),
    ],
)
def test_what_is_shown_is_masked_unless_it_is_to_be_revealed(
    kind: IdentifierKind, value: str, expected: str
) -> None:
    identifier = Identifier(kind=kind, value=value)
    assert shown(identifier, reveal=False) == expected
    assert shown(identifier, reveal=True) == f"{kind.value}:{value}"
    assert value not in masked(identifier)


def test_one_of_whom_nothing_is_known_is_shown_by_his_key() -> None:
    key = IdentifierKey("0" * 32)
    assert list_shown([key], {}, reveal=True) == key


def test_a_terminal_obeys_nothing_that_stands_in_an_identifier() -> None:
    evil = Identifier(kind=IdentifierKind.ACCOUNT, value="\x1b[2Jx")
    assert "\x1b" not in shown(evil, reveal=True) + shown(evil, reveal=False)
