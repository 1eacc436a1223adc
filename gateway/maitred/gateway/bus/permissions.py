"""Who may do what on NATS, as pure data and as text for a server's configuration.

Permissions alone do not fence agents off. The server answers on whatever reply subject a client
names, with its own rights: an agent in the gateway's account that names a subject of the JOURNAL
as reply gets the server to store the confirmation of his command there, over a document. So
agents live in an account of their own, which sees of the gateway's account four services and one
stream of signals only; an answer goes back to the account that asked and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import AgentId, Tenant
from maitred.contracts.subjects import (
    BLOBS,
    COMMANDS,
    DEAD,
    INBOUND,
    JOURNAL,
    ROOT,
    Subjects,
    check_token,
)

GATEWAY_ACCOUNT: Final = "MAITRED"
AGENTS_ACCOUNT: Final = "AGENTS"

_STREAMS: Final = (INBOUND, JOURNAL, BLOBS, COMMANDS, DEAD)


@dataclass(frozen=True, slots=True)
class Permissions:
    """The subjects a user may publish on and subscribe to; everything else is refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def consumer_of(agent: AgentId) -> str:
    """Return the name of an agent's durable consumer on the JOURNAL."""
    return f"agent-{agent}"


def inbox_of(agent: AgentId) -> str:
    """Return the inbox prefix that an agent must connect with."""
    return f"_INBOX_{agent}"


def agent_permissions(tenant: Tenant, agent_id: AgentId) -> Permissions:
    """Return what one agent needs: to fetch and confirm his assignments, and to speak.

    Raises:
        ConfigurationError: `agent_id` cannot stand in a subject.
    """
    check_token(agent_id, path="agent")
    check_token(tenant, path="tenant")
    consumer, subjects = consumer_of(agent_id), Subjects(tenant)
    return Permissions(
        publish=(
            f"$JS.API.CONSUMER.MSG.NEXT.{JOURNAL}.{consumer}",
            f"$JS.ACK.{JOURNAL}.{consumer}.>",
            f"{ROOT}.{tenant}.command.{agent_id}.*",
            subjects.signal_said(agent_id),
        ),
        subscribe=(f"{inbox_of(agent_id)}.>", subjects.signal_heard(agent_id)),
    )


def gateway_permissions(tenant: Tenant) -> Permissions:
    """Return what a gateway of `tenant` needs, on the five streams and no other.

    Streams hold all tenants of their account: tenants that must not trust each other need
    accounts of their own.
    """
    check_token(tenant, path="tenant")
    api = ["$JS.API.INFO"]
    for stream in _STREAMS:
        api += [
            f"$JS.API.STREAM.{verb}.{stream}"
            for verb in ("CREATE", "UPDATE", "INFO", "PURGE", "MSG.GET", "MSG.DELETE")
        ]
        api += [
            f"$JS.API.DIRECT.GET.{stream}",
            f"$JS.API.DIRECT.GET.{stream}.>",
            f"$JS.API.CONSUMER.CREATE.{stream}.>",
            f"$JS.API.CONSUMER.DELETE.{stream}.*",
            f"$JS.API.CONSUMER.INFO.{stream}.*",
            f"$JS.API.CONSUMER.NAMES.{stream}",
            f"$JS.API.CONSUMER.LIST.{stream}",
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}.*",
            f"$JS.ACK.{stream}.>",
        ]
    return Permissions(
        publish=(*api, f"{ROOT}.{tenant}.>"),
        subscribe=("_INBOX.>", Subjects(tenant).any("signal")),
    )


def render_user(
    permissions: Permissions | None,
    *,
    user: str | None = None,
    password: str | None = None,
    nkey: str | None = None,
) -> str:
    """Return one entry of a `users` list of nats-server's configuration.

    Give either `nkey` (a public key) or `user` and `password` (clear, or a bcrypt hash as
    `nats server passwd` makes it). `permissions` None allows everything in the account.

    Raises:
        ConfigurationError: neither or both are given, or a value cannot be quoted.
    """
    if (nkey is None) == (user is None or password is None):
        raise ConfigurationError("a NATS user needs either an nkey, or a user and a password")
    fields = {"nkey": nkey} if nkey is not None else {"user": user, "password": password}
    shown = [f"{name}: {_quoted(value or '')}" for name, value in fields.items()]
    if permissions is not None:
        shown.append(
            f"permissions: {{ publish: {_listed(permissions.publish)}, "
            f"subscribe: {_listed(permissions.subscribe)} }}"
        )
    return "{ " + ", ".join(shown) + " }"


def render_accounts(*, gateway: Sequence[str], agents: Sequence[str]) -> str:
    """Return the `accounts` block: the gateway's users in one account, the agents' in another.

    `gateway` and `agents` are entries made by `render_user`. What is exported is for the agents'
    account alone: another tenant's, which names this one by mistake, is refused by the server.
    """
    services = (
        (f"$JS.API.CONSUMER.MSG.NEXT.{JOURNAL}.*", "stream"),
        (f"$JS.ACK.{JOURNAL}.>", "singleton"),
        (f"{ROOT}.*.command.>", "singleton"),
        (f"{ROOT}.*.signal.said.*", "singleton"),
    )
    heard = f"{ROOT}.*.signal.heard.*"
    to_agents = f"accounts: [{AGENTS_ACCOUNT}]"
    exports = [f'{{ service: "{name}", response: {kind}, {to_agents} }}' for name, kind in services]
    imports = [
        f'{{ service: {{ account: {GATEWAY_ACCOUNT}, subject: "{name}" }} }}'
        for name, _ in services
    ]
    exports.append(f'{{ stream: "{heard}", {to_agents} }}')
    imports.append(f'{{ stream: {{ account: {GATEWAY_ACCOUNT}, subject: "{heard}" }} }}')
    return "\n".join(
        (
            "accounts {",
            f"  {GATEWAY_ACCOUNT}: {{",
            "    jetstream: enabled",
            *_block("users", gateway),
            *_block("exports", exports),
            "  }",
            f"  {AGENTS_ACCOUNT}: {{",
            *_block("users", agents),
            *_block("imports", imports),
            "  }",
            "}",
            "",
        )
    )


def _block(name: str, entries: Sequence[str]) -> tuple[str, ...]:
    return (f"    {name}: [", *(f"      {entry}" for entry in entries), "    ]")


def _listed(subjects: Sequence[str]) -> str:
    return "[" + ", ".join(_quoted(subject) for subject in subjects) + "]"


def _quoted(text: str) -> str:
    if not text or any(character in '"\\' or not character.isprintable() for character in text):
        raise ConfigurationError("a value for the NATS configuration cannot be quoted")
    return f'"{text}"'
