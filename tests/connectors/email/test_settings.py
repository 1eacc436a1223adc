"""The email channel's settings: every fault is found before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from maitred.connectors.email.incoming import (
    AfterRead,
    EmailListener,
    EmailMailbox,
    Place,
    Speech,
)
from maitred.connectors.email.networks import Encryption, inside
from maitred.connectors.email.settings import EmailAccount, EmailSettings, plan_of
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.secret import Secret

HELP = EmailAccount(addresses=("help@shop.example",))
LOGGED_IN: dict[str, Any] = {
    "certificate": Path("chain.pem"),
    "certificate_key": Path("key.pem"),
    "logins": {"edge": Secret("x" * 32)},
    "authserv_id": "mx",
}


def box(**changes: Any) -> EmailMailbox:
    values = {"account": "help", "host": "imap.example.com:993", "user": "u", **changes}
    return EmailMailbox(password=Secret("p"), **values)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"listen": "2525"}, "listen"),
        ({"listen": "127.0.0.1:99999"}, "listen"),
        ({"accounts": {"a": EmailAccount(addresses=("nobody",))}}, "accounts.a.addresses"),
        ({"accounts": {"a": HELP, "b": HELP}}, "accounts.b.addresses"),
        (
            {"accounts": {"a": EmailAccount(addresses=("a@b.example",), from_name="x\r\ny")}},
            "accounts.a.from_name",
        ),
        (
            {
                "accounts": {"a": EmailAccount(addresses=("@b.example",))},
                "smarthost": "127.0.0.1:25",
            },
            "accounts.a.from_address",
        ),
        (
            {
                "accounts": {
                    "a": EmailAccount(addresses=(f"{'x' * 16}@b.example",), plus_addresses=True)
                }
            },
            "accounts.a.plus_addresses",
        ),
        (
            {
                "accounts": {
                    "a": EmailAccount(
                        addresses=("@b.example",),
                        from_address="a@elsewhere.example",
                        plus_addresses=True,
                    )
                }
            },
            "accounts.a.plus_addresses",
        ),
        ({"trusted_relays": ("192.0.2.1/24",), "authserv_id": "mx"}, "trusted_relays"),
        ({"trusted_relays": ("192.0.2.0/24",)}, "authserv_id"),
        (
            {"trusted_relays": ("192.0.2.0/24", "everybody"), "authserv_id": "mx"},
            "trusted_relays[1]",
        ),
        ({"proxies": ("10.0.0.0/8", "haproxy")}, "proxies[1]"),
        ({"listeners": (EmailListener(listen="25"),)}, "listeners[0].listen"),
        ({"listeners": (EmailListener(listen="unix:lmtp.sock"),)}, "listeners[0].listen"),
        ({"listeners": (EmailListener(listen=f"unix:/{'x' * 107}"),)}, "listeners[0].listen"),
        (
            {"listeners": (EmailListener(listen="127.0.0.1:25", protocol=Speech.LMTP),)},
            "listeners[0].listen",
        ),
        (
            {"listeners": (EmailListener(listen="127.0.0.1:465", implicit_tls=True),)},
            "certificate: needed for listeners[0]",
        ),
        ({"certificate": Path("chain.pem")}, "certificate and certificate_key"),
        ({"logins": {"edge": Secret("x" * 32)}, "authserv_id": "mx"}, "certificate"),
        ({**LOGGED_IN, "logins": {"edge": Secret("short")}}, "logins.edge"),
        ({**LOGGED_IN, "logins": {"a\nb": Secret("x" * 32)}}, "logins"),
        ({**LOGGED_IN, "authserv_id": ""}, "authserv_id"),
        ({"dmarc_reject": True}, "dmarc_reject"),
        ({"mailboxes": {"m": box(account="nobody")}}, "mailboxes.m.account"),
        ({"mailboxes": {"m": box(host="imap.example.com")}}, "mailboxes.m.host"),
        ({"mailboxes": {"m": box(tls=Encryption.NONE)}}, "mailboxes.m.tls"),
        ({"mailboxes": {"m": box(ca_file=Path("/nowhere.pem"))}}, "mailboxes.m.ca_file"),
        ({"mailboxes": {"m": box(after=AfterRead.MOVE)}}, "mailboxes.m.move_to"),
        ({"mailboxes": {"m": box(move_to="Done")}}, "mailboxes.m.move_to"),
        (
            {"mailboxes": {"m": box(after=AfterRead.MOVE, move_to="INBOX")}},
            "mailboxes.m.move_to",
        ),
        ({"mailboxes": {"m": box(folders=("INBOX", "Caf\u00e9"))}}, "mailboxes.m.folders[1]"),
        ({"mailboxes": {"m": box(after=AfterRead.MOVE, move_to="a\r\nb")}}, "mailboxes.m.move_to"),
        ({"smarthost": "mx.example:25", "smarthost_user": "u"}, "smarthost_password"),
        (
            {
                "smarthost": "mx.example:25",
                "smarthost_user": "u",
                "smarthost_password": Secret("p"),
                "smarthost_tls": Encryption.NONE,
            },
            "smarthost_tls",
        ),
    ],
)
def test_a_fault_names_its_path(changes: dict[str, Any], path: str) -> None:
    settings = EmailSettings(**{"accounts": {"help": HELP}, **changes})
    with pytest.raises(ConfigurationError) as refusal:
        plan_of(settings)
    (fault,) = refusal.value.faults
    assert fault.startswith(f"channels.email.{path}")


def test_unknown_keys_and_absurd_bounds_are_refused() -> None:
    for wrong in ({"size": 1}, {"bytes_max": 2**40}, {"sessions_max": 0}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"accounts": {}, **wrong}, EmailSettings)


def test_replies_come_from_the_first_exact_address_unless_another_is_named() -> None:
    accounts = {
        "a": EmailAccount(addresses=("@b.example", "one@b.example", "two@b.example")),
        "c": EmailAccount(addresses=("one@d.example",), from_address="team@d.example"),
    }
    plan = plan_of(EmailSettings(accounts=accounts, listen="[::1]:25"))
    assert plan.senders["a"].address == "one@b.example"
    assert plan.senders["c"].address == "team@d.example"
    assert plan.places == (Place("::1", 25),)


@pytest.mark.parametrize(
    ("account", "answers_to"),
    [
        ({"addresses": ("help@b.example",)}, "help@b.example"),
        ({"addresses": ("help@b.example", "@c.example")}, "help@b.example"),
        ({"addresses": ("@b.example",), "from_address": "Team@B.example"}, "Team@B.example"),
        (
            {"addresses": ("help@b.example",), "from_address": "noreply@elsewhere.example"},
            "help@b.example",
        ),
        ({"addresses": (f"{'x' * 16}@b.example", "help@b.example")}, "help@b.example"),
    ],
)
def test_tokens_stand_in_an_address_of_the_account_that_has_room_for_them(
    account: dict[str, Any], answers_to: str
) -> None:
    plus, without = (
        plan_of(EmailSettings(accounts={"a": EmailAccount(**account, plus_addresses=chosen)}))
        for chosen in (True, False)
    )
    assert plus.senders["a"].answers_to == answers_to
    assert without.senders["a"].answers_to == ""


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1%eth0", True),
        ("198.51.100.1", False),
        ("", False),
        ("unix", False),
    ],
)
def test_a_relay_is_known_by_its_network(peer: str, *, expected: bool) -> None:
    settings = EmailSettings(
        accounts={}, trusted_relays=("192.0.2.0/24", "2001:db8::/32"), authserv_id="mx"
    )
    assert inside(peer, plan_of(settings).relays) is expected


def test_every_place_to_listen_is_named_by_how_it_is_spoken_to() -> None:
    settings = EmailSettings(
        accounts={},
        listen="",
        listeners=(
            EmailListener(listen="[::]:25"),
            EmailListener(listen="unix:/run/lmtp.sock", protocol=Speech.LMTP),
        ),
    )
    assert plan_of(settings).places == (
        Place("::", 25),
        Place(path="/run/lmtp.sock", speech=Speech.LMTP),
    )


def test_each_folder_of_a_mailbox_is_read_by_itself() -> None:
    boxes = {"m": box(folders=("INBOX", "Web forms"))}
    plan = plan_of(EmailSettings(accounts={"help": HELP}, mailboxes=boxes))
    assert [(each.name, each.host, each.port, each.folder) for each in plan.mailboxes] == [
        ("m", "imap.example.com", 993, "INBOX"),
        ("m", "imap.example.com", 993, "Web forms"),
    ]
