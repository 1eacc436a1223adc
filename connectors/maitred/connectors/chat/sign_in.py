"""Sign-in: what a site's own server says about who is signed in there, in a token that it signed.

A JSON Web Token (RFC 7519) under HS256 (RFC 7518, section 3.2) and no other algorithm, whatever its
header says (RFC 8725, section 3.1), with the claims of OpenID Connect Core 1.0, section 5.1:

| claim | |
|---|---|
| `sub` | the company's own id for its user; required |
| `exp` | when the token expires, at most 24 hours ahead; required |
| `iat` | when it was issued: when the user proved who he is; without it he may not act |
| `nbf`, `aud` | if there: not before; the chat account's name, or a list with it |
| `email`, `phone` | his, if `email_verified` or `phone_verified` is true, else a mere claim |
| `name` | what to call him |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import jwt
import msgspec

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import (
    VALUE_CHARACTERS_MAX,
    Identifier,
    IdentifierKind,
    Level,
    Observed,
    SenderKind,
    account_identifier,
    email_identifier,
    text_sender,
)
from maitred.contracts.limits import (
    CHAT_IDENTITY_AGE_MS_MAX,
    CHAT_IDENTITY_CHARACTERS_MAX,
    MINUTE_MS,
)
from maitred.contracts.secret import Secret

BAD_IDENTITY: Final = "bad_identity"
LEEWAY_MS: Final = 1 * MINUTE_MS
"""How far the site's clock may be from ours (RFC 7519, section 4.1.4: a few minutes at most)."""

_HS256: Final = "HS256"
_SIGNATURES: Final = jwt.PyJWS(algorithms=[_HS256])
_BY_THE_TOKEN: Final = (jwt.PyJWTError, ValueError, TypeError, RecursionError)
"""What the library raises, and what it lets through of a header that a stranger wrote."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in: his account first, then what the site knows of him.

    `proven_at` is when he proved it there, `until` when the site's word expires (UTC milliseconds).
    """

    observed: tuple[Observed, ...]
    name: str
    proven_at: int
    until: int

    @property
    def account(self) -> Identifier:
        """The company's own name for him."""
        return self.observed[0].identifier


class _Claims(msgspec.Struct, frozen=True):
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=VALUE_CHARACTERS_MAX)]
    exp: float
    iat: float | None = None
    nbf: float | None = None
    aud: str | tuple[str, ...] | None = None
    # What is besides never spoils a sign-in.
    name: Any = None
    email: Any = None
    email_verified: Any = None
    phone: Any = None
    phone_verified: Any = None


def signed_in(token: str, secrets: Sequence[Secret], account: str, *, now: int) -> SignedIn:
    """Return who a site says is signed in at a chat account; `now` is UTC milliseconds.

    Raises:
        BadPayload: the token is none, or not good here and now; nothing of it is in the error.
    """
    claims = _claims(token, secrets)
    audiences = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
    expires_at = claims.exp * 1_000
    if (
        not now < expires_at + LEEWAY_MS <= now + CHAT_IDENTITY_AGE_MS_MAX + 2 * LEEWAY_MS
        or (claims.nbf is not None and claims.nbf * 1_000 > now + LEEWAY_MS)
        or (audiences is not None and account not in audiences)
        or not claims.sub.isprintable()
        or claims.sub != claims.sub.strip()
    ):
        raise _refusal()
    # A token that does not say when it was issued may be a day old: it lets nobody act.
    issued_at = 0 if claims.iat is None else int(min(max(claims.iat * 1_000, 0), now))
    observed = [Observed(identifier=account_identifier(claims.sub), level=Level.SIGNED)]
    observed += _known(_email(claims.email), is_verified=claims.email_verified is True)
    observed += _known(_phone(claims.phone), is_verified=claims.phone_verified is True)
    return SignedIn(
        observed=tuple(observed),
        name=claims.name if isinstance(claims.name, str) else "",
        proven_at=issued_at,
        until=int(expires_at) + LEEWAY_MS,
    )


def phone_identifier(written: str) -> Identifier | None:
    """Return a telephone number, if it is one that is written with its country code."""
    kind, value = text_sender(written)
    if kind is not SenderKind.NUMBER or not value.startswith("+"):
        return None
    return Identifier(kind=IdentifierKind.PHONE, value=value)


def _claims(token: str, secrets: Sequence[Secret]) -> _Claims:
    if len(token) > CHAT_IDENTITY_CHARACTERS_MAX:
        raise _refusal()
    for secret in secrets:
        try:
            payload = _SIGNATURES.decode(token, secret.reveal().encode(), algorithms=[_HS256])
            return msgspec.json.decode(payload, type=_Claims)
        except jwt.InvalidSignatureError:
            continue
        except (*_BY_THE_TOKEN, msgspec.MsgspecError):
            break
    raise _refusal()


def _refusal() -> BadPayload:
    return BadPayload("not a token that the site signed for this chat", code=BAD_IDENTITY)


def _known(identifier: Identifier | None, *, is_verified: bool) -> list[Observed]:
    if identifier is None:
        return []
    level = Level.SIGNED if is_verified else Level.CLAIMED
    return [Observed(identifier=identifier, level=level)]


def _email(written: object) -> Identifier | None:
    try:
        return email_identifier(written) if isinstance(written, str) else None
    except BadPayload:
        return None


def _phone(written: object) -> Identifier | None:
    return phone_identifier(written) if isinstance(written, str) else None
