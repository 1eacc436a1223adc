"""Which identifiers may hold a customer together, and how a policy is told from another."""

from __future__ import annotations

import pytest

from maitred.contracts.identifiers import Identifier, IdentifierKind
from maitred.identity.policy import KindLimits, Policy


@pytest.mark.parametrize(
    ("kind", "value", "shared"),
    [
        (IdentifierKind.EMAIL, "ann@example.com", False),
        (IdentifierKind.EMAIL, "info@example.com", True),
        (IdentifierKind.EMAIL, "support+42@example.com", True),
        (IdentifierKind.EMAIL, "front-desk@example.com", True),
        (IdentifierKind.PHONE, "+14155550100", False),
        (IdentifierKind.PHONE, "000000", True),
        (IdentifierKind.ACCOUNT, "null", True),
        (IdentifierKind.ACCOUNT, "Demo-User", True),
        (IdentifierKind.ACCOUNT, "support", False),
        (IdentifierKind.UNKNOWN, "whatever", True),
    ],
)
def test_role_names_placeholders_and_unknown_kinds_are_shared(
    kind: IdentifierKind, value: str, *, shared: bool
) -> None:
    policy = Policy(role_local_parts=("Front-Desk",), blocked_values=("demo-user",))
    assert policy.is_shared(Identifier(kind=kind, value=value)) is shared


def test_a_policy_names_its_settings() -> None:
    assert Policy().version() == Policy().version()
    versions = {
        Policy().version(),
        Policy(degree_max=7).version(),
        Policy(limits=KindLimits(email=5)).version(),
        Policy(role_local_parts=("desk",)).version(),
        Policy(blocked_values=("desk",)).version(),
    }
    assert len(versions) == 5


@pytest.mark.parametrize("kind", list(IdentifierKind))
def test_every_kind_has_a_limit(kind: IdentifierKind) -> None:
    assert Policy().limit(kind) >= 1
    assert Policy(limits=KindLimits(email=9)).limit(IdentifierKind.EMAIL) == 9
