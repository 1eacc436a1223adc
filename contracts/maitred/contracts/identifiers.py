"""Identifiers: what a customer is known by, how surely, and the keyed hash that stands for it.

An identifier's value appears in payloads only. Subjects and headers carry its key, an HMAC under
the tenant's secret, so that a dump of subjects tells nobody's number.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from enum import IntEnum
from functools import lru_cache
from typing import Final

import idna
import msgspec
import phonenumbers

from maitred.contracts.errors import BadPayload, ConfigurationError
from maitred.contracts.ids import DIGITS, IdentifierKey, Tenant, framed
from maitred.contracts.vocabulary import Vocabulary

SECRET_BYTES_MIN: Final = 16
VALUE_CHARACTERS_MAX: Final = 320
_DOMAINS_KEPT: Final = 4_096
_SHORT_CODE_DIGITS_MAX: Final = 8
_NUMBER_PREFIX: Final = re.compile(r"(?:whatsapp|rcs|sms|tel):\s{0,4}", re.IGNORECASE)
"""Prefixes of Twilio's channels whose ids are telephone numbers; `tel:` is RFC 3966."""
_CHANNEL_PREFIX: Final = re.compile(r"[A-Za-z]{2,20}:")
_NUMBER_SHAPED: Final = re.compile(r"[+(]{0,2}\d[\d ()./\-\u00a0]{0,40}")
_WITHHELD: Final = "anonymous:"
_ANONYMOUS: Final = frozenset(
    {
        *("anonymous", "unknown", "restricted", "private", "unavailable", "blocked", "withheld"),
        # The same words dialled on a keypad, which Twilio sends for a number that it has not:
        # help.twilio.com, article 223179988.
        *("+266696687", "+8656696", "+7378742833", "+86282452253", "+2562533"),
        *("266696687", "8656696", "7378742833", "86282452253", "2562533"),
    }
)
_FRAMED_MAX: Final = 64
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
    ascii_domain = _ascii_domain(domain.rstrip("."))
    if ascii_domain in _GMAIL:
        local = local.partition("+")[0].replace(".", "") or local
        ascii_domain = "gmail.com"
    return Identifier(kind=IdentifierKind.EMAIL, value=f"{local}@{ascii_domain}")


@lru_cache(maxsize=_DOMAINS_KEPT)
def _ascii_domain(domain: str) -> str:
    """Return a domain in A-labels; mails come from few, and IDNA is slow.

    Raises:
        BadPayload: it is none.
    """
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        # Addresses with underscores or a bare host name are delivered all the same.
        if not domain.isascii():
            raise BadPayload("not a mail domain", code="bad_address") from None
        return domain


class SenderKind(Vocabulary):
    """What sort of sender a text message names, by how it is written."""

    NUMBER = "number"
    """A telephone number, in E.164 once it is normalised."""
    SHORT_CODE = "short_code"
    """Three to eight digits that a company rents; meaningless abroad."""
    ALPHANUMERIC = "alphanumeric"
    """A name of up to eleven characters (3GPP TS 23.040, section 9.1.2.5): no answer reaches it."""
    CHANNEL = "channel"
    """An id that only its messenger knows, kept with its prefix, as in `messenger:123`."""
    ANONYMOUS = "anonymous"
    """Withheld: everybody who withholds his number is written alike."""
    UNKNOWN = "unknown"

    @property
    def can_be_answered(self) -> bool:
        """Whether a message that is sent there reaches somebody."""
        return self not in {SenderKind.ALPHANUMERIC, SenderKind.ANONYMOUS}


def text_sender(written: str, *, region: str | None = None) -> tuple[SenderKind, str]:
    """Return what sort of sender of a text message it is, and the normal form.

    Numbers become E.164, also behind `whatsapp:`, `rcs:` and `sms:`; national ones only where
    they are valid in `region` (ISO 3166-1), so that a short code is never taken for one. What is
    no number keeps its spelling: names are not read as digits (1-800-FLOWERS), and the id behind
    another messenger's prefix is no telephone number even if it looks like one.
    """
    text = unicodedata.normalize("NFKC", written).strip()[:VALUE_CHARACTERS_MAX]
    text = _NUMBER_PREFIX.sub("", text).strip()
    if not text or text.casefold() in _ANONYMOUS or text.startswith(_WITHHELD):
        return SenderKind.ANONYMOUS, ""
    if _CHANNEL_PREFIX.match(text):
        return SenderKind.CHANNEL, text
    if not _NUMBER_SHAPED.fullmatch(text):
        return SenderKind.ALPHANUMERIC, text
    digits = "".join(character for character in text if character.isdecimal())
    international = text.lstrip("( ").startswith("+")
    if international or region is not None:
        number = _parsed(text, region)
        if number is not None and (international or phonenumbers.is_valid_number(number)):
            value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            if international and len(value) <= len(digits):
                # Behind a zero that was taken for a trunk prefix there may be another one.
                return text_sender(value)
            return SenderKind.NUMBER, value
    if not international and len(digits) <= _SHORT_CODE_DIGITS_MAX:
        return SenderKind.SHORT_CODE, digits
    return SenderKind.NUMBER, text


def text_identifier(written: str, *, region: str | None = None, unique: str = "") -> Observed:
    """Return who a text message comes from, at the level that its channel gives him.

    `region` is as in `text_sender`. Names are the same in any case, the ids of messengers are
    not. Who withholds his number is a claim of his own, told apart by `unique` (the message's
    id): under one common name, all of them would be one customer.

    Raises:
        BadPayload: it is empty or too long to be a sender, or nothing that can be shown.
    """
    text = unicodedata.normalize("NFKC", written).strip()
    if not text or len(text) > VALUE_CHARACTERS_MAX or not text.isprintable():
        raise BadPayload("not a sender of a text message", code="bad_address")
    kind, value = text_sender(text, region=region)
    if kind is SenderKind.ANONYMOUS:
        withheld = Identifier(kind=IdentifierKind.PHONE, value=_WITHHELD + unique)
        return Observed(identifier=withheld, level=Level.CLAIMED)
    if kind is SenderKind.ALPHANUMERIC:
        value = value.lower()
    return Observed(
        identifier=Identifier(kind=IdentifierKind.PHONE, value=value), level=Level.ASSERTED
    )


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


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
        self._framed: dict[tuple[str, str], bytes] = {}

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

    def _key(self, use: str, kind: str, value: str) -> IdentifierKey:
        # A thread's channel is one of a few, a fingerprint's actor is not: what is kept is bounded.
        start = self._framed.get((use, kind))
        if start is None:
            start = framed((self.tenant, use, kind))
            if len(self._framed) < _FRAMED_MAX:
                self._framed[use, kind] = start
        data = start + framed((value,))
        return IdentifierKey(hmac.digest(self._secret, data, "sha256").hex()[:DIGITS])
