"""What an answer proves about its sender: his mailbox, by our own token, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from maitred.contracts.identifiers import IdentifierKind, Keys, Level, email_identifier
from maitred.contracts.ids import IdentifierKey, conversation_id, message_id
from maitred.contracts.inbound import Inbound, Verification
from maitred.contracts.limits import DAY_MS, MINUTE_MS, PROOF_REPLY_AGE_MS
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.reply_token import keys_of, sign, sign_proof
from maitred.normalizer.email.decoder import decode
from maitred.normalizer.email.thread import REPLY_TOKEN_PASSED_ON
from maitred.normalizer.port import DecodeContext
from tests.normalizer.conftest import SENDERS, TENANT

ADA = "ada@example.com"
EVE = "eve@elsewhere.example"
TOKENS = keys_of(TENANT, [b"a secret for the tokens of this test"], age_ms=90 * DAY_MS)
CONVERSATION = conversation_id(message_id(TENANT, "email", "main", "first"))
RECEIVED_AT = 1_700_000_000_000

Read = Callable[..., Message]


@pytest.fixture
def keys(context: DecodeContext) -> Keys:
    return context.keys


@pytest.fixture
def read(received: Callable[..., Inbound], context: DecodeContext) -> Read:
    """Decode a mail that the door took for `claimed`; `fields` are header lines besides."""
    knowing = replace(context, reply_tokens=TOKENS)

    def run(
        token: str,
        *,
        sender: str = ADA,
        named: str = "",
        claimed: str = "",
        level: Level = Level.CLAIMED,
        facts: dict[str, str] | None = None,
        where: str = "To",
        fields: str = "",
    ) -> Message:
        identifier = email_identifier(claimed or sender)
        inbound = received("email", sender=identifier, level=level, facts=facts)
        header = f"From: {named or sender}\r\n" if named != "nobody" else ""
        address = f"support+{token}@shop.example" if token else "support@shop.example"
        header += f"{where}: {address}\r\nMessage-ID: <2@x>\r\nSubject: Re: lamp\r\n{fields}"
        raw = f"{header}\r\nYes, please.\r\n".encode()
        return decode(inbound, raw, 1, knowing).message

    return run


def went_to(key: IdentifierKey, *, age_ms: int = 0, asks: bool = False) -> str:
    make = sign_proof if asks else sign
    return make(TOKENS, "main", CONVERSATION, key, RECEIVED_AT - age_ms)


@pytest.fixture
def ours(keys: Keys) -> Callable[..., str]:
    """Make the token of a mail that went to an address, whether or not it was proven then."""

    def make(address: str = ADA, *, proven: bool = False, **more: object) -> str:
        identifier = email_identifier(address)
        key = keys.identifier(identifier) if proven else keys.claimed(identifier)
        return went_to(key, **more)  # type: ignore[arg-type]

    return make


def proven(message: Message, keys: Keys, address: str = ADA) -> bool:
    """Tell whether a message is its sender's; it is a claim, whole, or his, whole."""
    identifier = email_identifier(address)
    is_his = message.actor.level is Level.PROVEN
    key = keys.identifier(identifier) if is_his else keys.actor(message.actor)
    assert message.actor.identifier == identifier
    assert message.actor_key == message.reply_to.key == key
    assert message.reply_to.endpoint == identifier
    assert message.observed == (), "nothing else is seen with it"
    assert (message.verification is Verification.REPLY_TOKEN) is is_his
    return is_his


# -- what it takes -----------------------------------------------------------------------------
@pytest.mark.parametrize("was_proven", [False, True], ids=["to a claim", "to himself"])
@pytest.mark.parametrize("age_ms", [0, DAY_MS, 89 * DAY_MS])
@pytest.mark.parametrize("where", ["To", "Cc", "Delivered-To", "X-Original-To"])
def test_who_answers_from_the_mailbox_that_our_mail_went_to_holds_it(
    read: Read, ours: Callable[..., str], keys: Keys, where: str, age_ms: int, *, was_proven: bool
) -> None:
    message = read(ours(proven=was_proven, age_ms=age_ms), where=where)
    assert proven(message, keys)
    assert message.proven_at == 0, "an old mail may be passed on: it opens no gate to act"
    assert message.thread.proof == ""
    assert REPLY_TOKEN_PASSED_ON not in message.flags


@pytest.mark.parametrize(
    "facts",
    [{}, {"dmarc": "none"}, {"dmarc": "temperror"}, {"dmarc": "permerror"}, {"spf": "fail"}],
    ids=["nothing", "none", "temperror", "permerror", "spf fail"],
)
def test_no_verdict_of_a_relay_is_needed(
    read: Read, ours: Callable[..., str], keys: Keys, facts: dict[str, str]
) -> None:
    assert proven(read(ours(), facts=facts), keys)


def test_who_passed_dmarc_is_proven_besides(
    read: Read, ours: Callable[..., str], keys: Keys
) -> None:
    message = read(ours(proven=True), level=Level.AUTHENTICATED, facts={"dmarc": "pass"})
    assert proven(message, keys)


NOT_PROVEN = {
    "no token": {"token": ""},
    "the token of another's mail": {"token": "eve"},
    "a token of another account": {"token": "sales"},
    "an expired token": {"token": "old"},
    "a forged token": {"token": "a" * 48},
    "the domain disowns it": {"facts": {"dmarc": "fail"}},
    "it came past the relays": {"facts": {"past_relays": "1"}},
    "several authors": {"named": f"{ADA}, {EVE}"},
    "several authors, he last": {"named": f"{EVE}, {ADA}"},
    "two From fields": {"fields": f"From: {EVE}\r\n"},
    "the same From twice": {"fields": f"From: {ADA}\r\n"},
    "no From": {"named": "nobody"},
    "only a Sender": {"named": "nobody", "fields": f"Sender: {ADA}\r\n"},
    "another From than the door saw": {"named": EVE},
    "the address in the name only": {"named": f'"{ADA}" <{EVE}>'},
    "a group": {"named": f"friends: {EVE};"},
}


@pytest.mark.parametrize("case", NOT_PROVEN.values(), ids=NOT_PROVEN.keys())
def test_everything_else_stays_a_claim(
    read: Read, ours: Callable[..., str], keys: Keys, case: dict[str, object]
) -> None:
    own = keys.claimed(SENDERS["email"])
    tokens = {
        "eve": ours(EVE),
        "sales": sign(TOKENS, "sales", CONVERSATION, own, RECEIVED_AT),
        "old": ours(age_ms=92 * DAY_MS),
    }
    given = dict(case)
    token = str(given.pop("token", ours()))
    message = read(tokens.get(token, token), **given)
    assert not proven(message, keys)
    assert message.actor.level is Level.CLAIMED
    assert message.actor_key == own


def test_a_mail_that_was_passed_on_names_its_thread_and_lets_nobody_in(
    read: Read, ours: Callable[..., str], keys: Keys
) -> None:
    message = read(ours(), sender=EVE)
    assert not proven(message, keys, EVE)
    assert REPLY_TOKEN_PASSED_ON in message.flags
    assert [each.id for each in message.thread.evidence[:1]] == [CONVERSATION]


def test_among_several_tokens_his_own_is_enough_and_anothers_adds_nothing(
    read: Read, ours: Callable[..., str], keys: Keys
) -> None:
    both = f"Cc: support+{ours(EVE, asks=True)}@shop.example\r\n"
    message = read(ours(), fields=both)
    assert proven(message, keys)
    assert (message.proven_at, message.thread.proof) == (0, "")


def test_a_reply_to_in_the_answer_changes_nothing(
    read: Read, ours: Callable[..., str], keys: Keys
) -> None:
    message = read(ours(), fields=f"Reply-To: {EVE}\r\n")
    assert proven(message, keys)
    assert message.reply_to.endpoint.value == ADA


# -- reply to prove ----------------------------------------------------------------------------
@pytest.mark.parametrize("age_ms", [0, PROOF_REPLY_AGE_MS])
def test_an_answer_to_a_mail_that_asks_for_it_proves_him_now(
    read: Read, ours: Callable[..., str], keys: Keys, age_ms: int
) -> None:
    message = read(ours(asks=True, age_ms=age_ms))
    assert proven(message, keys)
    assert message.proven_at == RECEIVED_AT
    assert message.thread.proof


@pytest.mark.parametrize(
    ("case", "is_his"),
    [
        ({"age_ms": PROOF_REPLY_AGE_MS + MINUTE_MS}, True),
        ({"fields": "Auto-Submitted: auto-replied\r\n"}, True),
        ({"fields": "X-Autoreply: yes\r\nPrecedence: auto_reply\r\n"}, True),
        ({"facts": {"dmarc": "fail"}}, False),
        ({"facts": {"past_relays": "1"}}, False),
        ({"sender": EVE}, False),
    ],
    ids=["too late", "a machine", "a responder", "disowned", "past the relays", "another"],
)
def test_nothing_else_proves_anybody_to_be_there(
    read: Read, ours: Callable[..., str], keys: Keys, case: dict[str, object], *, is_his: bool
) -> None:
    given = dict(case)
    token = ours(asks=True, age_ms=given.pop("age_ms", 0))
    message = read(token, **given)
    assert proven(message, keys, str(given.get("sender", ADA))) is is_his
    assert (message.proven_at, message.thread.proof) == (0, "")


def test_what_a_machine_sends_from_his_mailbox_is_still_a_machines(
    read: Read, ours: Callable[..., str]
) -> None:
    message = read(ours(asks=True), fields="Auto-Submitted: auto-replied\r\n")
    assert message.kind is MessageKind.AUTO_REPLY


def test_only_mail_addresses_can_be_proven(
    received: Callable[..., Inbound], context: DecodeContext, keys: Keys
) -> None:
    """A plugin's door may hand mails over for senders of another kind."""
    sender = SENDERS["sms"]
    assert sender.kind is IdentifierKind.PHONE
    token = went_to(keys.claimed(sender))
    inbound = received("email", sender=sender, level=Level.CLAIMED)
    raw = f"From: {ADA}\r\nTo: s+{token}@shop.example\r\n\r\nHi\r\n".encode()
    message = decode(inbound, raw, 1, replace(context, reply_tokens=TOKENS)).message
    assert message.actor == inbound.sender
    assert message.actor_key == inbound.sender_key
