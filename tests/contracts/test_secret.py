"""A secret is shown by `reveal` alone."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.secret import Secret


class Holder(msgspec.Struct, frozen=True):
    token: Secret


@given(value=st.text(min_size=8))
def test_no_way_of_printing_shows_a_secret(value: str) -> None:
    secret = Secret(value)
    shown = [repr(secret), str(secret), f"{secret}", repr(Holder(secret)), repr([secret])]
    assert shown[0] == shown[1] == shown[2] == "Secret(***)"
    assert shown[3] == "Holder(token=Secret(***))"
    assert shown[4] == "[Secret(***)]"
    assert secret.reveal() == value


def test_secrets_are_equal_by_value_and_never_to_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
