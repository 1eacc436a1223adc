"""Any history of splits, joins, answers and undos."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.documents import ThreadDoc
from maitred.contracts.errors import Permanent
from maitred.contracts.operations import OperationDoc
from tests.identity.desk import Desk, msg
from tests.identity.world import TOOLS

# -- any history of splits, joins, answers and undos
ACT = st.tuples(
    st.sampled_from(("write", "write", "split", "split", "join", "join", "undo")),
    st.integers(0, 2**16),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACT, max_size=14), st.randoms(use_true_random=False))
def test_whatever_was_split_and_joined_every_message_is_somewhere_once_and_all_is_undone(
    acts: list[tuple[str, int]], chance: Random
) -> None:
    desk = Desk()
    desk.mail("m0")
    for number in range(1, 5):
        desk.mail(f"m{number}", "m0")
    done: list[OperationDoc] = []
    names = [f"m{number}" for number in range(5)]
    for act, number in acts:
        if act == "write":
            names.append(f"m{len(names)}")
            desk.mail(names[-1], names[number % (len(names) - 1)])
        else:
            _operate(desk, act, number, names, done)
        _hold(desk, names)
    chance.shuffle(done)
    for record in done:
        desk.undo(record)
        _hold(desk, names)
    came = {entry.message.id: entry.conversation for entry in desk.journal.values() if entry}
    assert desk.standing() == came


def _operate(desk: Desk, act: str, number: int, names: list[str], done: list[OperationDoc]) -> None:
    conversations = sorted(desk.standing().values())
    one = conversations[number % len(conversations)]
    other = conversations[number // 7 % len(conversations)]
    try:
        if act == "split":
            standing = desk.standing()
            own = [name for name in names if standing[msg(name)] == one]
            done.append(desk.split(one, *own[number % 3 :: 2]))
        elif act == "join":
            done.append(desk.join(one, other))
        elif done:
            desk.undo(done.pop(number % len(done)))
    except Permanent as refused:
        assert refused.code in {"nothing", "joined"}  # noqa: PT017  (either is right)


def _hold(desk: Desk, names: list[str]) -> None:
    """Check what must be true after any history."""
    standing = desk.standing()
    assert set(standing) == {msg(name) for name in names}
    total = 0
    for document in desk.conversations():
        assert document.messages == len(document.turns)
        total += document.messages
        whole = desk.whole(document.id)
        assert whole.joined_into is None
        assert {turn.message for turn in document.turns} <= {turn.message for turn in whole.turns}
        assert [turn.at for turn in whole.turns] == sorted(turn.at for turn in whole.turns)
    assert total == len(names)
    (owner,) = {document.customer for document in desk.conversations()}
    listed = desk.world.customer(owner).open_conversations
    stands = {desk.whole(each).id for each in standing.values()}
    assert stands == {each for each in listed if desk.whole(each).messages}
    for name in names:
        thread = TOOLS.subjects.thread(TOOLS.keys.thread("email", f"<{name}>"))
        assert desk.world.get(thread, ThreadDoc).conversation == standing[msg(name)]
