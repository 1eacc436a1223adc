"""Subjects and streams: where everything stands on the bus.

`maitred.v1.<tenant>.<kind>.<...>`. Tokens hold keyed hashes and ids only, never an address.
"""

from __future__ import annotations

import re
from typing import Final

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import (
    AgentId,
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    OperationId,
    OutboundId,
    Tenant,
)

ROOT: Final = "maitred.v1"
TOKEN: Final = re.compile(r"[A-Za-z0-9_=-]{1,64}\Z")

INBOUND: Final = "INBOUND"
JOURNAL: Final = "JOURNAL"
BLOBS: Final = "BLOBS"
COMMANDS: Final = "COMMANDS"
DEAD: Final = "DEAD"


def check_token(value: str, *, path: str) -> str:
    """Return `value` if it may stand in a subject; `path` says where the setting stands.

    Raises:
        ConfigurationError: it holds other characters than letters, digits, `_`, `=` and `-`.
    """
    if not TOKEN.match(value):
        raise ConfigurationError(
            f"{path}: {value!r} must be 1 to 64 letters, digits, '_', '=' or '-', "
            "because it becomes part of a NATS subject"
        )
    return value


class Subjects:
    """The subjects of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.root = f"{ROOT}.{tenant}"

    # -- INBOUND, BLOBS, COMMANDS, DEAD
    def inbound(self, channel: str, sender: IdentifierKey) -> str:
        """Name where a door stores; the stream itself inserts the partition before `channel`."""
        return f"{self.root}.inbound.{channel}.{sender}"

    def inbound_partition(self, partition: int) -> str:
        """Name all that one intake partition reads."""
        return f"{self.root}.inbound.{partition}.>"

    def blob(self, owner: str, sha256: str, chunk: int) -> str:
        """Name one chunk of a blob of `owner` (a sender key), by content."""
        return f"{self.root}.blob.{owner}.{sha256}.{chunk}"

    def agent_command(self, agent: AgentId, verb: str) -> str:
        """Name where an agent speaks."""
        return f"{self.root}.command.{agent}.{verb}"

    def dead(self, stage: str, about: str) -> str:
        """Name where a stage quarantines what it cannot handle, by whom or what it is about."""
        return f"{self.root}.dead.{stage}.{about}"

    # -- JOURNAL: documents
    def identifier(self, key: IdentifierKey) -> str:
        """Name the pointer from an identifier to its component."""
        return f"{self.root}.identifier.{key}"

    def component(self, component: ComponentId) -> str:
        """Name a component's members and evidence."""
        return f"{self.root}.component.{component}"

    def customer(self, customer: CustomerId) -> str:
        """Name a customer's profile and open conversations."""
        return f"{self.root}.customer.{customer}"

    def thread(self, key: str) -> str:
        """Name the pointer from a foreign thread id (keyed hash) to its conversation."""
        return f"{self.root}.thread.{key}"

    def claim(self, key: IdentifierKey) -> str:
        """Name who claimed an identifier lately; `key` is that of the identifier itself."""
        return f"{self.root}.claim.{key}"

    def proof(self, key: IdentifierKey) -> str:
        """Name the proofs under way, of a session's visitor or of the address they go to."""
        return f"{self.root}.proof.{key}"

    def codes(self, house: str) -> str:
        """Name how many codes went out lately for an account that customers ask for them."""
        return f"{self.root}.codes.{house}"

    def operation(self, about: str, operation: OperationId | str) -> str:
        """Name what an operator did, by the identifier or the conversation it is about."""
        return f"{self.root}.operation.{about}.{operation}"

    def erasure(self, customer: CustomerId) -> str:
        """Name how far the erasure of a customer has got."""
        return f"{self.root}.erasure.{customer}"

    def conversation(self, conversation: ConversationId) -> str:
        """Name what was said."""
        return f"{self.root}.conversation.{conversation}"

    def routing(self, conversation: ConversationId) -> str:
        """Name where a conversation stands."""
        return f"{self.root}.routing.{conversation}"

    def agent(self, agent: AgentId) -> str:
        """Name an agent's profile and presence."""
        return f"{self.root}.agent.{agent}"

    def delivery(self, outbound: OutboundId) -> str:
        """Name what became of one reply."""
        return f"{self.root}.delivery.{outbound}"

    def scheduled(self, conversation: ConversationId, outbound: OutboundId) -> str:
        """Name a reply that is to be sent later."""
        return f"{self.root}.scheduled.{conversation}.{outbound}"

    def consent(self, key: IdentifierKey) -> str:
        """Name whether an endpoint may be written to: who said stop is not."""
        return f"{self.root}.consent.{key}"

    def memory(self, channel: str, name: str) -> str:
        """Name what a connector remembers, sealed."""
        return f"{self.root}.memory.{channel}.{name}"

    def position(self, stage: str, partition: int) -> str:
        """Name how far a stage has got."""
        return f"{self.root}.position.{stage}.{partition}"

    def lease(self, stage: str, partition: int) -> str:
        """Name who works on a partition."""
        return f"{self.root}.lease.{stage}.{partition}"

    # -- JOURNAL: log
    def message(self, actor: IdentifierKey) -> str:
        """Name the canonical messages of one sender."""
        return f"{self.root}.message.{actor}"

    def revision(self, actor: IdentifierKey) -> str:
        """Name newer readings of one sender's messages."""
        return f"{self.root}.revision.{actor}"

    def suppressed(self, actor: IdentifierKey) -> str:
        """Name the duplicates of one sender, each with its original's id."""
        return f"{self.root}.suppressed.{actor}"

    def admitted(self, agent: AgentId, verb: str, conversation: ConversationId | str) -> str:
        """Name an agent's command once it is part of the journal, by what it is about."""
        return f"{self.root}.admitted.{agent}.{verb}.{conversation}"

    def change(self, conversation: ConversationId) -> str:
        """Name what else than a message changed a conversation: a split, a join, an erasure."""
        return f"{self.root}.change.{conversation}"

    def assign(self, agent: AgentId, conversation: ConversationId | str) -> str:
        """Name what one agent is told."""
        return f"{self.root}.assign.{agent}.{conversation}"

    def decision(self, conversation: ConversationId) -> str:
        """Name why."""
        return f"{self.root}.decision.{conversation}"

    def due(self, about: ConversationId | AgentId) -> str:
        """Name a deadline that has come, of a conversation or of an agent."""
        return f"{self.root}.due.{about}"

    def outbound(self, channel: str, conversation: ConversationId, endpoint: IdentifierKey) -> str:
        """Name replies to send, by conversation and by the endpoint they go to."""
        return f"{self.root}.outbound.{channel}.{conversation}.{endpoint}"

    def report(self, channel: str, outbound: OutboundId) -> str:
        """Name what is said later of one reply: that it arrived, was read, or failed."""
        return f"{self.root}.report.{channel}.{outbound}"

    def undelivered(self, conversation: ConversationId) -> str:
        """Name replies of a conversation that did not reach the customer."""
        return f"{self.root}.undelivered.{conversation}"

    def policy(self, policy_hash: str) -> str:
        """Name the settings that decisions are made by, under a policy's hash."""
        return f"{self.root}.policy.{policy_hash}"

    def shadow(self, conversation: ConversationId) -> str:
        """Name what a shadow policy would have decided otherwise."""
        return f"{self.root}.shadow.{conversation}"

    # -- in no stream
    def signal_said(self, agent: AgentId | str) -> str:
        """Name where an agent signals."""
        return f"{self.root}.signal.said.{agent}"

    def signal_heard(self, agent: AgentId) -> str:
        """Name where an agent hears what customers signal."""
        return f"{self.root}.signal.heard.{agent}"

    def signal_from(self, channel: str, endpoint: IdentifierKey | str) -> str:
        """Name where doors pass on what is signalled at an endpoint."""
        return f"{self.root}.signal.from.{channel}.{endpoint}"

    def signal_to(self, channel: str, endpoint: IdentifierKey | str) -> str:
        """Name where all doors hear what an agent signals to an endpoint."""
        return f"{self.root}.signal.to.{channel}.{endpoint}"

    def any(self, kind: str) -> str:
        """Name everything of one kind."""
        return f"{self.root}.{kind}.>"


def message_msg_id(message: MessageId) -> str:
    """Return the `Nats-Msg-Id` of a message's journal entry."""
    return f"message:{message}"
