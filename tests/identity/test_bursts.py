"""What is said in one breath is one turn, and each message in it can still be changed."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ConversationId, CustomerId, MessageId, component_id
from maitred.contracts.limits import MINUTE_MS, TURN_TEXT_CHARACTERS_MAX
from maitred.contracts.message import Attachment, Message, MessageKind
from maitred.identity.conversations.bursts import (
    ALBUM_GAP_MS_MAX,
    TURN_ATTACHMENTS_MAX,
    reread,
    rewritten,
    turn_of,
    words_in,
)
from maitred.identity.conversations.journey import add_turn
from maitred.identity.conversations.place import Placement
from tests.identity.world import START, email, key_of, phone, said, slack

KIM = phone("+14155550123")
CONVERSATION = ConversationId("cnv_1")
PLACED = Placement(
    customer=CustomerId("cus_1"), conversation=CONVERSATION, joined=JoinReason.THREAD
)
CUSTOMER = CustomerDoc(
    id=CustomerId("cus_1"),
    component=component_id(key_of(KIM)),
    first_seen_at=START,
    last_seen_at=START,
    open_conversations=(CONVERSATION,),
)
NOW = START + 10 * MINUTE_MS


def told(*messages: Message) -> Conversation:
    conversation = None
    for message in messages:
        conversation = add_turn(conversation, message, PLACED, CUSTOMER, NOW)
    assert conversation is not None
    return conversation


def photo(name: str, *, text: str = "", at: int = 0, count: int = 1, **more: object) -> Message:
    """Return a message that brings files; `at` is in milliseconds after the start."""
    names = [f"{name}.jpg"] if count == 1 else [f"{name}{n}.jpg" for n in range(count)]
    files = tuple(Attachment(name=each, content_type="image/jpeg", size=-1) for each in names)
    return said(name, KIM, at=START + at, text=text, attachments=files, **more)


def words(name: str, text: str, at: int = 0) -> Message:
    return said(name, KIM, at=START + at, text=text)


def test_an_album_is_one_turn_with_all_its_files_and_its_caption() -> None:
    album = [
        photo("a", text="My broken lamp", at=0),
        photo("b", at=900),
        photo("c", at=2_400),
    ]
    conversation = told(*album, album[1])
    (turn,) = conversation.turns
    assert turn.text == "My broken lamp"
    assert turn.attachments == ("a.jpg", "b.jpg", "c.jpg")
    assert (turn.message, turn.parts) == (album[0].id, (album[1].id, album[2].id))
    assert (turn.at, turn.actor) == (album[2].received_at, key_of(KIM))
    assert not turn.cut
    assert (conversation.messages, conversation.left_out) == (3, 0)


@pytest.mark.parametrize("caption", [0, 1, 2, 3])
def test_the_caption_may_come_with_any_file_or_by_itself(caption: int) -> None:
    names = ("a", "b", "c")
    album = [
        photo(name, text="See here" if n == caption else "", at=1_000 * n)
        for n, name in enumerate(names)
    ]
    if caption == len(names):
        album.append(words("d", "See here", at=3_000))
    (turn,) = told(*album).turns
    assert turn.text == "See here"
    assert turn.attachments == ("a.jpg", "b.jpg", "c.jpg")


def test_the_order_in_which_an_album_comes_makes_no_difference() -> None:
    album = [
        photo("a", at=0),
        photo("b", text="All of it", at=0),
        photo("c", at=1_500),
        photo("d", at=3_000, count=2),
    ]
    # The conversation is there before, so that it has one id whichever file comes first.
    first = words("hello", "Hello", at=-MINUTE_MS)
    outcomes = {msgspec.json.encode(told(first, *each).turns) for each in permutations(album)}
    assert len(outcomes) == 1
    _, turn = told(first, *album).turns
    assert turn.attachments == (
        *sorted(["a.jpg", "b.jpg"], key=lambda name: album["ab".index(name[0])].id),
        "c.jpg",
        "d0.jpg",
        "d1.jpg",
    )


ELSEWHERE = msgspec.structs.replace(photo("b").reply_to, extra={"from": "+14155550177"})
APART = {
    "both_have_words": [photo("a", text="One"), photo("b", text="Two", at=500)],
    "too_late": [photo("a"), photo("b", at=ALBUM_GAP_MS_MAX + 1)],
    "much_too_early": [photo("a", at=ALBUM_GAP_MS_MAX + 1), photo("b", at=0)],
    "no_files_at_all": [words("a", "One"), words("b", "Two", at=500)],
    "nothing_at_all": [photo("a"), words("b", "  ", at=500)],
    "a_machine_answers": [photo("a"), photo("b", at=500, kind=MessageKind.AUTO_REPLY)],
    "too_many_files": [photo("a", count=TURN_ATTACHMENTS_MAX), photo("b", at=500)],
    "somebody_else": [
        photo("a"),
        said("b", phone("+14155550124"), at=START + 500, attachments=photo("b").attachments),
    ],
    "another_number_of_ours": [
        photo("a"),
        photo("b", at=500, reply_to=ELSEWHERE),
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", APART)
def test_what_is_no_album_stands_for_itself(case: str) -> None:
    assert len(told(*APART[case]).turns) == 2


def test_a_long_album_is_cut_into_turns_and_none_of_its_files_is_lost() -> None:
    album = [photo(f"p{n:02}", at=500 * n) for n in range(2 * TURN_ATTACHMENTS_MAX + 5)]
    conversation = told(*album)
    sizes = [len(turn.attachments) for turn in conversation.turns]
    assert sizes == [TURN_ATTACHMENTS_MAX, TURN_ATTACHMENTS_MAX, 5]
    assert conversation.left_out == 0
    crowded = told(photo("many", count=TURN_ATTACHMENTS_MAX + 1)).turns[0]
    assert (len(crowded.attachments), crowded.cut) == (TURN_ATTACHMENTS_MAX, True)


def test_a_bounce_or_a_strangers_words_in_between_do_not_cut_an_album() -> None:
    daemon = email("mailer-daemon@mx.example.net", Level.CLAIMED)
    bounce = said("x", daemon, at=START + 500, kind=MessageKind.BOUNCE)
    turns = told(photo("a"), bounce, photo("b", at=1_000)).turns
    assert [turn.speaker for turn in turns] == [Speaker.SYSTEM, Speaker.CUSTOMER]
    assert turns[1].attachments == ("a.jpg", "b.jpg")


# -- changes of a part ----------------------------------------------------------------------------
ANN = slack("U1")


def shared(name: str, *, text: str = "", at: int = 0) -> Message:
    """Return a file that Ann put into a direct message, where messages can be changed."""
    files = (Attachment(name=f"{name}.png", content_type="image/png", size=-1),)
    return said(name, ANN, at=START + at, text=text, attachments=files)


def change(name: str, target: Message, text: str | None, at: int, **more: object) -> Message:
    kind = MessageKind.DELETE if text is None else MessageKind.EDIT
    more = {"target": target.id, "text": text or "", **more}
    return said(name, ANN, at=START + at, kind=kind, **more)


A, B, C = shared("a"), shared("b", text="The lamp", at=500), shared("c", at=900)

CHANGES: dict[str, tuple[list[Message], str, tuple[str, ...]]] = {
    "caption": ([change("e", B, "The lamp!", 5_000)], "The lamp!", ("a.png", "b.png", "c.png")),
    "new_words_before": (
        [change("e", A, "Look", 5_000)],
        "Look\nThe lamp",
        ("a.png", "b.png", "c.png"),
    ),
    "new_words_behind": (
        [change("e", C, "and its foot", 5_000), change("f", A, "Look", 6_000)],
        "Look\nThe lamp\nand its foot",
        ("a.png", "b.png", "c.png"),
    ),
    "one_file_goes": ([change("d", A, None, 5_000)], "The lamp", ("b.png", "c.png")),
    "the_caption_goes": ([change("d", B, None, 5_000)], "", ("a.png", "c.png")),
    "words_go_again": (
        [change("e", A, "Look", 5_000), change("d", A, None, 6_000)],
        "The lamp",
        ("b.png", "c.png"),
    ),
    "what_is_gone_stays_gone": (
        [change("d", B, None, 5_000), change("e", B, "Back again", 6_000)],
        "",
        ("a.png", "c.png"),
    ),
    "an_older_edit_comes_late": (
        [
            change("e2", B, "Second", 5_000, sent_at=START + 4_000),
            change("e1", B, "First", 6_000, sent_at=START + 3_000),
        ],
        "Second",
        ("a.png", "b.png", "c.png"),
    ),
    "an_edit_that_was_overtaken_by_the_delete": (
        [change("d", B, None, 5_000), change("e", B, "Late", 6_000, sent_at=START + 4_000)],
        "",
        ("a.png", "c.png"),
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_finds_its_part(case: str) -> None:
    changes, text, files = CHANGES[case]
    conversation = told(A, B, C, *changes)
    (turn,) = conversation.turns
    assert (turn.text, turn.attachments) == (text, files)
    assert turn.edited_at > 0
    assert not turn.deleted
    assert conversation.left_out == 0


def test_a_turn_of_which_every_part_is_taken_back_is_deleted() -> None:
    gone = [change(f"d{n}", each, None, 5_000 + n) for n, each in enumerate((A, B, C))]
    conversation = told(A, B, C, *gone)
    (turn,) = conversation.turns
    assert turn.deleted
    assert (turn.text, turn.attachments) == ("", ())
    assert (conversation.messages, conversation.left_out) == (3, 0)
    (alone,) = told(B, change("d", B, None, 9)).turns
    assert (alone.deleted, alone.text, alone.shares) == (True, "", ())


def test_nobody_changes_the_words_of_somebody_else() -> None:
    other = slack("U2")
    for kind in (MessageKind.EDIT, MessageKind.DELETE):
        foreign = said("e", other, at=START + 9, kind=kind, target=B.id)
        assert told(A, B, C, foreign) == told(A, B, C)


def test_a_caption_that_becomes_too_long_is_cut_and_says_so() -> None:
    (turn,) = told(A, B, C, change("e", B, "x" * 5_000, 5_000)).turns
    assert len(turn.text) == TURN_TEXT_CHARACTERS_MAX
    assert turn.cut
    (again,) = told(A, B, C, change("e", B, "x" * 5_000, 5_000), change("f", C, "y", 6_000)).turns
    assert again.text == turn.text
    assert again.shares[2].characters == 0


def test_a_newer_reading_stands_where_the_older_one_did() -> None:
    (turn,) = told(A, B, C).turns
    assert words_in(turn, B.id) == "The lamp"
    assert words_in(turn, A.id) == ""
    assert words_in(turn, MessageId("msg_other")) is None
    read = reread(reread(turn, B.id, "The LAMP", cut=False), A.id, "[a lamp]", cut=False)
    assert read.text == "[a lamp]\nThe LAMP"
    assert (read.edited_at, read.deleted) == (0, False)
    assert reread(turn, MessageId("msg_other"), "x", cut=False) == turn


def test_an_older_turn_that_does_not_tell_its_parts_is_left_alone() -> None:
    (turn,) = told(A, B, C).turns
    older = msgspec.structs.replace(turn, shares=(), actor=None)
    assert rewritten(older, B.id, "x", NOW, cut=False) == older
    assert reread(older, B.id, "x", cut=False) == older


texts = st.one_of(st.just(""), st.text(alphabet="ab \n", max_size=6), st.just("z" * 1_990))
steps = st.lists(
    st.tuples(st.integers(0, 4), st.one_of(st.none(), texts), st.integers(0, 9)), max_size=12
)


@given(count=st.integers(1, 5), caption=st.integers(0, 4), changes=steps)
def test_whatever_is_changed_a_turn_is_made_of_its_parts_and_within_its_bounds(
    count: int, caption: int, changes: list[tuple[int, str | None, int]]
) -> None:
    files = [shared(str(n), text="The lamp" if n == caption else "", at=n) for n in range(count)]
    (turn,) = told(*files).turns
    expected = {file.id: (file.text, 0, False) for file in files}
    for number, text, at in changes:
        target = files[number % count].id
        before, edited_at, deleted = expected[target]
        turn = rewritten(turn, target, text, at, cut=False)
        if deleted or (text is not None and at < edited_at):
            continue
        expected[target] = (text or "", max(at, edited_at), text is None)
        assert before is not None
    said_now = [words for words, _, _ in expected.values() if words]
    whole = "\n".join(said_now)
    # Words that did not fit once do not come back when others are taken away.
    assert turn.cut or turn.text == whole
    assert len(turn.text) <= TURN_TEXT_CHARACTERS_MAX
    assert all((words_in(turn, id_) or "") in words for id_, (words, _, _) in expected.items())
    assert turn.deleted == all(gone for _, _, gone in expected.values())
    if count > 1:
        assert sum(share.attachments for share in turn.shares) == len(turn.attachments)
    assert len(turn.attachments) == sum(not gone for _, _, gone in expected.values())


def test_a_turn_of_one_message_says_nothing_of_shares() -> None:
    turn = turn_of(B, Speaker.CUSTOMER, START)
    assert (turn.shares, turn.parts) == ((), ())
    assert isinstance(turn, Turn)
    assert turn_of(B, Speaker.CLAIMED, START).actor is None
