"""Whatever a stranger sends, subjects hold legal NATS tokens and nothing personal."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maitred.contracts import ids
from maitred.contracts.agents import Verb
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.identifiers import Identifier, IdentifierKind, Keys
from maitred.contracts.ids import AgentId, Tenant
from maitred.contracts.subjects import TOKEN, Subjects, check_token, message_msg_id

TENANT = Tenant("acme")
KEYS = Keys(TENANT, b"0123456789abcdef")
SUBJECT_CHARACTERS_MAX = 256
"""What the documentation of NATS advises (docs.nats.io, "Subject-Based Messaging")."""
HOSTILE = ["a.b", "*", ">", "a b", "a\r\nPUB x 1", "", "a\n", "ä", "$JS", "a/b", "x" * 65, "\0"]


def _every_subject(tenant: Tenant, hostile: str, agent: AgentId, channel: str) -> list[str]:
    subjects = Subjects(tenant)
    identifier = Identifier(kind=IdentifierKind.EMAIL, value=hostile)
    key = KEYS.identifier(identifier)
    message = ids.message_id(tenant, channel, "support", hostile)
    opened = ids.conversation_id(message)
    component = ids.component_id(KEYS.claimed(identifier))
    verb = Verb.ACCEPT.value
    return [
        subjects.inbound(channel, key),
        subjects.blob(key, "0" * 64, 127),
        subjects.agent_command(agent, verb),
        subjects.dead("intake", key),
        subjects.identifier(key),
        subjects.component(component),
        subjects.customer(ids.customer_id(component)),
        subjects.thread(KEYS.thread(channel, hostile)),
        subjects.claim(key),
        subjects.proof(key),
        subjects.operation(opened, ids.operation_id(hostile, "split", 1, opened)),
        subjects.erasure(ids.customer_id(component)),
        subjects.conversation(opened),
        subjects.routing(opened),
        subjects.agent(agent),
        subjects.delivery(ids.outbound_id(opened, hostile)),
        subjects.position("intake", 15),
        subjects.lease("intake", 15),
        subjects.message(key),
        subjects.revision(key),
        subjects.suppressed(key),
        subjects.admitted(agent, verb, opened),
        subjects.change(opened),
        subjects.assign(agent, opened),
        subjects.decision(opened),
        subjects.due(opened),
        subjects.policy("abc234abc234a"),
        subjects.shadow(opened),
        subjects.outbound(channel, opened, key),
    ]


@given(hostile=st.text())
@example(hostile="anna@example.com")
@example(hostile="a.b > * \r\n")
def test_every_token_of_every_subject_is_legal_for_hostile_values(hostile: str) -> None:
    for subject in _every_subject(TENANT, hostile, AgentId("anna"), "email"):
        assert all(TOKEN.match(token) for token in subject.split(".")), subject


def test_no_subject_tells_an_address() -> None:
    for subject in _every_subject(TENANT, "anna.muster@example.com", AgentId("a1"), "email"):
        assert "muster" not in subject
        assert "example" not in subject


def test_no_two_kinds_share_their_place() -> None:
    made = _every_subject(TENANT, "x", AgentId("anna"), "email")
    kinds = [subject.split(".")[3] for subject in made]
    assert len(set(kinds)) == len(kinds)


def test_the_longest_subject_stays_within_what_nats_advises() -> None:
    longest = "x" * 64
    made = _every_subject(Tenant(longest), "x", AgentId(longest), longest)
    assert max(len(subject) for subject in made) < SUBJECT_CHARACTERS_MAX


def test_every_subject_of_a_kind_is_found_by_its_wildcard() -> None:
    subjects = Subjects(TENANT)
    assert subjects.any("assign") == "maitred.v1.acme.assign.>"
    assert subjects.inbound_partition(3) == "maitred.v1.acme.inbound.3.>"


@pytest.mark.parametrize("value", HOSTILE)
def test_a_setting_that_would_break_a_subject_is_refused_with_its_path(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"agents\[0\]\.id: "):
        check_token(value, path="agents[0].id")


@given(value=st.from_regex(r"[A-Za-z0-9_=-]{1,64}", fullmatch=True))
def test_a_legal_token_comes_back_unchanged(value: str) -> None:
    assert check_token(value, path="tenant") == value


@given(value=st.text(max_size=80))
def test_what_is_accepted_never_holds_what_nats_reads_as_syntax(value: str) -> None:
    try:
        accepted = check_token(value, path="tenant")
    except ConfigurationError:
        return
    assert accepted.isascii()
    assert not set(accepted) & set(".*> \t\r\n$")


def test_a_journal_entry_is_deduplicated_by_its_message() -> None:
    message = ids.message_id(TENANT, "email", "support", "1")
    assert message_msg_id(message) == f"message:{message}"
