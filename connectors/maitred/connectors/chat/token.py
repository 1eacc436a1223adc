"""Visitor tokens: how a browser shows that it is the visitor it was before.

A token is `v1.<visitor>.<issued at, ms>.<mac>`. The mac is an HMAC-SHA-256 over the account, the
visitor and the time, each prefixed with its length, so that a token of one account is nothing to
another one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final

from maitred.contracts.limits import CHAT_TOKEN_AGE_MS_MAX, MINUTE_MS
from maitred.contracts.secret import Secret

TOKEN_CHARACTERS_MAX: Final = 256
SKEW_MS_MAX: Final = 5 * MINUTE_MS
"""How far another gateway's clock may be ahead of ours."""

_PURPOSE: Final = "maitred chat visitor v1"
_TOKEN: Final = re.compile(r"v1\.([A-Za-z0-9_-]{1,64})\.([0-9]{1,15})\.([A-Za-z0-9_-]{43})\Z")


def new_visitor() -> str:
    """Return a visitor id that nobody can guess (144 bits)."""
    return secrets.token_urlsafe(18)


def issue(secret: Secret, account: str, visitor: str, *, now: int) -> str:
    """Return a token for a visitor of an account; `now` is UTC milliseconds."""
    return f"v1.{visitor}.{now}.{signature(secret, _PURPOSE, account, visitor, str(now))}"


def visitor_of(secret: Secret, account: str, token: str, *, now: int) -> str | None:
    """Return whose token it is, or nothing if it is forged, expired or of another account."""
    found = _TOKEN.match(token) if len(token) <= TOKEN_CHARACTERS_MAX else None
    if found is None:
        return None
    visitor, issued_at, mac = found.groups()
    if not hmac.compare_digest(mac, signature(secret, _PURPOSE, account, visitor, issued_at)):
        return None
    age = now - int(issued_at)
    return visitor if -SKEW_MS_MAX <= age <= CHAT_TOKEN_AGE_MS_MAX else None


def signature(secret: Secret, purpose: str, *parts: str) -> str:
    """Return an HMAC-SHA-256 over parts, each prefixed with its length, in base64 for addresses."""
    state = hmac.new(secret.reveal().encode(), purpose.encode(), hashlib.sha256)
    for part in parts:
        data = part.encode()
        state.update(len(data).to_bytes(4, "big") + data)
    return base64.urlsafe_b64encode(state.digest()).decode().rstrip("=")
