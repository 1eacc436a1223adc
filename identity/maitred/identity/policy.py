"""Policy: which identifiers may hold a customer together, and how many of each kind.

Role names follow RFC 2142 (mailbox names for common services) and what companies use besides;
blocked values are the placeholders that forms and imports are filled with. Both can be extended
in the settings, neither can be shortened.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Final

import msgspec

from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import digest

THETA: Final = Level.AUTHENTICATED
"""The least level of evidence that may merge; fixed, since a claim is not a proof."""

_VERSION: Final = "3"
"""Of the rules in code; a change of what `partition` does must change it."""

ROLE_LOCAL_PARTS: Final = frozenset({
    "abuse", "accounting", "accounts", "admin", "administrator", "billing", "bookings", "careers",
    "contact", "customercare", "customerservice", "do-not-reply", "donotreply", "enquiries",
    "feedback", "finance", "ftp", "hello", "help", "helpdesk", "hostmaster", "hr", "info",
    "inquiries", "invoice", "invoices", "jobs", "legal", "mail", "mailer-daemon", "marketing",
    "news", "newsletter", "no-reply", "no_reply", "noc", "noreply", "notifications", "office",
    "orders", "postmaster", "press", "privacy", "purchasing", "reception", "root", "sales",
    "security", "service", "shop", "support", "team", "usenet", "uucp", "webmaster", "www",
})  # fmt: skip
BLOCKED_VALUES: Final = frozenset({
    "-1", "anonymous", "default", "false", "guest", "n/a", "na", "nil", "none", "null", "test",
    "true", "undefined", "unknown", "user",
})  # fmt: skip

Count = Annotated[int, msgspec.Meta(ge=1, le=500)]


class KindLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many identifiers of each kind one customer may have."""

    account: Count = 1
    crm: Count = 3
    email: Count = 6
    slack: Count = 3
    phone: Count = 4
    visitor: Count = 20


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the resolver.

    `role_local_parts` and `blocked_values` are added to the built-in ones and compared in lower
    case. An identifier seen with more than `degree_max` others is taken for a shared one; those
    that several accounts share are not counted.
    """

    limits: KindLimits = KindLimits()
    degree_max: Count = 50
    role_local_parts: tuple[str, ...] = ()
    blocked_values: tuple[str, ...] = ()

    def limit(self, kind: IdentifierKind) -> int:
        """Return how many identifiers of `kind` one customer may have."""
        return getattr(self.limits, kind.value, 1)

    def is_shared(self, identifier: Identifier) -> bool:
        """Whether an identifier is a contact point only and never holds a customer together.

        True for role mailboxes, for placeholders, and for kinds that this version does not know.
        """
        if identifier.kind is IdentifierKind.UNKNOWN:
            return True
        value = identifier.value.lower()
        if not value.strip("0+- ") or value in _extended(BLOCKED_VALUES, self.blocked_values):
            return True
        if identifier.kind is not IdentifierKind.EMAIL:
            return False
        local = value.rpartition("@")[0]
        roles = _extended(ROLE_LOCAL_PARTS, self.role_local_parts)
        return local in roles or local.partition("+")[0] in roles

    def version(self) -> str:
        """Return a hash of everything that decides a partition."""
        return _version(self)


@lru_cache(maxsize=16)
def _version(policy: Policy) -> str:
    return digest(
        "policy",
        _VERSION,
        msgspec.json.encode(policy, order="sorted"),
        *sorted(ROLE_LOCAL_PARTS),
        *sorted(BLOCKED_VALUES),
        length=16,
    )


@lru_cache(maxsize=16)
def _extended(built_in: frozenset[str], more: tuple[str, ...]) -> frozenset[str]:
    return built_in | {value.lower() for value in more}
