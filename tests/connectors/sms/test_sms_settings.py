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

SID = "AC00000000000000000000000000000000"
GOOD: dict[str, Any] = {"account_sid": SID, "auth_token": Secret("token")}


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
        ({"account_sid": "SK00000000000000000000000000000000"}, "account_sid"),
        ({"account_sid": SID[:-1]}, "account_sid"),
        ({"numbers": ("+15005550006", "0150-05550006")}, "numbers[1]"),
        ({"numbers": ("",)}, "numbers[0]"),
        ({"from_number": "00 1 500 555 0006"}, "from_number"),
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


@pytest.mark.parametrize("sender", ["+15005550006", "whatsapp:+15005550006", "72975", "Shop"])
def test_whatever_twilio_sends_from_is_good(
    recording: Callable[..., RecordingContext], sender: str
) -> None:
    account = SmsAccount(**GOOD, numbers=(sender,), from_number=sender)
    SmsConnector(SmsSettings(accounts={"main": account}), recording().context)


def test_no_token_shows_itself() -> None:
    account = SmsAccount(account_sid=SID, auth_tokens=(Secret("tok-a"), Secret("tok-b")))
    assert account.tokens() == ("tok-a", "tok-b")
    assert "tok-" not in repr(account)
