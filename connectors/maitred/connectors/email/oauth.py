"""Access by OAuth 2.0 (RFC 6749) in place of a password, as Google and Microsoft 365 demand it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from maitred.connectors.email.networks import PATH, is_loopback
from maitred.contracts.secret import Secret

_KEY: Final = f"{PATH}.oauth"


class EmailOAuth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where access tokens come from.

    A `refresh_token`, which a person once consented to, is traded for them (RFC 6749, section 6).
    Without one the client asks in its own name (section 4.4), as Microsoft 365 lets it.
    """

    token_url: str
    client_id: str
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    scope: str = ""


def check_oauth(written: Mapping[str, EmailOAuth], faults: list[str]) -> None:
    """Refuse what no token could be had with, or what would show a secret on its way."""
    for name, each in written.items():
        path = f"{_KEY}.{name}"
        if not _is_safe(each.token_url):
            faults.append(f"{path}.token_url: must be an https:// address, as your provider names")
        if not each.client_id or not each.client_id.isprintable():
            faults.append(f"{path}.client_id: must be the id that your provider gave the client")
        if each.refresh_token is None and each.client_secret is None:
            faults.append(f"{path}.refresh_token: needed, where there is no client_secret either")


def check_access(
    path: str, password: Secret | None, oauth: str, known: Mapping[str, EmailOAuth]
) -> list[str]:
    """Return the faults of an access that has a password, or a name of `[channels.email.oauth]`.

    `path` is its password's.
    """
    beside = path.removesuffix("password") + "oauth"
    if (password is None) == (not oauth):
        return [f"{path}: give it, or {beside.rpartition('.')[2]} in its place, and not both"]
    if oauth and oauth not in known:
        return [f"{beside}: {oauth!r} is not in [{_KEY}]"]
    return []


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and not parts.fragment and not parts.username
    is_secret = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    return bool(host) and port != 0 and is_plain and is_secret
