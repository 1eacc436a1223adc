"""Proofs: codes counted, guessed at, brought back; by examples and in any order of events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from maitred.contracts.identifiers import Identifier, IdentifierKind, Keys, email_identifier
from maitred.contracts.ids import IdentifierKey, Tenant
from maitred.contracts.limits import (
    CODE_AGE_MS,
    CODE_TRIES_MAX,
    CODES_PER_ADDRESS_MAX,
    CODES_PER_SESSION_MAX,
    CODES_WINDOW_MS,
    MINUTE_MS,
    PROOF_AGE_MS,
    PROOF_READ_AGE_MS,
    PROOFS_PER_SESSION_MAX,
)
from maitred.contracts.outbound import Outbound, OutboundKind
from maitred.contracts.proofs import CodeAnswer, CodeRequest, CodesDoc, Proof, ProofDoc
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import NotRead
from maitred.identity.customers.components import Tools
from maitred.identity.policy import Policy
from maitred.identity.proofs import codes as proofs
from maitred.identity.proofs.code_words import code_words

TENANT = Tenant("house")
TOOLS = Tools(subjects=Subjects(TENANT), keys=Keys(TENANT, b"a secret of tests"), policy=Policy())
START = 1_700_000_000_000
ANN, BO, EVE = IdentifierKey("ann"), IdentifierKey("bo"), IdentifierKey("eve")
KIM = email_identifier("kim@example.com")


@dataclass
class Store:
    """Documents by subject; a view of all of them, or of those that were asked for."""

    documents: dict[str, ProofDoc | CodesDoc] = field(default_factory=dict)
    known: set[str] | None = None

    def read(self, subject: str, shape: type[Any]) -> Any:
        if self.missing(subject):
            raise NotRead(subject)
        return self.documents.get(subject)

    def missing(self, *subjects: str) -> tuple[str, ...]:
        return tuple(each for each in subjects if self.known is not None and each not in self.known)

    def doc(self, key: IdentifierKey) -> ProofDoc:
        found = self.documents[TOOLS.subjects.proof(key)]
        assert isinstance(found, ProofDoc)
        return found


def request(
    session: IdentifierKey = ANN, identifier: Identifier = KIM, name: str = "v1", **changes: Any
) -> CodeRequest:
    usual = CodeRequest(
        id=name,
        session=session,
        identifier=identifier,
        channel="email",
        account="support",
        house="shop",
        codes_max=100,
        title="Shop",
    )
    return msgspec.structs.replace(usual, **changes)


def ask(store: Store, code: str, now: int = START, **fields: Any) -> Outbound | None:
    asked = proofs.ask(request(**fields), code, store, TOOLS, now)
    store.documents |= asked.documents
    return asked.outbound


def bring(
    store: Store,
    code: str,
    now: int = START,
    *,
    session: IdentifierKey = ANN,
    name: str = "c1",
    signed_in: IdentifierKey | None = None,
) -> Proof | None:
    given_back = CodeAnswer(id=name, session=session, code=code, signed_in=signed_in)
    answered = proofs.answer(given_back, store, TOOLS, now)
    store.documents |= answered.documents
    return answered.proof


def test_a_code_proves_its_address_once_in_its_session() -> None:
    store = Store()
    assert ask(store, "123456") is not None
    assert bring(store, "123456", session=EVE) is None
    proof = bring(store, "123456", START + 1)
    assert proof is not None
    assert (proof.identifier, proof.at) == (KIM, START + 1)
    assert bring(store, "123456", START + 2, name="c2") is None
    assert store.doc(ANN).proofs == (proof,)


@pytest.mark.parametrize(
    ("age", "proves"), [(0, True), (CODE_AGE_MS - 1, True), (CODE_AGE_MS, False)]
)
def test_a_code_lives_for_ten_minutes(age: int, proves: bool) -> None:  # noqa: FBT001  (a table's column)
    store = Store()
    ask(store, "123456")
    assert (bring(store, "123456", START + age) is not None) is proves


@pytest.mark.parametrize("wrong", range(CODE_TRIES_MAX + 2))
def test_a_code_may_be_guessed_at_three_times_the_right_one_included(wrong: int) -> None:
    store = Store()
    ask(store, "123456")
    for number in range(wrong):
        assert bring(store, f"{number:06d}") is None
    assert (bring(store, "123456") is not None) is (wrong < CODE_TRIES_MAX)


def test_a_new_code_takes_the_place_of_the_old_one() -> None:
    store = Store()
    ask(store, "111111", name="v1")
    ask(store, "222222", name="v2")
    assert bring(store, "111111") is None
    assert bring(store, "222222") is not None


def test_the_same_request_again_sends_nothing_as_long_as_its_code_may_come_back() -> None:
    store = Store()
    assert ask(store, "111111") is not None
    assert ask(store, "222222", START + CODE_AGE_MS - 1) is None
    assert bring(store, "111111", START + CODE_AGE_MS - 1) is not None
    assert ask(store, "333333", START + CODE_AGE_MS) is not None


def test_beyond_a_limit_the_last_code_stays_good() -> None:
    store = Store()
    for number in range(CODES_PER_ADDRESS_MAX):
        assert ask(store, f"{number:06d}", name=f"v{number}") is not None
    assert ask(store, "999999", name="more") is None
    assert bring(store, f"{CODES_PER_ADDRESS_MAX - 1:06d}") is not None


def test_what_is_written_is_the_same_whether_a_code_goes_out_or_not() -> None:
    store = Store()
    first = proofs.ask(request(), "111111", store, TOOLS, START)
    full = Store(
        {
            TOOLS.subjects.proof(TOOLS.keys.identifier(KIM)): ProofDoc(
                sent=(START,) * CODES_PER_ADDRESS_MAX
            )
        }
    )
    refused = proofs.ask(request(), "111111", full, TOOLS, START)
    assert refused.outbound is None
    assert list(refused.documents) == list(first.documents)
    assert len(first.documents) == 3


def test_a_house_sends_no_more_than_so_many_in_any_hour() -> None:
    store, went, now = Store(), [], START
    for number in range(400):
        now = START + number * 37_000
        usual = request(
            IdentifierKey(f"s{number}"),
            email_identifier(f"a{number}@example.com"),
            codes_max=7,
        )
        asked = proofs.ask(usual, "123456", store, TOOLS, now)
        store.documents |= asked.documents
        assert bool(asked.outbound) != bool(asked.wait_ms)
        if asked.outbound is not None:
            went.append(now)
        else:
            assert 0 < asked.wait_ms <= CODES_WINDOW_MS + MINUTE_MS
            assert not asked.documents
    assert all(
        later - earlier > CODES_WINDOW_MS for earlier, later in zip(went, went[7:], strict=False)
    )
    assert len(went) >= 7 * (now - START) // (CODES_WINDOW_MS + 2 * MINUTE_MS)
    counted = store.documents[TOOLS.subjects.codes("shop")]
    assert isinstance(counted, CodesDoc)
    assert len(counted.minutes) <= CODES_WINDOW_MS // MINUTE_MS + 1


def test_documents_are_asked_for_together() -> None:
    store = Store(known=set())
    with pytest.raises(NotRead) as unread:
        proofs.ask(request(), "111111", store, TOOLS, START)
    assert len(unread.value.subjects) == 3
    with pytest.raises(NotRead):
        proofs.answer(CodeAnswer(id="c1", session=ANN, code="111111"), store, TOOLS, START)


def test_the_same_answer_again_is_the_same_proof_as_long_as_it_holds() -> None:
    store = Store()
    ask(store, "123456")
    proof = bring(store, "123456")
    assert bring(store, "123456", START + MINUTE_MS) == proof
    assert bring(store, "123450", START + MINUTE_MS) is None
    assert bring(store, "123456", START + MINUTE_MS, signed_in=BO) is None
    assert bring(store, "123456", START + PROOF_READ_AGE_MS) is None


def test_a_proof_is_bound_to_who_was_signed_in() -> None:
    store = Store()
    for number, user in enumerate((None, BO, EVE)):
        ask(store, f"{number:06d}", name=f"v{number}")
        assert bring(store, f"{number:06d}", name=f"c{number}", signed_in=user) is not None
    held = store.doc(ANN).proofs
    assert [each.signed_in for each in held] == [None, BO, EVE]
    for each, user in ((each, user) for each in held for user in (None, BO, EVE)):
        assert each.holds(user, START) is (each.signed_in == user)


def test_a_session_keeps_its_newest_proofs_each_address_once() -> None:
    store = Store()
    now = START
    for number in range(PROOFS_PER_SESSION_MAX + 3):
        now += CODES_WINDOW_MS // 3
        address = email_identifier(f"a{number}@example.com")
        user = IdentifierKey(f"user {number}")
        ask(store, "123456", now, identifier=address, name=f"v{number}")
        assert bring(store, "123456", now, name=f"c{number}", signed_in=user) is not None
    assert len(store.doc(ANN).proofs) == PROOFS_PER_SESSION_MAX
    ask(store, "654321", now, identifier=address, name="again")
    bring(store, "654321", now + 1, name="again", signed_in=user)
    held = [each.identifier.value for each in store.doc(ANN).proofs]
    assert len(held) == len(set(held)) == PROOFS_PER_SESSION_MAX
    assert store.doc(ANN).proofs[-1].at == now + 1


@pytest.mark.parametrize(
    ("later_ms", "stays"), [(0, True), (PROOF_AGE_MS, True), (PROOF_AGE_MS + 1, False)]
)
def test_only_what_was_proven_in_one_go_stands_together(*, later_ms: int, stays: bool) -> None:
    """Who proves another address so much later may be whoever came next to the browser."""
    store = Store()
    ask(store, "123456")
    first = bring(store, "123456")
    now = START + later_ms
    ask(store, "654321", now, identifier=email_identifier("eve@elsewhere.example"), name="v2")
    second = bring(store, "654321", now, name="c2")
    assert first is not None
    assert second is not None
    assert store.doc(ANN).proofs == ((first, second) if stays else (second,))


def test_a_number_gets_a_text_of_its_own_channel() -> None:
    phone = Identifier(kind=IdentifierKind.PHONE, value="+15552000001")
    sent = ask(Store(), "123456", identifier=phone, channel="sms", account="main", language="de")
    assert sent is not None
    assert (sent.kind, sent.to.channel, sent.to.account) == (OutboundKind.CODE, "sms", "main")
    assert (sent.to.endpoint, sent.to.key) == (phone, TOOLS.keys.identifier(phone))
    assert "123456" in sent.text
    assert (sent.agent, sent.customer) == ("", "")


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "xx", ""])
def test_the_words_say_whose_code_it_is_how_long_it_lives_and_what_to_do_without(
    language: str,
) -> None:
    subject, text = code_words("012345", title="{Shop} & {code}", language=language)
    assert "012345" not in subject
    assert text.count("012345") == 1
    assert text.startswith("{Shop} & {code}")
    assert "10" in text
    # Three parts of a text message (3GPP TS 23.038, section 6.1) are the most that it may cost.
    assert len(text) <= 3 * 67 + len("{Shop} & {code}")


SESSIONS = (ANN, BO, EVE)
ADDRESSES = tuple(email_identifier(f"{name}@example.com") for name in ("kim", "lou", "max"))


class Any_order(RuleBasedStateMachine):  # noqa: N801  (shown as it is in a report)
    """What any number of sessions may do, at any time, against a plain account of it."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.now = START
        self.count = 0
        self.sent: list[tuple[int, IdentifierKey, Identifier]] = []
        self.waiting: dict[IdentifierKey, tuple[str, Identifier, int]] = {}
        self.tries: dict[IdentifierKey, int] = defaultdict(int)
        self.proven: dict[IdentifierKey, list[tuple[Identifier, int]]] = defaultdict(list)
        self.codes: list[str] = ["000000"]

    @rule(after=st.sampled_from([1, MINUTE_MS, CODE_AGE_MS - 1, CODE_AGE_MS, CODES_WINDOW_MS]))
    def time_passes(self, after: int) -> None:
        self.now += after

    @rule(session=st.sampled_from(SESSIONS), address=st.sampled_from(ADDRESSES))
    def somebody_asks(self, session: IdentifierKey, address: Identifier) -> None:
        self.count += 1
        code = f"{self.count:06d}"
        letter = ask(self.store, code, self.now, session=session, identifier=address, name=code)
        lately = [each for each in self.sent if each[0] > self.now - CODES_WINDOW_MS]
        full = (
            sum(each[1] == session for each in lately) >= CODES_PER_SESSION_MAX
            or sum(each[2] == address for each in lately) >= CODES_PER_ADDRESS_MAX
        )
        assert (letter is None) is full
        if letter is not None:
            assert letter.to.endpoint == address
            self.sent.append((self.now, session, address))
            self.waiting[session] = (code, address, self.now)
            self.tries[session] = 0
            self.codes.append(code)

    @rule(session=st.sampled_from(SESSIONS), data=st.data())
    def somebody_brings_a_code(self, session: IdentifierKey, data: st.DataObject) -> None:
        self.count += 1
        code = data.draw(st.sampled_from(self.codes))
        proof = bring(self.store, code, self.now, session=session, name=f"c{self.count}")
        right, address, at = self.waiting.get(session, ("", KIM, 0))
        alive = bool(right) and self.now < at + CODE_AGE_MS
        if alive and code == right:
            assert proof is not None
            assert (proof.identifier, proof.at) == (address, self.now)
            lately = [each for each in self.proven[session] if self.now <= each[1] + PROOF_AGE_MS]
            self.proven[session] = [*lately, (address, self.now)]
            del self.waiting[session]
            return
        assert proof is None
        if alive:
            self.tries[session] += 1
            if self.tries[session] >= CODE_TRIES_MAX:
                del self.waiting[session]

    @invariant()
    def no_document_holds_a_code(self) -> None:
        written = msgspec.json.encode(self.store.documents)
        for code in self.codes:
            assert f'code":"{code}' not in written.decode()
            assert f" {code}" not in written.decode()

    @invariant()
    def a_session_holds_what_it_proved_and_nothing_else(self) -> None:
        for session in SESSIONS:
            stored = self.store.documents.get(TOOLS.subjects.proof(session), ProofDoc())
            held = {
                (each.identifier, each.at) for each in stored.proofs if each.holds(None, self.now)
            }
            newest: Mapping[Identifier, int] = dict(self.proven[session])
            assert held == {
                (identifier, at)
                for identifier, at in newest.items()
                if self.now < at + PROOF_READ_AGE_MS
            }


TestAnyOrder = Any_order.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(
    code=st.text("0123456789", min_size=6, max_size=6),
    other=st.text("0123456789", min_size=6, max_size=6),
    session=st.sampled_from(SESSIONS),
    address=st.sampled_from(ADDRESSES),
)
def test_only_its_own_code_proves_only_its_own_address(
    code: str, other: str, session: IdentifierKey, address: Identifier
) -> None:
    store = Store()
    ask(store, code, session=session, identifier=address)
    for stranger in SESSIONS:
        if stranger != session:
            assert bring(store, code, session=stranger) is None
    proof = bring(store, other, session=session)
    assert (proof is not None) is (code == other)
    if proof is not None:
        assert proof.identifier == address
