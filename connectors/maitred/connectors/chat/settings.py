"""The chat's settings, and whether they make sense."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from yarl import URL

from maitred.connectors.chat.sources import is_network
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.identifiers import SECRET_BYTES_MIN
from maitred.contracts.limits import CHAT_FILE_BYTES_MAX, CHAT_FILES_MAX, CHAT_UPLOAD_BYTES_MAX, MIB
from maitred.contracts.secret import Secret

IDENTITY_SECRET_BYTES_MIN: Final = 32
"""RFC 7518, section 3.2: a key of HS256 must be as long as its hash."""
_PATH: Final = "channels.chat"
_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/(?:\*|[a-z0-9!#$&^_.+-]{1,64})")
"""A media type (RFC 6838, section 4.2), or all of a sort."""


class Asking(StrEnum):
    """Whether the widget asks for something before the first message."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


class ChatAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One chat: the pages that may open it (`https://shop.example`), and its title.

    A page served from the host that the request names, or from `public_url`, always may.
    `identity_secrets` are what the site signs its users' identity tokens with; several while one
    takes the place of another. Codes that verify an address go out by `verify_email_account` of
    the email channel and `verify_sms_account` of the SMS channel, at most `codes_per_hour` from all
    gateways together. `ask_name` and `ask_email` are for the widget. A message may bring
    `files_max` files (0: none) of `file_types` and `file_bytes_max` bytes each, and all visitors
    together `file_bytes_per_hour` at each gateway.
    """

    allowed_origins: tuple[str, ...] = ()
    title: str = "Chat"
    identity_secrets: tuple[Secret, ...] = ()
    verify_email_account: str = ""
    verify_sms_account: str = ""
    codes_per_hour: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 200
    ask_name: Asking = Asking.NO
    ask_email: Asking = Asking.NO
    files_max: Annotated[int, msgspec.Meta(ge=0, le=CHAT_FILES_MAX)] = 5
    file_bytes_max: Annotated[int, msgspec.Meta(ge=1, le=CHAT_FILE_BYTES_MAX)] = 10 * MIB
    file_types: tuple[str, ...] = ("image/*", "application/pdf", "text/plain")
    file_bytes_per_hour: Annotated[int, msgspec.Meta(ge=CHAT_UPLOAD_BYTES_MAX)] = 1024 * MIB

    @property
    def pre_chat(self) -> dict[str, Asking]:
        """What the widget asks before the first message."""
        asked = {"name": self.ask_name, "email": self.ask_email}
        return {name: asking for name, asking in asked.items() if asking is not Asking.NO}

    @property
    def offers(self) -> tuple[str, ...]:
        """What a visitor can verify."""
        offered = {"email": self.verify_email_account, "phone": self.verify_sms_account}
        return tuple(kind for kind, account in offered.items() if account)


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[channels.chat]`; `secret` signs the visitors' tokens.

    `proxies` are the networks (CIDR) of proxies whose `X-Forwarded-For` is believed.
    """

    secret: Secret
    accounts: dict[str, ChatAccount]
    demo_page: bool = True
    proxies: tuple[str, ...] = ()


def check(settings: ChatSettings) -> None:
    """See that the settings can be used.

    Raises:
        ConfigurationError: they cannot; every fault at once, each with its path.
    """
    faults = []
    if len(settings.secret.reveal().encode()) < SECRET_BYTES_MIN:
        faults.append(
            f"{_PATH}.secret: must be at least {SECRET_BYTES_MIN} bytes, "
            "for instance the output of `openssl rand -hex 32`"
        )
    for index, text in enumerate(settings.proxies):
        if not is_network(text):
            faults.append(f"{_PATH}.proxies[{index}]: {text!r} is not a network, as in 10.0.0.0/8")
    for name, account in settings.accounts.items():
        faults += _faults(account, f"{_PATH}.accounts.{name}")
    if faults:
        raise ConfigurationError(*faults)


def sends_through(settings: ChatSettings) -> Mapping[str, tuple[str, str]]:
    """Return, by setting, the channel and the account that codes go out by."""
    found = {}
    for name, account in settings.accounts.items():
        path = f"{_PATH}.accounts.{name}"
        if account.verify_email_account:
            found[f"{path}.verify_email_account"] = ("email", account.verify_email_account)
        if account.verify_sms_account:
            found[f"{path}.verify_sms_account"] = ("sms", account.verify_sms_account)
    return found


def origin_of(text: str) -> str | None:
    """Return scheme, host and port of a web origin (RFC 6454 section 4), or nothing."""
    try:
        url = URL(text.lower())
        known = url.scheme in {"http", "https"} and url.host
        return f"{url.scheme}://{url.host}:{url.port}" if known else None
    except ValueError:
        return None


def _faults(account: ChatAccount, path: str) -> Iterator[str]:
    for text in account.allowed_origins:
        if origin_of(text) is None:
            yield (f"{path}.allowed_origins: {text!r} is not an origin, as in https://shop.example")
    for text in account.file_types:
        if not _TYPE.fullmatch(text):
            yield f"{path}.file_types: {text!r} is not a media type, as in image/png or image/*"
    for index, secret in enumerate(account.identity_secrets):
        if len(secret.reveal().encode()) < IDENTITY_SECRET_BYTES_MIN:
            yield (
                f"{path}.identity_secrets[{index}]: must be at least {IDENTITY_SECRET_BYTES_MIN} "
                "bytes, for instance the output of `openssl rand -hex 32`"
            )
