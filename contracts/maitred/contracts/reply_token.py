"""Reply tokens: our signed word in a plus-address of which conversation an answer belongs to.

`support+<token>@example.com` stands in the Reply-To of what we send, so that an answer finds its
conversation even where its writer's program drops every reference (sub-addressing: RFC 5233,
section 1). A token is 48 characters of base32 (RFC 4648, section 6) in lower case, since servers
may change the case of a local part. It holds 30 bytes:

| bytes | what |
|---|---|
| 1 | which key signed it |
| 2 | the day on which it expires, counted from 1970-01-01 UTC |
| 16 | the conversation |
| 3 | a tag of the endpoint that the mail went to |
| 8 | HMAC-SHA-256 over tenant, account and all of the above, its first 64 bits |

64 bits are what NIST SP 800-107, section 5.3.3, asks of a truncated tag, and whoever guesses needs
a mail for every guess.

A token says that its bearer holds a mail that went to that endpoint, and no more. Mails are
passed on, and whoever is copied in on an answer sees the address that it goes to. So a token
names its conversation to everybody and is proof of one thing only: where the sender's own mailbox
is the endpoint, that mailbox is his (level 3), unless its domain says that the mail is forged. A
copied-in reader who forges the From of a domain without DMARC can therefore put words into the
owner's mouth for as long as the token lives. He reads nothing, since answers go to the mailbox;
he merges nothing, since nothing else is seen with it; and he may do nothing, since an ordinary
token never opens the ACT gate.

That takes a *proof token*, in a mail that asks to be answered. It counts minutes instead of days,
proves for `PROOF_REPLY_AGE_MS` and then names its conversation like any other. Who brings it
first has used it up:

| bytes | what |
|---|---|
| 3 | the minute in which it was issued, counted from 1970-01-01 UTC, modulo 2^24 (31 years) |
| 16 | the conversation |
| 3 | a tag of the endpoint |
| 8 | HMAC as above, under a key that signs nothing else, which tells the two kinds apart |
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.identifiers import SECRET_BYTES_MIN
from maitred.contracts.ids import DIGITS, ConversationId, IdentifierKey, Tenant, framed
from maitred.contracts.limits import DAY_MS, MINUTE_MS, PROOF_REPLY_AGE_MS

TOKEN_CHARACTERS: Final = 48
LOCAL_PART_OCTETS_MAX: Final = 64
"""RFC 5321, section 4.5.3.1.1."""
BASE_OCTETS_MAX: Final = LOCAL_PART_OCTETS_MAX - TOKEN_CHARACTERS - 1
"""How long the local part of an address may be that still has room for a token."""
AGE_MS: Final = 90 * DAY_MS
SECRETS_MAX: Final = 16

_PAYLOAD_BYTES: Final = 22
_MAC_BYTES: Final = 8
_MINUTES: Final = 1 << 24
_SKEW_MINUTES: Final = 5
"""How far ahead the clock of the gateway that issued a proof token may be."""
_CONVERSATION: Final = re.compile(rf"cnv_([0-9a-f]{{{DIGITS}}})\Z")
_TAGGED: Final = re.compile(rf"\+([A-Za-z2-7]{{{TOKEN_CHARACTERS}}})@")
_PATH_CHARACTERS: Final = 45
_CARRIES: Final = re.compile(
    rf"\+(?:[A-Za-z2-7]{{{TOKEN_CHARACTERS}}}|[Bb]-[A-Za-z2-7]{{{_PATH_CHARACTERS}}})@"
)
"""A reply token, or what a return path carries, by which a bounce names its reply."""


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """The keys of one tenant: the first signs, all verify; tokens live for `age_ms`."""

    tenant: Tenant
    keys: tuple[bytes, ...] = field(repr=False)
    proof_keys: tuple[bytes, ...] = field(repr=False)
    age_ms: int = AGE_MS


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says: the conversation, and to which endpoint of it our mail went.

    `proof` names a proof token that still proves who answers, so that it does so only once.
    """

    conversation: ConversationId
    endpoint_tag: bytes
    proof: str = ""

    def went_to(self, endpoint: IdentifierKey) -> bool:
        """Tell whether the mail went to this endpoint."""
        return hmac.compare_digest(self.endpoint_tag, _tag(endpoint))


class TokenFault(Enum):
    """Why a token says nothing."""

    INVALID = "invalid"
    """Not signed by us, or for another tenant or account."""
    EXPIRED = "expired"


def keys_of(tenant: Tenant, secrets: Iterable[bytes], *, age_ms: int = AGE_MS) -> TokenKeys:
    """Return the keys that secrets stand for, each used for nothing else.

    Raises:
        ConfigurationError: there is none, there are too many, or one is too short.
    """
    given = tuple(secrets)
    if not 1 <= len(given) <= SECRETS_MAX:
        raise ConfigurationError(f"reply_tokens.secrets: must be 1 to {SECRETS_MAX}")
    for index, secret in enumerate(given):
        if len(secret) < SECRET_BYTES_MIN:
            raise ConfigurationError(
                f"reply_tokens.secrets[{index}]: must be at least {SECRET_BYTES_MIN} bytes"
            )
    return TokenKeys(
        tenant=tenant,
        keys=tuple(hmac.digest(secret, b"maitred reply token", "sha256") for secret in given),
        proof_keys=tuple(hmac.digest(secret, b"maitred proof token", "sha256") for secret in given),
        age_ms=age_ms,
    )


def sign(
    keys: TokenKeys,
    account: str,
    conversation: ConversationId,
    endpoint: IdentifierKey,
    now: int,
) -> str:
    """Return the token of a mail that goes to `endpoint` at `now` (UTC milliseconds).

    It is valid up to the end of the day on which its age is reached.

    Raises:
        ValueError: it is no conversation's id.
    """
    key = keys.keys[0]
    expires = ((now + keys.age_ms) // DAY_MS).to_bytes(2, "big")
    payload = _key_id(key) + expires + _about(conversation, endpoint)
    return _written(payload, _mac(key, keys.tenant, account, payload))


def sign_proof(
    keys: TokenKeys,
    account: str,
    conversation: ConversationId,
    endpoint: IdentifierKey,
    now: int,
) -> str:
    """Return the token of a mail that asks `endpoint` at `now` to prove itself by an answer.

    Raises:
        ValueError: it is no conversation's id.
    """
    minute = (now // MINUTE_MS % _MINUTES).to_bytes(3, "big")
    payload = minute + _about(conversation, endpoint)
    return _written(payload, _mac(keys.proof_keys[0], keys.tenant, account, payload))


def verify(keys: TokenKeys, account: str, token: str, now: int) -> Grant | TokenFault:
    """Return what a token says as of `now` (UTC milliseconds), or why it says nothing."""
    try:
        data = base64.b32decode(token.upper())
    except (binascii.Error, ValueError):
        return TokenFault.INVALID
    payload, mac = data[:_PAYLOAD_BYTES], data[_PAYLOAD_BYTES:]
    if len(mac) != _MAC_BYTES:
        return TokenFault.INVALID
    signed = [
        hmac.compare_digest(mac, _mac(key, keys.tenant, account, payload))
        for key in keys.keys
        if _key_id(key) == payload[:1]
    ]
    if any(signed):
        expired = now // DAY_MS > int.from_bytes(payload[1:3], "big")
        return TokenFault.EXPIRED if expired else _grant(payload)
    signed = [
        hmac.compare_digest(mac, _mac(key, keys.tenant, account, payload))
        for key in keys.proof_keys
    ]
    if not any(signed):
        return TokenFault.INVALID
    since = now // MINUTE_MS - int.from_bytes(payload[:3], "big") + _SKEW_MINUTES
    age_ms = (since % _MINUTES - _SKEW_MINUTES) * MINUTE_MS
    if age_ms > keys.age_ms:
        return TokenFault.EXPIRED
    proves = age_ms <= PROOF_REPLY_AGE_MS
    return _grant(payload, proof=hashlib.sha256(data).hexdigest()[:DIGITS] if proves else "")


def with_token(address: str, token: str) -> str:
    """Return the plus-address that carries a token.

    Raises:
        ValueError: its local part would be longer than a server must take.
    """
    local, _, domain = address.rpartition("@")
    if len(local.encode()) > BASE_OCTETS_MAX:
        raise ValueError("the local part leaves no room for a token")
    return f"{local}+{token}@{domain}"


def tokens_in(text: str) -> tuple[str, ...]:
    """Return what looks like tokens in the addresses of a text, in lower case, each once."""
    found = _TAGGED.findall(text) if len(text) > TOKEN_CHARACTERS else ()
    return tuple(dict.fromkeys(each.lower() for each in found))


def without_token(address: str) -> str:
    """Return an address as it is without the token in it, or the mark of a return path."""
    return _CARRIES.sub("@", address)


def _about(conversation: ConversationId, endpoint: IdentifierKey) -> bytes:
    digits = _CONVERSATION.match(conversation)
    if digits is None:
        raise ValueError("not the id of a conversation")
    return bytes.fromhex(digits[1]) + _tag(endpoint)


def _written(payload: bytes, mac: bytes) -> str:
    return base64.b32encode(payload + mac).decode().lower()


def _grant(payload: bytes, *, proof: str = "") -> Grant:
    conversation = ConversationId(f"cnv_{payload[3:19].hex()}")
    return Grant(conversation=conversation, endpoint_tag=payload[19:], proof=proof)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:1]


def _tag(endpoint: IdentifierKey) -> bytes:
    return hashlib.sha256(framed(("endpoint", endpoint))).digest()[:3]


def _mac(key: bytes, tenant: Tenant, account: str, payload: bytes) -> bytes:
    return hmac.digest(key, framed((tenant, account, payload)), "sha256")[:_MAC_BYTES]
