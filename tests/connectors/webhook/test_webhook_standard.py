"""Signatures are those of Standard Webhooks: its own vector, its own ways to be wrong."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.connectors.webhook.standard import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    TOLERANCE_MS,
    NotProven,
    key_of,
    proven_id,
    signed_headers,
)

# The vector of the specification's own libraries (MIT): libraries/go/webhook_symmetric_test.go.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAME = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1_614_265_330_000
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
KEY = key_of(SECRET)
OTHER = key_of("whsec_" + base64.b64encode(b"another key of some length").decode())


def test_the_published_vector_is_made_and_taken() -> None:
    headers = signed_headers((KEY,), NAME, AT, BODY)
    assert headers == {ID: NAME, TIMESTAMP: "1614265330", SIGNATURE: SIGNED}
    assert proven_id((KEY,), headers, BODY, AT) == NAME


def test_a_secret_is_the_same_without_its_prefix() -> None:
    assert key_of(SECRET.removeprefix("whsec_")) == KEY


def test_while_a_secret_is_changed_both_sign_and_either_proves() -> None:
    headers = signed_headers((OTHER, KEY), NAME, AT, BODY)
    assert headers[SIGNATURE].count("v1,") == 2
    for keys in ((KEY,), (OTHER,), (KEY, OTHER)):
        assert proven_id(keys, headers, BODY, AT) == NAME


def test_signatures_of_other_kinds_are_passed_over() -> None:
    theirs = "v1a,c2lnbmF0dXJl v2,c2lnbmF0dXJl v1,c2lnbmF0dXJl"
    headers = {ID: NAME, TIMESTAMP: "1614265330", SIGNATURE: f"{theirs} {SIGNED}"}
    assert proven_id((KEY,), headers, BODY, AT) == NAME


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({ID: ""}, "no_signature"),
        ({ID: "a.b"}, "no_signature"),
        ({ID: "a" * 201}, "no_signature"),
        ({ID: "two words"}, "no_signature"),
        ({TIMESTAMP: ""}, "no_signature"),
        ({TIMESTAMP: "1614265330.0"}, "no_signature"),
        ({TIMESTAMP: "-1"}, "no_signature"),
        ({TIMESTAMP: "١٦١٤٢٦٥٣٣٠"}, "no_signature"),
        ({TIMESTAMP: "9" * 12}, "no_signature"),
        ({SIGNATURE: ""}, "no_signature"),
        ({SIGNATURE: SIGNED.removeprefix("v1,")}, "no_signature"),
        ({SIGNATURE: "v1a" + SIGNED.removeprefix("v1")}, "no_signature"),
        ({SIGNATURE: "v1,é"}, "no_signature"),
        ({SIGNATURE: "v1,"}, "bad_signature"),
        ({SIGNATURE: "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="}, "bad_signature"),
        ({ID: NAME + "x"}, "bad_signature"),
        ({TIMESTAMP: "1614265331"}, "bad_signature"),
        ({SIGNATURE: " ".join(["v1,x"] * 16 + [SIGNED])}, "bad_signature"),
    ],
)
def test_what_is_not_proven_is_refused(changes: dict[str, str], reason: str) -> None:
    headers = signed_headers((KEY,), NAME, AT, BODY) | changes
    with pytest.raises(NotProven) as caught:
        proven_id((KEY,), headers, BODY, AT)
    assert caught.value.reason == reason


@pytest.mark.parametrize("away_ms", [TOLERANCE_MS, -TOLERANCE_MS])
def test_five_minutes_are_borne_and_no_more(away_ms: int) -> None:
    headers = signed_headers((KEY,), NAME, AT, BODY)
    assert proven_id((KEY,), headers, BODY, AT + away_ms) == NAME
    with pytest.raises(NotProven) as caught:
        proven_id((KEY,), headers, BODY, AT + away_ms + (1 if away_ms > 0 else -1))
    assert caught.value.reason == "stale"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64", "whsec_c2hvcnQ=", "whsec_é"])
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="not ") as caught:
        key_of(secret)
    assert not secret.removeprefix("whsec_") or secret not in str(caught.value)


@given(st.binary(max_size=60), st.integers(0, 60), st.integers(1, 255))
def test_a_changed_byte_is_no_longer_signed(body: bytes, at: int, by: int) -> None:
    headers = signed_headers((KEY,), NAME, AT, body)
    index = at % (len(body) + 1)
    changed = body[:index] + bytes([(body + b"\0")[index] ^ by]) + body[index + 1 :]
    with pytest.raises(NotProven):
        proven_id((KEY,), headers, changed, AT)
