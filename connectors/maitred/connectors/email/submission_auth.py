"""AUTH for relays that come from nowhere in particular: a name and a password, under TLS only.

PLAIN (RFC 4616) and LOGIN, as aiosmtpd speaks them. Whoever has logged in is a trusted relay.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

from aiosmtpd.smtp import AuthResult, LoginPassword

from maitred.connectors.email.rates import Rate
from maitred.contracts.secret import Secret

FAILURES_PER_SESSION_MAX: Final = 3
FAILURES_PER_MINUTE_MAX: Final = 10
"""Wrong passwords from one peer, over all its connections."""


class Logins:
    """The names that may log in, and how often somebody may be wrong."""

    def __init__(self, known: Mapping[str, Secret], clock: Callable[[], int]) -> None:
        self._known = {name.encode(): secret for name, secret in known.items()}
        self._failures = Rate(FAILURES_PER_MINUTE_MAX, clock)

    def __bool__(self) -> bool:
        return bool(self._known)

    def authenticate(
        self,
        server: Any,  # noqa: ANN401, ARG002  (the five are aiosmtpd's)
        session: Any,  # noqa: ANN401, ARG002
        envelope: Any,  # noqa: ANN401, ARG002
        mechanism: str,  # noqa: ARG002
        given: LoginPassword,
    ) -> AuthResult:
        """Compare in the same time, whoever it is and however wrong he is."""
        secret = self._known.get(given.login)
        expected = secret.reveal() if secret is not None else ""
        equal = hmac.compare_digest(_hash(given.password), _hash(expected.encode()))
        return AuthResult(success=equal and secret is not None, handled=False)

    def may_try(self, peer: str) -> bool:
        """Tell whether a peer has not been wrong too often."""
        return self._failures.allows(peer)

    def failed(self, peer: str) -> None:
        """Count a wrong password."""
        self._failures.take(peer)


def _hash(password: bytes) -> bytes:
    # Of two texts of different length the comparison would tell which is longer.
    return sha256(password).digest()
