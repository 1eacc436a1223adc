"""A secret that stands in the file in plain is never shown back, wherever it stands."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.settings.load import parse
from maitred.gateway.settings.values import hidden_texts, hide

PLAIN = "Tr0ub4dor&3-hunter2"
BAD = '[identity]\nsecret = "env:MAITRED_TEST_UNSET"\n'
PLACES = [
    f'[identity]\nsecret = "{PLAIN}"',
    f'[identity]\nsecrt = "{PLAIN}"',
    f'[identity]\nsecret = ["{PLAIN}"]',
    f'[identity]\nsecret = {{ value = "{PLAIN}" }}',
    f'identity = "{PLAIN}"',
    f'identity_secret = "{PLAIN}"',
    f'{BAD}[nats]\npassword = "{PLAIN}"',
    f'{BAD}[nats]\nport = "{PLAIN}"',
    f'{BAD}[nats]\nurls = "nats://maitred:{PLAIN}@nats:4222"',
    f'{BAD}[nats]\nurls = ["nats://maitred:{PLAIN}@nats:4222"]',
    f'{BAD}[nats]\nurls = ["http://maitred:{PLAIN}@nats:4222"]',
    f'{BAD}[nats]\nmonitoring_url = "nats://maitred:{PLAIN}@nats:8222"',
    f'public_url = "ftp://maitred:{PLAIN}@x"\n{BAD}',
    f'{BAD}[log]\nlevel = {{ token = "{PLAIN}" }}',
    f'{BAD}[channels.chat]\nsecret = "{PLAIN}"\naccounts = {{}}',
    f'{BAD}[channels.chat]\nsecret = "env:{PLAIN}"\naccounts = {{}}',
    f'{BAD}[channels.chat.accounts.shop]\nsecret = "{PLAIN}"',
    f'{BAD}[channels.chat.accounts]\nshop = "{PLAIN}"',
    (
        f'{BAD}[channels.email]\nsmarthost = "smtp://maitred:{PLAIN}@mail"\n'
        '[channels.email.accounts.a]\naddresses = ["a@b.example"]'
    ),
    f'{BAD}[channels.email]\nsmarthost_password = "{PLAIN}"',
    (
        f'{BAD}[channels.email]\npassword = "{PLAIN}"\nlisten = "{PLAIN}"\n'
        '[channels.email.accounts.a]\naddresses = ["a@b.example"]'
    ),
    f'{BAD}[channels.sms.accounts.main]\nauth_token = "{PLAIN}"\naccount_sid = 5',
    f'{BAD}[channels.sms.accounts.main]\ntoken = "{PLAIN}"',
    f'{BAD}[channels]\nsms = "{PLAIN}"',
    f'{BAD}[channels.slack.accounts.main]\nbot_token = "xoxb-{PLAIN}"\nteam_id = 1',
    f'{BAD}[channels.slack.accounts.main]\nteam_id = ["xoxb-{PLAIN}"]',
    f'{BAD}[[routing.agents]]\nid = "a"\nkind = "{PLAIN}"',
    f'{BAD}[[routing.agents]]\nid = 5\nskills = "{PLAIN}"',
]


@pytest.mark.parametrize("text", PLACES)
def test_a_plain_secret_is_not_in_any_fault(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(tomllib.loads(text), folder=tmp_path)
    assert PLAIN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_secret_of_digits_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(
            tomllib.loads("[identity]\nsecret = 123456789\n[http]\nlisten = 987654321"),
            folder=tmp_path,
        )
    assert "123456789" not in str(caught.value)
    assert "987654321" not in str(caught.value)


def test_a_reference_is_no_secret_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="MAITRED_TEST_UNSET is not set"):
        parse(tomllib.loads(BAD), folder=tmp_path)


TYPED = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters="'\"*"),
    min_size=4,
    max_size=60,
).filter(lambda text: not text.startswith(("env:", "file:")) and text not in "channels.x.other: ")


@given(TYPED)
def test_whatever_a_connector_says_the_secret_is_blotted_out(secret: str) -> None:
    hidden = hidden_texts({"channels": {"x": {"api_token": secret}}})
    assert secret in hidden
    assert secret not in hide(f"channels.x.other: {secret!r} is no {secret}", hidden)


def test_a_fault_is_always_one_line() -> None:
    assert hide("a: b\nc\r\n  d", ()) == "a: b c d"
