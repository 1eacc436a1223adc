"""Every fault of a configuration is named, with its path and what to write instead."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.settings.load import Configuration, parse

GOOD = '[identity]\nsecret = "file:secret"\n'
CHAT = '[channels.chat]\nsecret = "file:secret"\n[channels.chat.accounts.shop]\n'
SMS = (
    '[channels.sms.accounts.main]\naccount_sid = "AC00000000000000000000000000000000"\n'
    'auth_token = "file:secret"\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("a secret that is long enough\n")
    (tmp_path / "short").write_text("short\n")
    (tmp_path / "quoted").write_text('a secret of some length "quoted" in the middle\n')
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge").write_bytes(b"a" * 70_000)
    return tmp_path


def faults_in(text: str, folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        parse(tomllib.loads(text), folder=folder)
    return list(caught.value.faults)


def good(text: str, folder: Path) -> Configuration:
    return parse(tomllib.loads(text), folder=folder)


FAULTY = [
    # keys and tables
    ("", ["identity.secret: missing; it has no default"]),
    ("[identity]", ["identity.secret: missing; it has no default"]),
    (f'tenannt = "x"\n{GOOD}', ["tenannt: unknown setting; did you mean `tenant`?"]),
    (f"{GOOD}[htpp]\n", ["htpp: unknown setting; did you mean `http`?"]),
    (f"{GOOD}[http]\nqqq = 1", ["http.qqq: unknown setting; known are listen"]),
    (f"channels = 5\n{GOOD}", ["channels: expected a table, found 5"]),
    (f"channels = []\n{GOOD}", ["channels: expected a table, found a list"]),
    (f"nats = [1]\n{GOOD}", ["nats: expected a table, found a list"]),
    ("identity = 3", ["identity: expected a table, found 3"]),
    (f"{GOOD}[[http]]\nlisten = 'x'", ["http: expected a table, found a list"]),
    (f"{GOOD}[routing.rules]\nname = 'x'", ["routing.rules: expected a list, found a table"]),
    (f"{GOOD}[routing]\nagents = [5]", ["routing.agents[0]: expected a table, found 5"]),
    (
        f"{GOOD}[http]\n'a\\nb c' = 1\n",
        ["http.'a\\\\nb c': unknown setting; known are listen"],
    ),
    # types
    (f"{GOOD}[http]\nlisten = 8080", ["http.listen: expected a string, found 8080"]),
    (
        f"{GOOD}[http]\nlisten = 1979-05-27",
        ["http.listen: expected a string, found a date or a time"],
    ),
    (f"{GOOD}[nats]\nport = '4222'", ["nats.port: expected a whole number, found a string"]),
    (f"{GOOD}[nats]\nport = 4.5", ["nats.port: expected a whole number, found 4.5"]),
    (f"{GOOD}[nats]\nport = true", ["nats.port: expected a whole number, found true"]),
    (f"{GOOD}[nats]\nstore = 5", ["nats.store: expected a path, found 5"]),
    (
        f"{GOOD}[nats]\nallow_lazy_sync = 1",
        ["nats.allow_lazy_sync: expected true or false, found 1"],
    ),
    (f"{GOOD}[nats]\nurls = ''", ["nats.urls: expected a list, found a string; write it in [ ]"]),
    (f"{GOOD}[nats]\nurls = [1]", ["nats.urls[0]: expected a string, found 1"]),
    (f"{GOOD}[routing]\nsigma = nan", ["routing.sigma: nan must be a finite number"]),
    (
        f"{GOOD}[routing]\noffer_seconds = inf",
        ["routing.offer_seconds: inf must be a finite number"],
    ),
    (
        f"{GOOD}[[routing.agents]]\nid = 'a'\nkind = 'humann'",
        ["routing.agents[0].kind: must be one of human, ai; did you mean `human`?"],
    ),
    (
        f"{GOOD}[[routing.agents]]\nid = 'a'\nkind = 'unknown'",
        ["routing.agents[0].kind: must be one of human, ai"],
    ),
    # msgspec.Meta
    (
        f"{GOOD}[identity.policy]\ndegree_max = 0\n[identity.policy.limits]\nemail = 501",
        [
            "identity.policy.degree_max: 0 must be at least 1",
            "identity.policy.limits.email: 501 must be at most 500",
        ],
    ),
    (
        f"{GOOD}[channels.email]\ntimeout_s = 0\n[channels.email.accounts.a]\naddresses = []",
        [
            "channels.email.timeout_s: 0.0 must be more than 0",
            "channels.email.accounts.a.addresses: has 0 entries; at least 1 are needed",
        ],
    ),
    # secrets
    (
        '[identity]\nsecret = "file:nowhere"',
        ["identity.secret: the file nowhere cannot be read: No such file or directory"],
    ),
    ('[identity]\nsecret = "file:empty"', ["identity.secret: the file empty is empty"]),
    ('[identity]\nsecret = "file:huge"', ["identity.secret: the file huge is larger than 64 KiB"]),
    (
        '[identity]\nsecret = "file:binary"',
        ["identity.secret: the file binary cannot be read: not a text file"],
    ),
    (
        '[identity]\nsecret = "file:."',
        ["identity.secret: the file . cannot be read: Is a directory"],
    ),
    (
        '[identity]\nsecret = "env:MAITRED_TEST_UNSET"',
        ["identity.secret: the environment variable MAITRED_TEST_UNSET is not set, or empty"],
    ),
    (
        '[identity]\nsecret = "file:short"',
        [
            (
                "identity.secret: must be at least 16 bytes, "
                "for instance the output of `openssl rand -hex 32`"
            )
        ],
    ),
    # meaning
    (
        f'tenant = "a b"\n{GOOD}',
        [
            (
                "tenant: 'a b' must be 1 to 64 letters, digits, '_', '=' or '-', "
                "because it becomes part of a NATS subject"
            )
        ],
    ),
    (
        f'{GOOD}[http]\nlisten = "8080"\n[admin]\nlisten = "host:99999"',
        [
            'http.listen: \'8080\' must be "host:port", such as "127.0.0.1:8080"',
            'admin.listen: \'host:99999\' must be "host:port", such as "127.0.0.1:8080"',
        ],
    ),
    (
        f'{GOOD}[http]\nlisten = "[::1]:80"\n[admin]\nlisten = "[::1]:80"',
        ["admin.listen: http.listen is the same address; give it a port of its own"],
    ),
    (
        f'public_url = "gateway.example.com"\n{GOOD}',
        [
            (
                "public_url: 'gateway.example.com' must be an address that starts with "
                '"https://" or "http://"'
            )
        ],
    ),
    (
        f'policy = "best"\n{GOOD}[mood]\nmodel = "oracle"',
        [
            (
                "policy: nothing named 'best' is installed; maitred.routing_policies offers "
                "edf, fifo, index, strict"
            ),
            "mood.model: nothing named 'oracle' is installed; maitred.mood_models offers linear",
        ],
    ),
    (
        f'{GOOD}[log]\nlevel = "inf"\nformat = "xml"',
        [
            "log.level: must be one of debug, info, warning, error; did you mean `info`?",
            "log.format: must be one of auto, json, text",
        ],
    ),
    (
        f"{GOOD}[reply_tokens]\ndays = 0",
        ["reply_tokens.days: 0 must be from 1 to 3650"],
    ),
    (
        f'{GOOD}[reply_tokens]\nsecrets = ["file:secret", "file:short"]',
        ["reply_tokens.secrets[1]: must be at least 16 bytes"],
    ),
    (
        f"{GOOD}[retention]\ninbound_days = 0\nlog_days = 99999",
        [
            "retention.inbound_days: 0 must be from 1 to 36500 days",
            "retention.log_days: 99999 must be from 1 to 36500 days",
        ],
    ),
    (
        f"{GOOD}[retention.kinds]\nmessage = 0\nmesage = 5\nlease = 5\nconversation = 7",
        [
            "retention.kinds.message: 0 must be from 1 to 36500 days",
            (
                "retention.kinds.mesage: must be one of message, revision, suppressed, admitted, "
                "change, assign, decision, due, policy, shadow, outbound, report, undelivered, "
                "conversation, thread, delivery; did you mean `message`?"
            ),
            (
                "retention.kinds.lease: must be one of message, revision, suppressed, admitted, "
                "change, assign, decision, due, policy, shadow, outbound, report, undelivered, "
                "conversation, thread, delivery"
            ),
            (
                "retention.kinds.conversation: 7 must be at least the 30 of retention.closed_days: "
                "where a conversation stands is of no use without it"
            ),
        ],
    ),
    (
        f"{GOOD}[retention]\nkinds = 5",
        ["retention.kinds: expected a table, found 5"],
    ),
    (
        f'{GOOD}[retention.kinds]\nmessage = "a year"',
        ["retention.kinds.message: expected a whole number, found a string"],
    ),
    (
        f"{GOOD}[nats]\nport = 70000\nreplicas = 3",
        [
            "nats.port: 70000 must be a port from 0 to 65535; 0 takes a free one",
            "nats.replicas: our own server is one node; set nats.urls to a cluster, or 1",
        ],
    ),
    (
        f'{GOOD}[nats]\nurls = ["nats://a:1"]\nencryption_key = "file:secret"',
        [
            (
                "nats.encryption_key: must be at least 32 bytes, for instance the output of "
                "`openssl rand -hex 32`"
            ),
            (
                "nats.encryption_key: belongs to our own server; the servers of nats.urls have "
                "theirs in their own configuration"
            ),
        ],
    ),
    (
        f'{GOOD}[nats]\nencryption_key = "file:quoted"',
        ["nats.encryption_key: must be one line without quotes, backslashes and dollar signs"],
    ),
    (
        f'{GOOD}[nats]\nurls = ["http://a:1", "nats://b:x"]\nreplicas = 2\ntls_ca = "no.pem"',
        [
            "nats.replicas: 2 must be 1, 3 or 5",
            "nats.urls[0]: 'http://a:1' is no address of a server, such as \"nats://nats-1:4222\"",
            "nats.urls[1]: 'nats://b:x' is no address of a server, such as \"nats://nats-1:4222\"",
            "nats.tls_ca: there is no file FOLDER/no.pem",
        ],
    ),
    (
        f'{GOOD}[nats]\nurls = ["nats://a:1"]\nmonitoring_url = "http://a:8222, a:8222"',
        [
            (
                "nats.monitoring_url: 'a:8222' must be an address that starts with "
                '"https://" or "http://"'
            )
        ],
    ),
    (
        f'{GOOD}[normalizer]\nlanguages = ["en", "German"]\nregion = "de"',
        [
            (
                "normalizer.languages[1]: 'German' is no language; "
                "write two small letters such as `en`"
            ),
            "normalizer.region: 'de' is no country; write two capital letters such as `DE`",
        ],
    ),
    # channels
    (
        f"{GOOD}[channels.fax]\n",
        [
            (
                "channels.fax: nothing named 'fax' is installed; "
                "maitred.connectors offers chat, email, slack, sms, webhook"
            )
        ],
    ),
    (
        f"{GOOD}[channels]\nsms = 'x'",
        ["channels.sms: expected a table, found a string"],
    ),
    (f"{GOOD}[channels.email]\n", ["channels.email.accounts: missing; it has no default"]),
    (
        f'{GOOD}[channels.email]\nlisten = "25"\n'
        '[channels.email.accounts.a]\naddresses = ["nobody"]\n'
        + CHAT.replace("shop]", 'shop]\nallowed_origins = ["shop.example"]'),
        [
            "channels.email.listen: '25' is not host:port, as in 127.0.0.1:2525",
            "channels.email.accounts.a.addresses: 'nobody' is not a mail address",
            (
                "channels.chat.accounts.shop.allowed_origins: 'shop.example' is not an origin, "
                "as in https://shop.example"
            ),
        ],
    ),
    (
        GOOD + SMS.replace(".main", '."a.b"'),
        [
            (
                "channels.sms.accounts.'a.b': 'a.b' must be 1 to 64 letters, digits, "
                "'_', '=' or '-', "
                "because it becomes part of a NATS subject"
            )
        ],
    ),
    # routing
    (
        (
            f"{GOOD}[routing]\noffer_seconds = 0\n[[routing.agents]]\nid = 'a b'\n"
            "[[routing.rules]]\nname = 'x'\nwhen = { mood = 'sad' }\nhuman_only = true"
        ),
        [
            "routing.offer_seconds = 0.0: write a number from 1 to 86400",
            "routing.agents[0].id = 'a b': write 1 to 64 letters, digits, `_` or `-`",
            (
                "routing.rules[0] (x).when.mood: there is no mood `sad`; write one of "
                "delighted, calm, frustrated, angry"
            ),
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), FAULTY, ids=lambda value: str(value)[-40:])
def test_a_fault_is_told_with_its_path(text: str, expected: list[str], folder: Path) -> None:
    assert faults_in(text, folder) == [each.replace("FOLDER", str(folder)) for each in expected]


def test_faults_of_every_section_are_told_at_once(folder: Path) -> None:
    """A fault of shape in one section does not hide what another section means."""
    text = """
    tenant = "a b"
    [http]
    listen = 5
    [log]
    level = "loud"
    [channels.chat]
    secret = "file:short"
    accounts = {}
    [channels.sms.accounts.main]
    account_sid = ""
    auth_token = "file:secret"
    [[routing.agents]]
    id = "a"
    capacity = -1
    """
    assert [re.split("[: ]", fault)[0] for fault in faults_in(text, folder)] == [
        "http.listen",
        "identity.secret",
        "tenant",
        "log.level",
        "routing.agents[0].capacity",
        "channels.chat.secret",
        "channels.sms.accounts.main.account_sid",
    ]


def test_a_whole_configuration_converts(folder: Path) -> None:
    found = good(GOOD + CHAT + SMS, folder)
    assert [channel.name for channel in found.channels] == ["chat", "sms"]
    assert found.settings.identity.secret.reveal() == "a secret that is long enough"
    assert found.settings.nats.store == folder / "maitred-data"
    assert found.warnings == ()


def test_a_secret_comes_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAITRED_TEST_SECRET", "from the environment, and long\n")
    found = good('[identity]\nsecret = "env:MAITRED_TEST_SECRET"', folder)
    assert found.settings.identity.secret.reveal() == "from the environment, and long"


def test_what_is_allowed_and_hardly_meant_is_a_warning(folder: Path) -> None:
    text = f"{GOOD}[nats]\nallow_lazy_sync = true\n[[routing.rules]]\nname = 'x'\nhuman_only = true"
    assert good(text, folder).warnings == (
        "routing.rules[0] (x).human_only: no agent is human",
        "nats.allow_lazy_sync: a power cut can lose acknowledged messages",
        "channels: none is configured, so no customer can write",
    )


def test_the_same_configuration_has_the_same_faults_every_time(folder: Path) -> None:
    text = f"{GOOD}[http]\nlisten = 5\nx = 1\n[log]\nlevel = 'x'"
    assert faults_in(text, folder) == faults_in(text, folder)


def test_examining_changes_nothing(folder: Path) -> None:
    raw: dict[str, Any] = tomllib.loads(GOOD + CHAT)
    before = str(raw)
    parse(raw, folder=folder)
    assert str(raw) == before
