"""Faults of the settings are named by their path, all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from maitred.connectors.sms.connector import SmsConnector
from maitred.connectors.sms.settings import SmsAccount, SmsSettings
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.secret import Secret

if TYPE_CHECKING:
    from tests.connectors.conftest import RecordingContext

GOOD: dict[str, Any] = {"account_sid": "AC1", "auth_token": Secret("token")}


def test_wrong_settings_are_named_by_their_path(recording: Callable[..., RecordingContext]) -> None:
    account = SmsAccount(
        account_sid="",
        auth_token=Secret(""),
        segments_max=0,
        public_url="desk",
        api_url="x",
    )
    with pytest.raises(ConfigurationError) as raised:
        SmsConnector(SmsSettings(accounts={"main": account}), recording().context)
    assert [fault.partition(":")[0] for fault in raised.value.faults] == [
        f"channels.sms.accounts.main.{field}"
        for field in ("account_sid", "auth_token", "segments_max", "public_url", "api_url")
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"auth_token": None}, "auth_token"),
        ({"auth_tokens": (Secret(""),)}, "auth_tokens"),
        ({"auth_tokens": (Secret("1"), Secret("2"), Secret("3"), Secret("4"))}, "auth_tokens"),
        ({"segments_max": 65}, "segments_max"),
    ],
)
def test_each_fault_is_found_alone(
    recording: Callable[..., RecordingContext], wrong: dict[str, Any], field: str
) -> None:
    account = SmsAccount(**{**GOOD, **wrong})
    with pytest.raises(ConfigurationError) as raised:
        SmsConnector(SmsSettings(accounts={"main": account}), recording().context)
    [fault] = raised.value.faults
    assert fault.startswith(f"channels.sms.accounts.main.{field}: ")


def test_no_token_shows_itself() -> None:
    account = SmsAccount(account_sid="AC1", auth_tokens=(Secret("tok-a"), Secret("tok-b")))
    assert account.tokens() == ("tok-a", "tok-b")
    assert "tok-" not in repr(account)
