"""SASL with an access token: OAUTHBEARER (RFC 7628), or XOAUTH2, from which it was made.

XOAUTH2 is Google's (developers.google.com/workspace/gmail/imap/xoauth2-protocol) and the only one
of the two that Microsoft 365 knows.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

OAUTHBEARER: Final = "OAUTHBEARER"
XOAUTH2: Final = "XOAUTH2"


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said to log in: the mechanism, its first word, and the last one.

    A server that refuses says why, in a challenge; the `last` word, which says nothing, asks for
    its verdict (RFC 7628, section 3.2.3). Both words are in base64.
    """

    mechanism: str
    first: bytes = field(repr=False)
    last: bytes


def mechanism_of(offered: Iterable[str]) -> str:
    """Return the mechanism to use of those that a server offers, or nothing."""
    names = {each.upper() for each in offered}
    return next((each for each in (OAUTHBEARER, XOAUTH2) if each in names), "")


def saying(mechanism: str, user: str, token: str, place: tuple[str, int]) -> Saying:
    """Return what is said to the server at a `place`, its host and port."""
    bearer = f"auth=Bearer {token}\x01\x01"
    if mechanism == XOAUTH2:
        return Saying(mechanism, b64encode(f"user={user}\x01{bearer}".encode()), b"")
    host, port = place
    # In a GS2 header these two are written otherwise (RFC 5801, section 4).
    name = user.replace("=", "=3D").replace(",", "=2C")
    said = f"n,a={name},\x01host={host}\x01port={port}\x01{bearer}"
    return Saying(mechanism, b64encode(said.encode()), b"AQ==")
