"""`[channels.webhook]`: the systems that post to us and are posted to."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec
from yarl import URL

from maitred.connectors.accounts import check_accounts
from maitred.connectors.webhook.standard import key_of
from maitred.contracts.identifiers import Level
from maitred.contracts.secret import Secret

SECRETS_MAX: Final = 4


class Trust(StrEnum):
    """What a system's word about its users is worth to the company."""

    CLAIMED = "claimed"
    """It repeats what somebody typed."""
    ASSERTED = "asserted"
    """It says so and could be fooled."""
    AUTHENTICATED = "authenticated"
    """It has checked, so that the address may join customers."""
    SIGNED = "signed"
    """It is the company's own word."""


LEVELS: Final = {
    Trust.CLAIMED: Level.CLAIMED,
    Trust.ASSERTED: Level.ASSERTED,
    Trust.AUTHENTICATED: Level.AUTHENTICATED,
    Trust.SIGNED: Level.SIGNED,
}


class WebhookAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One system.

    Each of `secrets` proves what it posts and signs what is posted to it; several while they are
    changed. Replies go to `url`, without which there is no way back. `allow_private` lets `url`,
    and files at its origin, be inside our network and plain HTTP. `trust` is what the addresses
    that it names are worth.
    """

    secrets: tuple[Secret, ...]
    url: str = ""
    allow_private: bool = False
    trust: Trust = Trust.CLAIMED


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Systems by the name that stands in their path."""

    accounts: dict[str, WebhookAccount] = {}


def check(settings: WebhookSettings) -> None:
    """Look at what the shapes cannot tell.

    Raises:
        ConfigurationError: with every fault, each with its path.
    """
    check_accounts("webhook", settings.accounts, _faults)


def keys_of(account: WebhookAccount) -> tuple[bytes, ...]:
    """Return the keys of an account whose settings were checked."""
    return tuple(key_of(each.reveal()) for each in account.secrets)


def _faults(account: WebhookAccount) -> Iterator[str]:
    if not 1 <= len(account.secrets) <= SECRETS_MAX:
        yield f"secrets: must be 1 to {SECRETS_MAX}, each as env:NAME or file:PATH"
    for index, secret in enumerate(account.secrets):
        try:
            key_of(secret.reveal())
        except ValueError:
            yield (
                f"secrets[{index}]: must be `whsec_` and 24 to 64 bytes in base64, for instance "
                'the output of `echo "whsec_$(openssl rand -base64 32)"`'
            )
    if account.url:
        schemes = ("https", "http") if account.allow_private else ("https",)
        if not _is_address(account.url, schemes):
            shown = " or ".join(f"{each}://" for each in schemes)
            more = "" if account.allow_private else "; http:// takes `allow_private = true`"
            yield f"url: must be an address that begins with {shown}{more}"


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        url = URL(text)
    except ValueError:
        return False
    return url.absolute and url.scheme in schemes and bool(url.host) and url.user is None
