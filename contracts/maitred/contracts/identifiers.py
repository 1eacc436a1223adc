"""Identifiers: what a customer is known by, how surely, and the keyed hash that stands for it.

An identifier's value appears in payloads only. Subjects and headers carry its key, an HMAC under
the tenant's secret, so that a dump of subjects tells nobody's number.
"""

from __future__ import annotations

import hmac
import unicodedata
from enum import IntEnum
from typing import Final

import idna
import msgspec
import phonenumbers

from maitred.contracts.errors import BadPayload, ConfigurationError
from maitred.contracts.ids import DIGITS, IdentifierKey, Tenant, framed
from maitred.contracts.vocabulary import Vocabulary

SECRET_BYTES_MIN: Final = 16
VALUE_CHARACTERS_MAX: Final = 320
_GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})


class IdentifierKind(Vocabulary):
    """What sort of name it is."""

    ACCOUNT = "account"
    EMAIL = "email"
    PHONE = "phone"
    SLACK = "slack"
    VISITOR = "visitor"
    CRM = "crm"
    UNKNOWN = "unknown"


class Level(IntEnum):
    """How surely an identifier belongs to who used it; merging needs `AUTHENTICATED`."""

    CLAIMED = 0
    """Typed or written by somebody: a From nobody vouched for, an address in a chat form."""
    ASSERTED = 1
    """The channel says so and could be fooled: an SMS sender, a foreign workspace's address."""
    AUTHENTICATED = 2
    """The channel proved it: DMARC pass, a signed Slack event, our own visitor token."""
    PROVEN = 3
    """Possession proven in this session, by a code that came back through it."""
    SIGNED = 4
    """The company's own signed word, or an operator's."""


class Identifier(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A normalised name of somebody; equal values are the same identifier."""

    kind: IdentifierKind
    value: str


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier as seen in one context, with the level that context gives it."""

    identifier: Identifier
    level: Level


def email_identifier(address: str) -> Identifier:
    """Normalise a mail address: NFKC, lower case, the domain in IDNA A-labels.

    Gmail ignores dots and everything after a plus in the local part
    (support.google.com/mail/answer/7436150), so both are dropped for its two domains only.

    Raises:
        BadPayload: it is not one address with a local part and a domain.
    """
    text = unicodedata.normalize("NFKC", address).strip().strip("<>").lower()
    local, at, domain = text.rpartition("@")
    quoted = local.startswith('"') and local.endswith('"')
    if "@" in local and not quoted:
        raise BadPayload("not one mail address", code="bad_address")
    if not at or not local or not domain or len(text) > VALUE_CHARACTERS_MAX or not _plain(text):
        raise BadPayload("not a mail address", code="bad_address")
    try:
        ascii_domain = idna.encode(domain.rstrip("."), uts46=True).decode()
    except idna.IDNAError:
        # Addresses with underscores or a bare host name are delivered all the same.
        if not domain.isascii():
            raise BadPayload("not a mail domain", code="bad_address") from None
        ascii_domain = domain.rstrip(".")
    if ascii_domain in _GMAIL:
        local = local.partition("+")[0].replace(".", "") or local
        ascii_domain = "gmail.com"
    return Identifier(kind=IdentifierKind.EMAIL, value=f"{local}@{ascii_domain}")


def phone_identifier(number: str, *, region: str | None = None) -> Identifier:
    """Normalise a number to E.164; short codes and alphanumeric senders stay as they are.

    `region` (ISO 3166-1) reads national numbers; without it only international ones are.

    Raises:
        BadPayload: it is empty or too long to be a sender.
    """
    text = unicodedata.normalize("NFKC", number).strip()
    text = text.removeprefix("whatsapp:").strip()
    if not text or len(text) > VALUE_CHARACTERS_MAX or not _plain(text.replace(" ", "")):
        raise BadPayload("not a phone number", code="bad_address")
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Identifier(kind=IdentifierKind.PHONE, value=text.lower())
    if not phonenumbers.is_possible_number(parsed):
        return Identifier(kind=IdentifierKind.PHONE, value=text.lower())
    value = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return Identifier(kind=IdentifierKind.PHONE, value=value)


def slack_identifier(team: str, user: str) -> Identifier:
    """Name a Slack user by workspace and user id, since a user id alone is not unique.

    Raises:
        BadPayload: one of the two is missing.
    """
    if not team or not user or not _plain(team + user):
        raise BadPayload("a Slack user needs a team id and a user id", code="bad_address")
    return Identifier(kind=IdentifierKind.SLACK, value=f"{team}:{user}")


def visitor_identifier(visitor: str) -> Identifier:
    """Name a chat visitor by the id in the token that we issued."""
    return Identifier(kind=IdentifierKind.VISITOR, value=visitor)


def account_identifier(account: str) -> Identifier:
    """Name a signed-in user by the company's own id for him."""
    return Identifier(kind=IdentifierKind.ACCOUNT, value=account)


def _plain(text: str) -> bool:
    return text.isprintable() and not any(character.isspace() for character in text)


class Keys:
    """Keyed hashes of one tenant (HMAC-SHA-256, 128 bits in hexadecimal)."""

    def __init__(self, tenant: Tenant, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES_MIN:
            raise ConfigurationError(
                f"identity.secret: must be at least {SECRET_BYTES_MIN} bytes, "
                "for instance the output of `openssl rand -hex 32`"
            )
        self.tenant = tenant
        self._secret = secret

    def __repr__(self) -> str:
        """Keep the secret out of logs."""
        return f"Keys(tenant={self.tenant!r})"

    def identifier(self, identifier: Identifier) -> IdentifierKey:
        """Return the key of an identifier that its channel stands for."""
        return self._key("identifier", identifier.kind.value, identifier.value)

    def claimed(self, identifier: Identifier) -> IdentifierKey:
        """Return the key of a mere claim: kept apart, so that it can never touch the real one."""
        return self._key("claimed", identifier.kind.value, identifier.value)

    def actor(self, observed: Observed) -> IdentifierKey:
        """Return the key under which a sender's messages hang."""
        if observed.level == Level.CLAIMED:
            return self.claimed(observed.identifier)
        return self.identifier(observed.identifier)

    def thread(self, channel: str, foreign_id: str) -> str:
        """Return the key of a channel's own thread id (a Message-ID, a Slack thread)."""
        return self._key("thread", channel, foreign_id)

    def fingerprint(self, actor: IdentifierKey, content: str) -> str:
        """Return the key of one content by one sender, to know it when it comes again."""
        return self._key("fingerprint", actor, content)

    def _key(self, *parts: str) -> IdentifierKey:
        data = framed((self.tenant, *parts))
        return IdentifierKey(hmac.digest(self._secret, data, "sha256").hex()[:DIGITS])
