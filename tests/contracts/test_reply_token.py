"""Reply tokens: only ours, only whole, only in time, whatever the order of the keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import ConversationId, IdentifierKey, Tenant, conversation_id, message_id
from maitred.contracts.limits import DAY_MS, MINUTE_MS, PROOF_REPLY_AGE_MS
from maitred.contracts.reply_token import (
    BASE_OCTETS_MAX,
    LOCAL_PART_OCTETS_MAX,
    SECRETS_MAX,
    TOKEN_CHARACTERS,
    Grant,
    TokenFault,
    TokenKeys,
    keys_of,
    sign,
    sign_proof,
    tokens_in,
    verify,
    with_token,
    without_token,
)

TENANT = Tenant("acme")
NOW = 1_800_000_000_000
CONVERSATION = conversation_id(message_id(TENANT, "email", "support", "1"))
ANN, BOB = IdentifierKey("a" * 32), IdentifierKey("b" * 32)
OLD, NEW = b"a secret that was there before", b"a secret that signs from now on"
KEYS = keys_of(TENANT, [OLD], age_ms=90 * DAY_MS)
TOKEN = sign(KEYS, "support", CONVERSATION, ANN, NOW)


def test_a_token_names_its_conversation_and_whom_the_mail_went_to() -> None:
    grant = verify(KEYS, "support", TOKEN, NOW)
    assert isinstance(grant, Grant)
    assert grant.conversation == CONVERSATION
    assert grant.went_to(ANN)
    assert not grant.went_to(BOB)


def test_a_token_is_short_plain_and_the_same_in_any_case() -> None:
    assert len(TOKEN) == TOKEN_CHARACTERS
    assert TOKEN.isascii()
    assert TOKEN.isalnum()
    assert TOKEN.lower() == TOKEN
    assert verify(KEYS, "support", TOKEN.upper(), NOW) == verify(KEYS, "support", TOKEN, NOW)


@given(st.integers(0, 5 * TOKEN_CHARACTERS - 1))
def test_a_token_with_any_bit_flipped_is_refused(bit: int) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    place, shift = divmod(bit, 5)
    flipped = letters[letters.index(TOKEN[place]) ^ (1 << shift)]
    forged = TOKEN[:place] + flipped + TOKEN[place + 1 :]
    assert verify(KEYS, "support", forged, NOW) is TokenFault.INVALID


@given(st.text(max_size=80))
def test_whatever_is_no_token_is_refused_without_a_fault(text: str) -> None:
    assert verify(KEYS, "support", text, NOW) is TokenFault.INVALID


@pytest.mark.parametrize(
    ("keys", "account"),
    [
        (KEYS, "sales"),
        (keys_of(Tenant("other"), [OLD]), "support"),
        (keys_of(TENANT, [NEW]), "support"),
    ],
    ids=["another account", "another tenant", "another secret"],
)
def test_a_foreign_token_says_nothing(keys: object, account: str) -> None:
    assert verify(keys, account, TOKEN, NOW) is TokenFault.INVALID  # type: ignore[arg-type]


@given(st.integers(1, 400), st.integers(0, DAY_MS - 1))
def test_a_token_holds_to_the_end_of_the_day_of_its_age_and_no_longer(days: int, at: int) -> None:
    keys = keys_of(TENANT, [OLD], age_ms=days * DAY_MS)
    signed_at = NOW - NOW % DAY_MS + at
    token = sign(keys, "support", CONVERSATION, ANN, signed_at)
    last = signed_at - at + (days + 1) * DAY_MS - 1
    assert isinstance(verify(keys, "support", token, signed_at + days * DAY_MS), Grant)
    assert isinstance(verify(keys, "support", token, last), Grant)
    assert verify(keys, "support", token, last + 1) is TokenFault.EXPIRED


@given(st.permutations([OLD, NEW, b"a third one of the same length"]))
def test_secrets_verify_in_any_order_and_the_first_one_signs(secrets: list[bytes]) -> None:
    keys = keys_of(TENANT, secrets)
    assert isinstance(verify(keys, "support", TOKEN, NOW), Grant)
    token = sign(keys, "support", CONVERSATION, ANN, NOW)
    assert isinstance(verify(keys_of(TENANT, secrets[:1]), "support", token, NOW), Grant)
    assert verify(keys_of(TENANT, secrets[1:]), "support", token, NOW) is TokenFault.INVALID


@pytest.mark.parametrize(
    ("secrets", "says"),
    [
        ([], "must be 1 to"),
        ([OLD] * (SECRETS_MAX + 1), "must be 1 to"),
        ([OLD, b"short"], r"secrets\[1\]: must be at least 16 bytes"),
    ],
)
def test_secrets_that_are_none_are_refused(secrets: list[bytes], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        keys_of(TENANT, secrets)


def test_no_key_is_shown() -> None:
    assert "key" not in repr(KEYS).replace("TokenKeys", "")


def test_what_is_no_conversation_is_not_signed() -> None:
    with pytest.raises(ValueError, match="not the id of a conversation"):
        sign(KEYS, "support", ConversationId("cnv_1"), ANN, NOW)


def test_an_address_takes_a_token_up_to_what_a_server_must_take() -> None:
    longest = "x" * BASE_OCTETS_MAX
    tagged = with_token(f"{longest}@example.com", TOKEN)
    assert len(tagged.partition("@")[0]) == LOCAL_PART_OCTETS_MAX
    with pytest.raises(ValueError, match="no room"):
        with_token(f"{longest}x@example.com", TOKEN)
    with pytest.raises(ValueError, match="no room"):
        with_token("ä" * (BASE_OCTETS_MAX // 2 + 1) + "@example.com", TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        f"support+{TOKEN}@example.com",
        f"SUPPORT+{TOKEN.upper()}@EXAMPLE.COM",
        f'"Support" <support+main+{TOKEN}@example.com>, other@example.com',
    ],
)
def test_a_token_is_found_in_addresses(text: str) -> None:
    assert tokens_in(text) == (TOKEN,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "support@example.com",
        "support+order17@example.com",
        f"support+{TOKEN}x@example.com",
        f"support+{TOKEN[1:]}@example.com",
        f"support-{TOKEN}@example.com",
        f"support+{TOKEN}",
        f"support+{TOKEN[1:]}1@example.com",
    ],
)
def test_what_does_not_look_like_a_token_is_none(text: str) -> None:
    assert tokens_in(text) == ()
    assert without_token(text) == text


def test_an_address_is_itself_again_without_its_token() -> None:
    assert without_token(with_token("support@example.com", TOKEN)) == "support@example.com"


# -- proof tokens ------------------------------------------------------------------------------
PROOF = sign_proof(KEYS, "support", CONVERSATION, ANN, NOW)


def test_a_proof_token_looks_like_any_other_and_names_itself() -> None:
    assert len(PROOF) == TOKEN_CHARACTERS
    assert tokens_in(with_token("support@example.com", PROOF)) == (PROOF,)
    grant = verify(KEYS, "support", PROOF, NOW)
    assert isinstance(grant, Grant)
    assert (grant.conversation, grant.went_to(ANN), grant.went_to(BOB)) == (
        CONVERSATION,
        True,
        False,
    )
    assert grant.proof
    assert verify(KEYS, "support", PROOF.upper(), NOW) == grant
    ordinary = verify(KEYS, "support", TOKEN, NOW)
    assert isinstance(ordinary, Grant)
    assert ordinary.proof == "", "what anybody's old mail holds proves nobody to be there now"


@given(st.integers(0, MINUTE_MS - 1))
def test_a_proof_token_proves_for_an_hour_and_names_its_conversation_as_long_as_any(
    at: int,
) -> None:
    signed_at = NOW - NOW % MINUTE_MS + at
    token = sign_proof(KEYS, "support", CONVERSATION, ANN, signed_at)

    def after(age_ms: int) -> Grant | TokenFault:
        return verify(KEYS, "support", token, signed_at - at + age_ms)

    for proving in (after(0), after(PROOF_REPLY_AGE_MS), after(-3 * MINUTE_MS)):
        assert isinstance(proving, Grant)
        assert proving.proof
    for late in (after(PROOF_REPLY_AGE_MS + MINUTE_MS), after(90 * DAY_MS)):
        assert isinstance(late, Grant)
        assert late.proof == ""
        assert late.conversation == CONVERSATION
    assert after(90 * DAY_MS + MINUTE_MS) is TokenFault.EXPIRED
    assert after(-6 * MINUTE_MS) is TokenFault.EXPIRED


def test_two_proof_tokens_are_told_apart_and_a_new_secret_verifies_the_old_ones() -> None:
    keys = keys_of(TENANT, [NEW, OLD], age_ms=90 * DAY_MS)
    later = sign_proof(KEYS, "support", CONVERSATION, ANN, NOW + MINUTE_MS)
    grants = [verify(keys, "support", each, NOW + MINUTE_MS) for each in (PROOF, later)]
    assert all(isinstance(each, Grant) for each in grants)
    assert len({each.proof for each in grants if isinstance(each, Grant)}) == 2


@pytest.mark.parametrize(
    ("keys", "account"),
    [
        (KEYS, "sales"),
        (keys_of(Tenant("other"), [OLD]), "support"),
        (keys_of(TENANT, [NEW]), "support"),
    ],
    ids=["another account", "another tenant", "another secret"],
)
def test_a_foreign_proof_token_says_nothing(keys: TokenKeys, account: str) -> None:
    assert verify(keys, account, PROOF, NOW) is TokenFault.INVALID


@given(st.integers(0, 5 * TOKEN_CHARACTERS - 1))
def test_a_proof_token_with_any_bit_flipped_is_refused(bit: int) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    place, shift = divmod(bit, 5)
    flipped = letters[letters.index(PROOF[place]) ^ (1 << shift)]
    forged = PROOF[:place] + flipped + PROOF[place + 1 :]
    assert verify(KEYS, "support", forged, NOW) is TokenFault.INVALID
