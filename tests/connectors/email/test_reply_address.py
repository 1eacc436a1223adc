"""The address that an answer is asked to: it says, signed, where the answer belongs."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_string
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import msgspec
import pytest

from maitred.connectors.email.letter import compose
from maitred.connectors.email.outgoing import Sender
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.ids import conversation_id, message_id
from maitred.contracts.outbound import Outbound
from maitred.contracts.reply_token import (
    LOCAL_PART_OCTETS_MAX,
    Grant,
    TokenKeys,
    keys_of,
    tokens_in,
    verify,
    without_token,
)
from tests.connectors.conftest import START_MS, TENANT

KEYS = keys_of(TENANT, [b"a secret for the tokens of this test"])
CONVERSATION = conversation_id(message_id(TENANT, "email", "help", "1"))
PLUS = Sender(address="help@shop.example", name="Care", answers_to="help@shop.example")


@pytest.fixture
def reply(recording: Callable[..., Any]) -> Outbound:
    endpoint = email_identifier("ann@home.example")
    outbound = recording().outbound(endpoint, "Yes.", channel="email", account="help")
    return msgspec.structs.replace(outbound, conversation=CONVERSATION)


def sent(reply: Outbound, sender: Sender, tokens: TokenKeys | None) -> EmailMessage:
    letter = compose(reply, sender, now=START_MS, tokens=tokens)
    assert letter.sender == "help@shop.example"
    mail = message_from_string(letter.content.decode(), policy=SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


async def test_an_answer_is_asked_to_an_address_that_says_where_it_belongs(
    reply: Outbound,
) -> None:
    mail = sent(reply, PLUS, KEYS)
    (address,) = mail["Reply-To"].addresses
    assert mail["From"] == "Care <help@shop.example>"
    assert address.display_name == "Care"
    assert without_token(address.addr_spec) == "help@shop.example"
    assert len(address.username) <= LOCAL_PART_OCTETS_MAX
    (token,) = tokens_in(address.addr_spec)
    grant = verify(KEYS, "help", token, START_MS)
    assert isinstance(grant, Grant)
    assert grant.conversation == CONVERSATION
    assert grant.went_to(reply.to.key)


@pytest.mark.parametrize(
    ("sender", "keys"),
    [(Sender("help@shop.example", "Care"), KEYS), (PLUS, None)],
    ids=["no plus-addresses", "no keys"],
)
async def test_without_plus_addresses_or_keys_an_answer_goes_to_the_sender(
    reply: Outbound, sender: Sender, keys: TokenKeys | None
) -> None:
    assert sent(reply, sender, keys)["Reply-To"] is None


async def test_a_mail_that_asks_for_a_proof_is_answered_to_a_token_that_gives_it_once(
    reply: Outbound,
) -> None:
    asking = msgspec.structs.replace(reply, asks_proof=True)
    (address,) = sent(asking, PLUS, KEYS)["Reply-To"].addresses
    (token,) = tokens_in(address.addr_spec)
    grant = verify(KEYS, "help", token, START_MS)
    assert isinstance(grant, Grant)
    assert (grant.conversation, bool(grant.proof)) == (CONVERSATION, True)
    assert grant.went_to(reply.to.key)


@pytest.mark.parametrize(
    ("sender", "keys"),
    [(Sender("help@shop.example", "Care"), KEYS), (PLUS, None)],
    ids=["no plus-addresses", "no keys"],
)
async def test_a_mail_whose_answer_could_prove_nothing_is_not_sent(
    reply: Outbound, sender: Sender, keys: TokenKeys | None
) -> None:
    asking = msgspec.structs.replace(reply, asks_proof=True)
    with pytest.raises(Permanent) as refused:
        compose(asking, sender, now=START_MS, tokens=keys)
    assert refused.value.code == "no_plus_address"


async def test_an_address_beyond_ascii_carries_its_token_under_smtputf8(reply: Outbound) -> None:
    beyond = Sender(address="help@shop.example", name="", answers_to="größe@shop.example")
    assert compose(reply, beyond, now=START_MS, tokens=KEYS).international
    (address,) = sent(reply, beyond, KEYS)["Reply-To"].addresses
    assert without_token(address.addr_spec) == "größe@shop.example"
