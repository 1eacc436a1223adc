"""Access tokens in place of passwords: at mailboxes and at the smarthost, by real clients."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from maitred.connectors.email import imap
from maitred.connectors.email.incoming import EmailMailbox
from maitred.connectors.email.networks import Encryption
from maitred.connectors.email.oauth import EmailOAuth
from maitred.connectors.email.settings import EmailAccount, EmailSettings, plan_of
from maitred.contracts.errors import ConfigurationError, Retryable
from maitred.contracts.secret import Secret
from tests.connectors.email.certified import Certified
from tests.connectors.email.delivery import Make
from tests.connectors.email.imap_server import ImapServer
from tests.connectors.email.mailboxes import Reading, mail, subjects, until
from tests.connectors.email.relay import Relay, Smarthost, connect, reply
from tests.connectors.email.token_endpoint import TokenEndpoint

MECHANISMS = ("XOAUTH2", "OAUTHBEARER")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "FIRST_WAIT_S", 0.01)


async def idle(server: ImapServer) -> None:
    await asyncio.wait_for(server.idling.wait(), 5)


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_mailbox_is_read_with_an_access_token(
    reading: Reading, server: ImapServer, provider: TokenEndpoint, mechanism: str
) -> None:
    server.capabilities += f" SASL-IR AUTH=PLAIN AUTH={mechanism}"
    server.token = "token_1"
    server.deliver(mail(1))
    _, context = await reading(access=provider.access())
    await idle(server)
    assert subjects(context) == [1]
    assert context.refusals == []
    assert not any(each.startswith("LOGIN") for each in server.commands)


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_token_that_the_mailbox_does_not_take_is_renewed_at_once(
    reading: Reading, server: ImapServer, provider: TokenEndpoint, mechanism: str
) -> None:
    server.capabilities += f" AUTH={mechanism}"
    server.token = "token_2"
    server.deliver(mail(1))
    _, context = await reading(access=provider.access())
    await idle(server)
    assert subjects(context) == [1]
    assert context.refusals == []
    assert len(provider.asked) == 2


async def test_a_mailbox_that_takes_no_token_of_ours_is_told_and_asked_later(
    reading: Reading, server: ImapServer, provider: TokenEndpoint
) -> None:
    server.capabilities += " AUTH=XOAUTH2"
    server.deliver(mail(1))
    _, context = await reading(access=provider.access())
    await until(lambda: context.refusals)
    assert context.refusals[0] == ("help", "imap_login")
    server.token = f"token_{len(provider.asked) + 1}"
    await idle(server)
    assert subjects(context) == [1]


async def test_a_mailbox_without_tokens_is_not_offered_one(
    reading: Reading, server: ImapServer, provider: TokenEndpoint
) -> None:
    _, context = await reading(access=provider.access())
    await until(lambda: context.refusals)
    assert context.refusals[0] == ("help", "imap_no_oauth")
    assert provider.asked == []


async def test_a_provider_that_gives_no_token_is_told_apart_from_a_mailbox(
    reading: Reading, server: ImapServer, provider: TokenEndpoint
) -> None:
    server.capabilities += " AUTH=XOAUTH2"
    provider.answer = (400, '{"error": "invalid_grant"}')
    _, context = await reading(access=provider.access())
    await until(lambda: context.refusals)
    assert context.refusals[0] == ("help", "oauth_invalid_grant")


async def handing_over(
    email: Make, smarthost: Smarthost, certificate: Certified, access: EmailOAuth, mechanism: str
) -> tuple[Any, Any, Relay]:
    relay = await smarthost(
        tls=certificate.server(), implicit=True, mechanisms=(mechanism, "PLAIN")
    )
    connector, context = await connect(
        email,
        relay,
        smarthost_tls="implicit",
        smarthost_ca_file=certificate.chain,
        smarthost_user="maitred",
        smarthost_oauth="provider",
        oauth={"provider": access},
    )
    return connector, context, relay


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("good", ["token_1", "token_2"])
async def test_a_reply_goes_out_with_an_access_token_renewed_if_need_be(
    email: Make,
    smarthost: Smarthost,
    certificate: Certified,
    provider: TokenEndpoint,
    mechanism: str,
    good: str,
) -> None:
    access = provider.access()
    connector, context, relay = await handing_over(email, smarthost, certificate, access, mechanism)
    relay.token = good
    await connector.send(reply(context))
    assert len(relay.envelopes) == 1
    assert provider.asked[-1]["refresh_token"] == "refresh_0"
    assert f"token_{len(provider.asked)}" == good


async def test_a_smarthost_that_takes_no_token_of_ours_leaves_the_reply_waiting(
    email: Make, smarthost: Smarthost, certificate: Certified, provider: TokenEndpoint
) -> None:
    connector, context, relay = await handing_over(
        email, smarthost, certificate, provider.access(), "XOAUTH2"
    )
    with pytest.raises(Retryable, match="refused our access with 535"):
        await connector.send(reply(context))
    assert len(provider.asked) == 2
    provider.answer = (400, '{"error": "invalid_client"}')
    with pytest.raises(Retryable, match="access token: oauth_invalid_client"):
        await connector.send(reply(context))
    assert relay.envelopes == []


async def test_a_smarthost_that_knows_passwords_only_gets_no_token(
    email: Make, smarthost: Smarthost, certificate: Certified, provider: TokenEndpoint
) -> None:
    connector, context, _ = await handing_over(
        email, smarthost, certificate, provider.access(), "LOGIN"
    )
    with pytest.raises(Retryable, match="takes no access tokens"):
        await connector.send(reply(context))
    assert provider.asked == []


PROVIDER = EmailOAuth(
    token_url="https://login.example.com/token",
    client_id="maitred",
    refresh_token=Secret("refresh_0"),
)


def box(**changes: Any) -> dict[str, Any]:
    values = {"account": "help", "host": "imap.example.com:993", "user": "u", **changes}
    return {"mailboxes": {"m": EmailMailbox(**values)}}


def provided(**changes: Any) -> dict[str, Any]:
    values = {"token_url": "https://login.example.com/token", "client_id": "x", **changes}
    return {"oauth": {"p": EmailOAuth(**values)}}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        (box(), "mailboxes.m.password"),
        (box(password=Secret("p"), oauth="provider"), "mailboxes.m.password"),
        (box(oauth="nobody"), "mailboxes.m.oauth"),
        (
            {"smarthost": "mx.example:25", "smarthost_user": "u", "smarthost_oauth": "nobody"},
            "smarthost_oauth",
        ),
        ({"smarthost": "mx.example:25", "smarthost_oauth": "provider"}, "smarthost_user"),
        (
            {
                "smarthost": "mx.example:25",
                "smarthost_user": "u",
                "smarthost_oauth": "provider",
                "smarthost_tls": Encryption.NONE,
            },
            "smarthost_tls",
        ),
        (provided(), "oauth.p.refresh_token"),
        *(
            (provided(token_url=url, client_secret=Secret("s")), "oauth.p.token_url")
            for url in (
                "",
                "login.example.com/token",
                "http://login.example.com/token",
                "https:///token",
                "https://user:word@login.example.com/token",
                "https://login.example.com:0/token",
                "https://login.example.com:port/token",
                "https://[/token",
                "https://login.example.com/token#part",
                "ftp://127.0.0.1/token",
            )
        ),
        (provided(client_id="", client_secret=Secret("s")), "oauth.p.client_id"),
    ],
)
def test_an_access_that_cannot_be_is_named_by_its_path(changes: dict[str, Any], path: str) -> None:
    account = EmailAccount(addresses=("help@shop.example",))
    values = {"accounts": {"help": account}, "oauth": {"provider": PROVIDER}, **changes}
    with pytest.raises(ConfigurationError) as refusal:
        plan_of(EmailSettings(**values))
    (fault,) = refusal.value.faults
    assert fault.startswith(f"channels.email.{path}: ")
