"""`[channels.sms]`: the Twilio accounts that messages come from and go through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from maitred.connectors.accounts import check_accounts
from maitred.contracts.secret import Secret
from maitred.contracts.segments import PARTS_MAX

TOKENS_MAX: Final = 4
SEGMENTS_MAX: Final = 64
"""More than any text that Twilio takes can have."""
_SID: Final = re.compile(r"AC[0-9a-fA-F]{32}")
_SENDER: Final = re.compile(
    r"\+[1-9][0-9]{3,14}"  # E.164
    r"|[0-9]{3,8}"  # a short code
    r"|[a-z]{2,20}:\S{1,64}"  # whatsapp:+…, rcs:…
    r"|(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}"
)
"""What may send (https://www.twilio.com/docs/messaging/api/message-resource, `From`); the last is
an alphanumeric sender id, which nobody can answer."""


class SmsAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Twilio account.

    Requests are good that are signed with `auth_token` or one of `auth_tokens`; the first of all
    of them sends. `numbers` are ours. A reply comes from the number that the customer wrote to,
    and by the messaging service that brought his message; where that is not known, from
    `from_number`, else through `messaging_service_sid`, else from the first of `numbers`.
    `segments_max` bounds one text, and `smart_encoding` writes quotation marks and dashes in the
    alphabet of telephones, where that makes a text shorter. `public_url` is the base of the
    address that Twilio calls, and therefore signs, when it is not the gateway's own. `api_url`
    stands in for https://api.twilio.com.
    """

    account_sid: str
    auth_token: Secret | None = None
    auth_tokens: tuple[Secret, ...] = ()
    numbers: tuple[str, ...] = ()
    from_number: str = ""
    messaging_service_sid: str = ""
    segments_max: int = PARTS_MAX
    smart_encoding: bool = True
    public_url: str = ""
    api_url: str = ""

    def tokens(self) -> tuple[str, ...]:
        """Return the auth tokens, that which sends first."""
        first = () if self.auth_token is None else (self.auth_token,)
        return tuple(each.reveal() for each in (*first, *self.auth_tokens))


class SmsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Twilio accounts by the name that stands in their webhook's path."""

    accounts: dict[str, SmsAccount] = {}


def check(settings: SmsSettings) -> None:
    """Look at what the shapes cannot tell.

    Raises:
        ConfigurationError: with every fault, each with its path.
    """
    check_accounts("sms", settings.accounts, _faults)


def _faults(account: SmsAccount) -> Iterator[str]:
    if not _SID.fullmatch(account.account_sid):
        yield "account_sid: write the account's SID, AC and 32 digits of 0-9 and a-f"
    if not account.tokens() or account.auth_token == Secret(""):
        yield "auth_token: write the account's auth token, as env:NAME or file:PATH"
    if Secret("") in account.auth_tokens:
        yield "auth_tokens: write each auth token as env:NAME or file:PATH"
    if len(account.tokens()) > TOKENS_MAX:
        yield f"auth_tokens: {TOKENS_MAX} at most, together with auth_token"
    if not 1 <= account.segments_max <= SEGMENTS_MAX:
        yield f"segments_max: must be 1 to {SEGMENTS_MAX}"
    yield from _sender_faults(account)
    for field, url in (("public_url", account.public_url), ("api_url", account.api_url)):
        if url and not url.startswith(("https://", "http://")):
            yield f"{field}: write an address that begins with https:// (or http:// for tests)"


def _sender_faults(account: SmsAccount) -> Iterator[str]:
    senders = [(f"numbers[{index}]", each) for index, each in enumerate(account.numbers)]
    if account.from_number:
        senders.append(("from_number", account.from_number))
    for field, sender in senders:
        if not _SENDER.fullmatch(sender):
            yield f"{field}: {sender!r} is no sender at Twilio; write a number as +15005550006"
