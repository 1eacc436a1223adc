"""Ids are derived from what they name: the same again for the same, another for anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts import ids
from maitred.contracts.ids import CustomerId, IdentifierKey, MessageId, Tenant
from maitred.contracts.subjects import TOKEN

PARTS = st.lists(st.text(max_size=8), min_size=1, max_size=4)
TENANT = Tenant("acme")


@given(parts=PARTS, length=st.integers(1, 52))
def test_a_digest_is_the_same_every_time_and_may_stand_in_a_subject(
    parts: list[str], length: int
) -> None:
    made = ids.digest(*parts, length=length)
    assert made == ids.digest(*parts, length=length)
    assert len(made) == length
    assert TOKEN.match(made)


@given(first=PARTS, second=PARTS)
def test_different_lists_have_different_digests(first: list[str], second: list[str]) -> None:
    assert (ids.digest(*first) == ids.digest(*second)) == (first == second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("ab", "c"), ("a", "bc")),
        (("a", ""), ("a",)),
        (("", "a"), ("a", "")),
        (("a\0b",), ("a", "b")),
    ],
)
def test_moving_a_border_between_parts_changes_the_digest(
    first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    assert ids.digest(*first) != ids.digest(*second)


def test_text_and_its_bytes_are_the_same_part() -> None:
    assert ids.digest("grüß") == ids.digest("grüß".encode())


def test_a_message_id_never_changes_between_versions() -> None:
    """Stored ids must be found again: a change here orphans every stored message."""
    made = ids.message_id(TENANT, "email", "support", "<1@example.com>")
    assert made == "msg_6ec679144dc4d202b56d37fbaa9d89fc"
    assert ids.conversation_id(made) == "cnv_6ec679144dc4d202b56d37fbaa9d89fc"
    assert (
        ids.outbound_id(ids.conversation_id(made), "c-1") == "out_ad9917d900f376a6ff241c13725e50bd"
    )


@given(
    values=st.lists(
        st.tuples(*(st.sampled_from(["a", "b", "a.b", "email", ""]) for _ in range(4))),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_messages_of_another_tenant_channel_account_or_id_are_others(
    values: list[tuple[str, str, str, str]],
) -> None:
    made = {ids.message_id(Tenant(tenant), *rest) for tenant, *rest in values}
    assert len(made) == len(values)


def test_a_customer_is_named_after_what_his_component_is_named_after() -> None:
    component = ids.component_id(IdentifierKey("aaaa"))
    assert component == "cmp_aaaa"
    assert ids.customer_id(component) == CustomerId("cus_aaaa")


def test_who_has_nothing_but_a_number_for_a_time_or_a_claim_is_named_apart() -> None:
    key = IdentifierKey("aaaa")
    made = {
        ids.customer_id(ids.component_id(key)),
        ids.epoch_customer_id(key, 0),
        ids.epoch_customer_id(key, 1),
        ids.unidentified_customer_id(MessageId("msg_aaaa")),
        ids.unidentified_customer_id(MessageId("msg_bbbb")),
    }
    assert len(made) == 5


@given(provider_id=st.text(), command=st.text())
def test_every_id_may_stand_in_a_subject(provider_id: str, command: str) -> None:
    message = ids.message_id(TENANT, "sms", "main", provider_id)
    opened = ids.conversation_id(message)
    for made in (message, opened, ids.outbound_id(opened, command)):
        assert TOKEN.match(made)


def test_a_repeated_command_asks_for_the_same_reply() -> None:
    opened = ids.conversation_id(MessageId("msg_x"))
    other = ids.conversation_id(MessageId("msg_y"))
    assert ids.outbound_id(opened, "1") == ids.outbound_id(opened, "1")
    assert ids.outbound_id(opened, "1") != ids.outbound_id(opened, "2")
    assert ids.outbound_id(opened, "1") != ids.outbound_id(other, "1")
