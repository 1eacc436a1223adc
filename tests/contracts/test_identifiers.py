"""One person's address is one identifier however it is written; two people's are never one."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maitred.contracts.errors import BadPayload, ConfigurationError
from maitred.contracts.identifiers import (
    Identifier,
    IdentifierKind,
    Keys,
    Level,
    Observed,
    SenderKind,
    account_identifier,
    email_identifier,
    slack_identifier,
    text_identifier,
    text_sender,
    visitor_identifier,
)
from maitred.contracts.ids import Tenant
from maitred.contracts.subjects import TOKEN

SECRET = b"not-a-real-secret-0123456789"
KEYS = Keys(Tenant("acme"), SECRET)
FULL_WIDTH = "".join(chr(ord(character) + 0xFEE0) for character in "+14155552671")
IDENTIFIERS = st.builds(
    Identifier, kind=st.sampled_from(list(IdentifierKind)), value=st.text(max_size=30)
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("anna@example.com", "anna@example.com"),
        ("  <Anna@Example.COM>  ", "anna@example.com"),
        ("anna@example.com.", "anna@example.com"),
        ("anna@münchen.example", "anna@xn--mnchen-3ya.example"),
        ("anna@MÜNCHEN.example", "anna@xn--mnchen-3ya.example"),
        ("anna@xn--mnchen-3ya.example", "anna@xn--mnchen-3ya.example"),
        ("\uff41\uff4e\uff4e\uff41@example.com", "anna@example.com"),
        ("änna@example.com", "änna@example.com"),
        ("anna+shop@example.com", "anna+shop@example.com"),
        ("a.n.n.a@example.com", "a.n.n.a@example.com"),
        ("A.n.na+shop@gmail.com", "anna@gmail.com"),
        ("anna@googlemail.com", "anna@gmail.com"),
        ("+@gmail.com", "+@gmail.com"),
        ("root@localhost", "root@localhost"),
        ("bot@my_host", "bot@my_host"),
    ],
)
def test_a_mail_address_has_one_normal_form(written: str, value: str) -> None:
    assert email_identifier(written) == Identifier(kind=IdentifierKind.EMAIL, value=value)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "anna",
        "@example.com",
        "anna@",
        "an na@example.com",
        "anna@one.example,bob@two.example",
        "anna@one.example@two.example",
        "a@b\r\nTo: c@d",
        "a@" + "b" * 400,
        "a@b\u200b.example\u2028",
        "a@ü..example",
    ],
)
def test_what_is_no_mail_address_is_refused_without_quoting_it(written: str) -> None:
    with pytest.raises(BadPayload) as caught:
        email_identifier(written)
    assert caught.value.code == "bad_address"
    assert not written or written not in str(caught.value)


@given(address=st.emails())
def test_the_normal_form_of_a_mail_address_is_its_own(address: str) -> None:
    once = email_identifier(address)
    assert email_identifier(once.value) == once
    assert email_identifier(address.upper()) == once


@pytest.mark.parametrize(
    ("written", "region", "value"),
    [
        ("+1 (415) 555-2671", None, "+14155552671"),
        ("+14155552671", None, "+14155552671"),
        ("whatsapp:+14155552671", None, "+14155552671"),
        (
            FULL_WIDTH,
            None,
            "+14155552671",
        ),
        ("(415) 555-2671", "US", "+14155552671"),
        ("030 901820", "DE", "+4930901820"),
        ("72975", None, "72975"),
        ("72975", "US", "72975"),
        ("MyBank", None, "mybank"),
        ("MYBANK", None, "mybank"),
    ],
)
def test_a_phone_number_has_one_normal_form(written: str, region: str | None, value: str) -> None:
    found = text_identifier(written, region=region)
    assert found.identifier == Identifier(kind=IdentifierKind.PHONE, value=value)
    assert found.level is Level.ASSERTED


@pytest.mark.parametrize(
    ("written", "region", "kind", "value"),
    [
        ("+14155552671", None, SenderKind.NUMBER, "+14155552671"),
        ("+1 (415) 555-2671", None, SenderKind.NUMBER, "+14155552671"),
        (FULL_WIDTH, None, SenderKind.NUMBER, "+14155552671"),
        ("whatsapp:+14155552671", None, SenderKind.NUMBER, "+14155552671"),
        ("WhatsApp: +14155552671", None, SenderKind.NUMBER, "+14155552671"),
        ("rcs:+14155552671", None, SenderKind.NUMBER, "+14155552671"),
        ("030 901820", "DE", SenderKind.NUMBER, "+4930901820"),
        ("0151 12345678", "DE", SenderKind.NUMBER, "+4915112345678"),
        ("0151 12345678", None, SenderKind.NUMBER, "0151 12345678"),
        ("+1234", None, SenderKind.NUMBER, "+1234"),
        ("72975", None, SenderKind.SHORT_CODE, "72975"),
        ("72975", "US", SenderKind.SHORT_CODE, "72975"),
        # In these countries so short a number could be one, and is none.
        ("12345", "DE", SenderKind.SHORT_CODE, "12345"),
        ("60060", "GB", SenderKind.SHORT_CODE, "60060"),
        ("AMAZON", None, SenderKind.ALPHANUMERIC, "AMAZON"),
        ("AMAZON24", "DE", SenderKind.ALPHANUMERIC, "AMAZON24"),
        ("1800FLOWERS", "US", SenderKind.ALPHANUMERIC, "1800FLOWERS"),
        ("INFO+4915112345678", None, SenderKind.ALPHANUMERIC, "INFO+4915112345678"),
        ("messenger:4155552671", "US", SenderKind.CHANNEL, "messenger:4155552671"),
        ("messenger:+14155552671", None, SenderKind.CHANNEL, "messenger:+14155552671"),
        ("", None, SenderKind.ANONYMOUS, ""),
        ("whatsapp:", None, SenderKind.ANONYMOUS, ""),
        ("Anonymous", None, SenderKind.ANONYMOUS, ""),
        ("+266696687", None, SenderKind.ANONYMOUS, ""),
        ("anonymous:SM1", None, SenderKind.ANONYMOUS, ""),
    ],
)
def test_a_sender_of_texts_is_told_by_how_he_is_written(
    written: str, region: str | None, kind: SenderKind, value: str
) -> None:
    assert text_sender(written, region=region) == (kind, value)
    assert kind.can_be_answered is (kind not in {SenderKind.ALPHANUMERIC, SenderKind.ANONYMOUS})


def test_who_withholds_his_number_is_a_claim_of_his_own() -> None:
    one = text_identifier("+266696687", unique="SM1")
    other = text_identifier("anonymous", unique="SM2")
    assert one.level is other.level is Level.CLAIMED
    assert KEYS.actor(one) != KEYS.actor(other)


def test_the_id_of_a_messenger_keeps_its_case_since_the_answer_goes_there() -> None:
    assert text_identifier("messenger:aBc_9").identifier.value == "messenger:aBc_9"


@pytest.mark.parametrize("written", ["", "  ", "1" * 321, "a\nb", "+1\r\n2"])
def test_what_is_no_sender_of_texts_is_refused(written: str) -> None:
    with pytest.raises(BadPayload) as caught:
        text_identifier(written)
    assert caught.value.code == "bad_address"


@given(written=st.text(max_size=40), region=st.sampled_from([None, "DE", "US", "GB"]))
def test_any_text_is_some_sender_whose_normal_form_is_its_own(
    written: str, region: str | None
) -> None:
    kind, value = text_sender(written, region=region)
    if kind is not SenderKind.ANONYMOUS and value.startswith("+"):
        assert text_sender(value) == (kind, value)


@example(digits="+200000000000")
@given(digits=st.from_regex(r"\+?[0-9]{3,15}", fullmatch=True))
def test_the_normal_form_of_a_phone_number_is_its_own(digits: str) -> None:
    once = text_identifier(digits)
    assert text_identifier(once.identifier.value) == once


def test_the_same_slack_user_id_in_two_workspaces_is_two_people() -> None:
    assert slack_identifier("T1", "U1") != slack_identifier("T2", "U1")
    assert slack_identifier("T1", "U1").value == "T1:U1"


@pytest.mark.parametrize(("team", "user"), [("", "U1"), ("T1", ""), ("T 1", "U1"), ("T1", "\n")])
def test_half_a_slack_user_is_refused(team: str, user: str) -> None:
    with pytest.raises(BadPayload):
        slack_identifier(team, user)


def test_a_visitor_and_an_account_of_the_same_name_are_two() -> None:
    assert visitor_identifier("1") != account_identifier("1")
    assert KEYS.identifier(visitor_identifier("1")) != KEYS.identifier(account_identifier("1"))


@given(identifier=IDENTIFIERS)
def test_a_claim_never_has_the_key_of_the_real_identifier(identifier: Identifier) -> None:
    assert KEYS.claimed(identifier) != KEYS.identifier(identifier)


@given(first=IDENTIFIERS, second=IDENTIFIERS)
def test_two_identifiers_have_two_keys(first: Identifier, second: Identifier) -> None:
    assert (KEYS.identifier(first) == KEYS.identifier(second)) == (first == second)
    assert KEYS.claimed(first) != KEYS.identifier(second)


@given(identifier=IDENTIFIERS)
def test_a_key_belongs_to_one_tenant_and_one_secret(identifier: Identifier) -> None:
    others = (Keys(Tenant("other"), SECRET), Keys(Tenant("acme"), SECRET + b"x"))
    made = {KEYS.identifier(identifier), *(keys.identifier(identifier) for keys in others)}
    assert len(made) == 3
    assert all(TOKEN.match(key) for key in made)
    assert Keys(Tenant("acme"), SECRET).identifier(identifier) == KEYS.identifier(identifier)


@pytest.mark.parametrize("level", list(Level))
def test_a_senders_messages_hang_on_the_claim_only_while_it_is_one(level: Level) -> None:
    identifier = email_identifier("anna@example.com")
    key = KEYS.actor(Observed(identifier=identifier, level=level))
    claimed = level == Level.CLAIMED
    assert key == (KEYS.claimed(identifier) if claimed else KEYS.identifier(identifier))


@given(channel=st.text(max_size=5), foreign=st.text(max_size=10))
def test_threads_and_fingerprints_have_keys_of_their_own(channel: str, foreign: str) -> None:
    actor = KEYS.identifier(email_identifier("anna@example.com"))
    assert TOKEN.match(KEYS.thread(channel, foreign))
    assert KEYS.thread(channel, foreign) != KEYS.fingerprint(actor, foreign)


def test_keys_never_show_their_secret() -> None:
    shown = f"{KEYS!r} {KEYS} {KEYS:}"
    assert "acme" in shown
    assert SECRET.decode() not in shown


def test_a_short_secret_is_refused_with_the_way_to_a_good_one() -> None:
    with pytest.raises(ConfigurationError, match=r"identity\.secret: .*openssl rand") as caught:
        Keys(Tenant("acme"), b"hunter2")
    assert "hunter2" not in str(caught.value)
