"""What a mail's header says of its thread: references, reply tokens, the base of its subject."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts import thread_evidence
from maitred.contracts.identifiers import Level, email_identifier
from maitred.contracts.ids import ConversationId, conversation_id, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import DAY_MS, THREAD_REFERENCES_MAX
from maitred.contracts.message import ThreadEvidence, ThreadEvidenceKind
from maitred.contracts.reply_token import keys_of, sign
from maitred.normalizer.email import subject as mail_subject
from maitred.normalizer.email import thread as mail_thread
from maitred.normalizer.email.headers import Headers
from maitred.normalizer.email.thread import (
    EVIDENCE_REFERENCES_MAX,
    REPLY_TOKEN_EXPIRED,
    REPLY_TOKEN_INVALID,
    REPLY_TOKEN_PASSED_ON,
    SUBJECT_GROWS,
    MailThread,
)
from maitred.normalizer.port import DecodeContext
from tests.normalizer.conftest import TENANT

KEYS = keys_of(TENANT, [b"a secret for the tokens of this test"], age_ms=90 * DAY_MS)
CONVERSATION = conversation_id(message_id(TENANT, "email", "main", "first"))
OTHER = conversation_id(message_id(TENANT, "email", "main", "second"))

Read = Callable[..., MailThread]


@pytest.fixture
def read(received: Callable[..., Inbound], context: DecodeContext) -> Read:
    """Read a header; a field's underscores stand for hyphens."""

    def run(
        recipients: tuple[str, ...] = (), *, level: Level = Level.AUTHENTICATED, **fields: str
    ) -> MailThread:
        inbound = received("email", recipients=recipients, level=level)
        known = DecodeContext(keys=context.keys, reply_tokens=KEYS)
        headers = Headers({name.replace("_", "-"): [value] for name, value in fields.items()})
        return mail_thread.read(headers, inbound, known, "print")

    return run


@pytest.fixture
def token(received: Callable[..., Inbound]) -> Callable[..., str]:
    """Sign a token for the sender whom `received` makes, or for another endpoint."""

    def make(
        conversation: ConversationId = CONVERSATION,
        *,
        to: str = "",
        account: str = "main",
        age: int = 0,
    ) -> str:
        inbound = received("email")
        key = inbound.sender_key
        if to:
            other = received("email", sender=email_identifier(to))
            key = other.sender_key
        return sign(KEYS, account, conversation, key, inbound.received_at - age)

    return make


def kinds(found: MailThread) -> list[str]:
    return [each.kind.value for each in found.hints.evidence]


# -- references --------------------------------------------------------------------------------
def test_what_is_answered_comes_first_then_references_from_the_nearest_on(read: Read) -> None:
    found = read(
        message_id="<4@x>", in_reply_to="<3@x>", references="<1@x> <2@x> <3@x> <4@x>", subject="Hi"
    )
    assert found.hints.own == ("<4@x>",)
    assert found.hints.refers_to == ("<3@x>", "<2@x>", "<1@x>")
    assert found.hints.evidence == (
        thread_evidence.answers("<3@x>"),
        thread_evidence.refers("<2@x>", 0),
        thread_evidence.refers("<1@x>", 1),
    )
    assert found.hints.fingerprint == "print"
    assert found.reply_extra == {
        "in_reply_to": "<4@x>",
        "references": "<1@x> <2@x> <3@x> <4@x>",
        "subject": "Hi",
    }
    assert found.flags == ()


def test_a_mail_that_answers_itself_answers_nothing(read: Read) -> None:
    found = read(message_id="<1@x>", in_reply_to="<1@x>", references="<1@x>")
    assert found.hints.refers_to == ()
    assert found.hints.evidence == ()


def test_long_references_are_bounded_and_their_scores_fall(read: Read) -> None:
    found = read(references=" ".join(f"<{n}@x>" for n in range(300)))
    assert len(found.hints.refers_to) == THREAD_REFERENCES_MAX
    assert found.hints.refers_to[0] == "<299@x>"
    assert len(found.hints.evidence) == EVIDENCE_REFERENCES_MAX
    scores = [each.score for each in found.hints.evidence]
    assert scores == sorted(scores, reverse=True)
    assert {each.id for each in found.hints.evidence} <= set(found.hints.refers_to)


# -- tokens ------------------------------------------------------------------------------------
@pytest.mark.parametrize("field", ["envelope", "to", "cc", "delivered_to", "x_original_to"])
def test_a_token_counts_wherever_the_address_is_kept(
    read: Read, token: Callable[..., str], field: str
) -> None:
    address = f"Support <support+{token()}@example.com>"
    found = read((address,)) if field == "envelope" else read(**{field: f"x@y.example, {address}"})
    assert found.hints.evidence == (thread_evidence.token(CONVERSATION),)
    assert found.flags == ()


def test_a_token_in_capitals_counts(read: Read, token: Callable[..., str]) -> None:
    assert kinds(read((f"SUPPORT+{token().upper()}@EXAMPLE.COM",))) == ["reply_token"]


def test_a_token_that_went_to_another_address_is_flagged(
    read: Read, token: Callable[..., str]
) -> None:
    passed_on = read((f"support+{token(to='bob@example.net')}@example.com",))
    assert kinds(passed_on) == ["reply_token"]
    assert passed_on.flags == (REPLY_TOKEN_PASSED_ON,)
    unproven = read((f"support+{token()}@example.com",), level=Level.CLAIMED)
    assert unproven.flags == (), "our mail went there before and after the mailbox was proven his"


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"age": 92 * DAY_MS}, REPLY_TOKEN_EXPIRED),
        ({"account": "sales"}, REPLY_TOKEN_INVALID),
    ],
    ids=["expired", "of another account"],
)
def test_a_token_that_does_not_hold_says_nothing_and_is_flagged(
    read: Read, token: Callable[..., str], changes: dict[str, object], flag: str
) -> None:
    found = read((f"support+{token(**changes)}@example.com",), in_reply_to="<1@x>")
    assert kinds(found) == ["answers"]
    assert found.flags == (flag,)


def test_one_good_token_among_bad_ones_is_enough(read: Read, token: Callable[..., str]) -> None:
    bad = "a" * 48
    old = token(age=92 * DAY_MS)
    found = read((f"s+{bad}@x.example", f"s+{old}@x.example", f"s+{token()}@x.example"))
    assert found.hints.evidence == (thread_evidence.token(CONVERSATION),)
    assert found.flags == ()


def test_two_tokens_name_two_conversations_each_once(read: Read, token: Callable[..., str]) -> None:
    one, two = token(), token(OTHER)
    found = read((f"s+{one}@x.example", f"s+{two}@x.example"), to=f"s+{one}@x.example")
    assert found.hints.evidence == (
        thread_evidence.token(CONVERSATION),
        thread_evidence.token(OTHER),
    )


def test_a_plus_address_of_the_customers_own_is_no_bad_token(read: Read) -> None:
    assert read(("support+order17@example.com",)).flags == ()


def test_without_keys_no_address_is_looked_at(
    received: Callable[..., Inbound], context: DecodeContext, token: Callable[..., str]
) -> None:
    inbound = received("email", recipients=(f"s+{token()}@x.example",))
    found = mail_thread.read(Headers({}), inbound, context, "print")
    assert found.hints.evidence == ()
    assert found.flags == ()


# -- subjects ----------------------------------------------------------------------------------
def by_subject(found: MailThread) -> ThreadEvidence | None:
    last = found.hints.evidence[-1:]
    return last[0] if last and last[0].kind is ThreadEvidenceKind.SUBJECT else None


def test_a_subject_counts_behind_a_prefix_or_where_there_is_no_thread(read: Read) -> None:
    base = "the broken lamp"
    assert by_subject(read(subject="The broken lamp")) == thread_evidence.subject(
        base, is_reply=False
    )
    answer = thread_evidence.subject(base, is_reply=True)
    assert by_subject(read(subject="Re: The broken lamp")) == answer
    assert by_subject(read(subject="AW: The broken lamp", in_reply_to="<1@x>")) == answer
    assert by_subject(read(subject="The broken lamp", in_reply_to="<1@x>")) is None
    assert by_subject(read(subject="Fwd: The broken lamp", in_reply_to="<1@x>")) is None


BASES = [
    ("Re: The broken lamp", True),
    ("RE: RE: the  broken\tLAMP ", True),
    ("Re[2]: The broken lamp", True),
    ("Re(3): The broken lamp", True),
    ("Re^4: The broken lamp", True),
    ("AW: The broken lamp", True),
    ("Aw: WG: The broken lamp", True),
    ("Antw.: The broken lamp", True),
    ("SV: The broken lamp", True),
    ("VS: The broken lamp", True),
    ("Réf : The broken lamp", True),
    ("RE : The broken lamp", True),
    ("RIF: R: The broken lamp", True),
    ("RV: The broken lamp", True),
    ("RES: ENC: The broken lamp", True),
    ("Odp: The broken lamp", True),
    ("Ynt: The broken lamp", True),
    ("Vá: The broken lamp", True),
    ("ΑΠ: The broken lamp", True),
    ("Отв: The broken lamp", True),
    ("回复: The broken lamp", True),
    ("回复\uff1aThe broken lamp", True),
    ("答复: 转发: The broken lamp", True),
    ("返信: The broken lamp", True),
    ("회신: The broken lamp", True),
    ("رد: The broken lamp", True),
    ("השב: The broken lamp", True),
    ("ตอบกลับ: The broken lamp", True),
    ("TL: The broken lamp", True),
    ("Automatic reply: The broken lamp", True),
    ("Automatische Antwort: Re: The broken lamp", True),
    ("Fwd: The broken lamp", False),
    ("WG: The broken lamp", False),
    ("TR : The broken lamp", False),
    ("i: The broken lamp", False),
    ("The broken lamp (fwd)", False),
    ("[lamps] The broken lamp", False),
    ("[EXTERNAL] Re: [lamps] The broken lamp", True),
    ("Re: [#17] Re: The broken lamp", True),
    ("The broken lamp [#1234]", False),
    ("Re: The broken lamp (Ticket #99)", True),
    ("Ticket #17 - The broken lamp", False),
    ("#4711: The broken lamp", False),
    ("The broken lamp", False),
]


@pytest.mark.parametrize(("subject", "is_reply"), BASES, ids=[subject for subject, _ in BASES])
def test_the_base_of_a_subject_is_the_same_in_every_dress(subject: str, *, is_reply: bool) -> None:
    found = mail_subject.read(subject)
    assert found.base == "the broken lamp"
    assert found.is_reply is is_reply


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("", ""),
        ("Re:", ""),
        ("Re: Re:", ""),
        ("[urgent]", ""),
        ("Meeting: Tuesday or Wednesday", "meeting: tuesday or wednesday"),
        ("About re: nothing", "about re: nothing"),
        ("Invoice [draft]", "invoice [draft]"),
        ("#17", "#17"),
        ("12:30 at the shop", "12:30 at the shop"),
    ],
)
def test_what_is_no_prefix_or_tag_stays(subject: str, base: str) -> None:
    assert mail_subject.read(subject).base == base


@pytest.mark.parametrize(
    "subject",
    [
        "The broken lamp",
        "Order 4711",
        "Rechnung 2026-113",
        "照明器具が壊れました",
        "냉장고가 고장났어요",
        "Kaputte Lampe",
        "Lampe cassée",
    ],
)
def test_a_subject_that_says_something_is_telling(subject: str) -> None:
    assert mail_subject.read(subject).is_telling


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Re:",
        "hello",
        "Question",
        "Order",
        "Bestellung",
        "Reklamation",
        "Hi there",
        "My order!",
        "Re: Need help",
        "(no subject)",
        "Kein Betreff",
        "Una pregunta",
        "咨询",
        "お問い合わせ",
        "Order 7",
    ],
)
def test_what_everybody_writes_is_not_telling(subject: str) -> None:
    assert not mail_subject.read(subject).is_telling


def test_a_subject_with_many_layers_is_flagged(read: Read) -> None:
    assert read(subject="Re: [#2] Re: [#1] lamp").flags == (SUBJECT_GROWS,)
    assert read(subject="Re: [#1] Re: lamp").flags == ()


@given(st.text(max_size=300))
def test_any_subject_is_taken_apart_once_and_for_all(subject: str) -> None:
    found = mail_subject.read(subject)
    again = mail_subject.read(found.base)
    assert (again.base, again.layers) == (found.base, 0) or found.layers == mail_subject.LAYERS_MAX
