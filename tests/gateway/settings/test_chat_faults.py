"""What a chat needs to verify addresses is asked for before anybody waits for a code."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.settings.load import parse

CHAT = """
[identity]
secret = "file:secret"
[channels.chat]
secret = "file:secret"
[channels.chat.accounts.shop]
"""
EMAIL = '[channels.email.accounts.help]\naddresses = ["help@shop.example"]\n'
SMS = (
    '[channels.sms.accounts.main]\naccount_sid = "AC00000000000000000000000000000000"\n'
    'auth_token = "file:secret"\n'
)
BOTH = 'verify_email_account = "help"\nverify_sms_account = "main"\n'
ACCOUNT = "channels.chat.accounts.shop"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("a secret that is long enough\n")
    (tmp_path / "long").write_text("a secret of at least thirty-two bytes\n")
    return tmp_path


def test_codes_go_out_by_accounts_that_are_there(folder: Path) -> None:
    text = f'{CHAT}identity_secrets = ["file:long"]\n{BOTH}{EMAIL}{SMS}'
    found = parse(tomllib.loads(text), folder=folder)
    assert [each.name for each in found.channels] == ["chat", "email", "sms"]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            f"{BOTH}{SMS}",
            [f"{ACCOUNT}.verify_email_account: there is no channels.email.accounts.help"],
        ),
        (
            f"{BOTH}{EMAIL}",
            [f"{ACCOUNT}.verify_sms_account: there is no channels.sms.accounts.main"],
        ),
        (
            BOTH + EMAIL.replace("help]", "desk]") + SMS,
            [f"{ACCOUNT}.verify_email_account: there is no channels.email.accounts.help"],
        ),
        (
            f"{BOTH}{EMAIL}[channels]\nsms = 5\n",
            [
                f"{ACCOUNT}.verify_sms_account: there is no channels.sms.accounts.main",
                "channels.sms: expected a table, found 5",
            ],
        ),
        (
            'identity_secrets = ["file:long", "file:secret"]',
            [
                (
                    f"{ACCOUNT}.identity_secrets[1]: must be at least 32 bytes, "
                    "for instance the output of `openssl rand -hex 32`"
                )
            ],
        ),
        ("codes_per_hour = 0", [f"{ACCOUNT}.codes_per_hour: 0 must be at least 1"]),
    ],
)
def test_what_is_missing_is_named(folder: Path, text: str, faults: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(tomllib.loads(f"{CHAT}{text}"), folder=folder)
    assert list(caught.value.faults) == faults
