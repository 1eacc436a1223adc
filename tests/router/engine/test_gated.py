"""Gates and hints in the router: what events say, what a reply may rest on, who is preferred."""

from __future__ import annotations

import pytest

from maitred.contracts.agents import Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.operations import ChangeKind
from maitred.router.events import ClaimCame, Tell
from tests.router.play import START, Play, agent, asks, reads_at, settings


# -- the gates ride on every event, and where an answer goes with them
def test_every_event_about_a_conversation_says_what_the_gates_say_now() -> None:
    game = Play(settings(agent("ann"), agent("bob")))
    game.online("ann")
    seen = []

    def note() -> None:
        seen.extend((each.state.value, each.may_read, each.act_until) for each in game.told())

    game.write("x", may_read=True, act_until=START + 7)
    note()
    game.command("ann", Verb.ACCEPT, on="x")
    note()
    game.write("x", may_read=False, act_until=0)
    note()
    turn = Turn(at=START, speaker=Speaker.CLAIMED, channel="chat", text="me too")
    game.handle(ClaimCame(game.doc("x").conversation, turn))
    note()
    game.online("bob")
    game.command("ann", Verb.TRANSFER, on="x", to="bob")
    note()
    assert seen == [
        ("offered", True, START + 7),
        ("assigned", True, START + 7),
        ("turn", False, 0),
        ("claimed", False, 0),
        ("revoked", False, 0),
        ("offered", False, 0),
    ]


def test_an_answer_goes_to_who_wrote_last_of_those_that_the_gates_were_asked_about() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.write("x", reply_to=reads_at("home"), may_read=True)
    game.command("ann", Verb.ACCEPT, on="x")
    game.write("x")  # such as a proof, which moves no answer
    assert game.doc("x").reply_to == reads_at("home")
    game.write("x", reply_to=reads_at("kiosk"))
    assert game.doc("x").reply_to == reads_at("kiosk")
    assert not game.doc("x").may_read
    game.change(ChangeKind.CHANGED, "x", reply_to=reads_at("home"), may_read=True)
    assert game.doc("x").reply_to == reads_at("home")


@pytest.mark.parametrize("is_waiting", [False, True])
def test_a_proof_moves_no_conversation_to_the_channel_it_was_given_on(*, is_waiting: bool) -> None:
    """What is said next goes where it went before, and must not pass for words of the chat."""
    game = Play(settings(agent("ann")))
    if not is_waiting:
        game.online("ann")
    game.write("x", channel="email", reply_to=reads_at("home", "email"))
    if not is_waiting:
        game.command("ann", Verb.ACCEPT, on="x")
    game.write("x", channel="chat", is_quiet=True, may_read=True)
    doc = game.doc("x")
    assert (doc.channel, doc.last_channel) == ("email", "email")
    assert doc.may_read


# -- what a reply rests on
RESTS = [
    # rests on, may read, may act until (from now), refusal
    ("conversation", False, 0, ""),
    ("conversation", True, 99, ""),
    ("history", False, 99, "needs_proof"),
    ("history", True, 0, ""),
    ("act", True, 0, "needs_proof"),
    ("act", True, -1, "needs_proof"),
    ("act", False, 0.001, ""),
    ("act", True, 99, ""),
    ("hearsay", True, 99, "bad_command"),
]


@pytest.mark.parametrize("kind", ["human", "ai"])
@pytest.mark.parametrize(("rests_on", "may_read", "seconds", "refusal"), RESTS)
def test_a_reply_is_refused_where_the_gates_do_not_let_it_say_what_it_rests_on(
    kind: str,
    rests_on: str,
    may_read: bool,  # noqa: FBT001  (a column of the table)
    seconds: float,
    refusal: str,
) -> None:
    game = Play(settings(agent("ann", kind=kind)))
    game.online("ann")
    act_until = game.now + round(seconds * 1000) if seconds else 0
    game.write("x", may_read=may_read, act_until=act_until)
    game.command("ann", Verb.ACCEPT, on="x")
    game.command("ann", Verb.REPLY, on="x", text="Gladly.", rests_on=rests_on)
    assert [each.reason for each in game.told()] == ([refusal] if refusal else [])
    assert [each.text for each in game.said()] == ([] if refusal else ["Gladly."])
    assert len(game.doc("x").replies) == (not refusal)


def test_a_gate_that_shuts_while_an_answer_is_written_shuts_for_that_answer() -> None:
    game = Play(settings(agent("bot", kind="ai")))
    game.online("bot")
    game.write("x", may_read=True, act_until=START + 1_000)
    game.command("bot", Verb.ACCEPT, on="x")
    game.wait(1)
    game.command("bot", Verb.REPLY, on="x", text="Done.", rests_on="act")
    assert game.said()
    game.wait(0.001)
    game.command("bot", Verb.REPLY, on="x", text="Done.", rests_on="act")
    assert [each.reason for each in game.told()] == ["needs_proof"]
    game.write("x", may_read=False)
    game.command("bot", Verb.REPLY, on="x", text="As in May.", rests_on="history")
    assert [each.reason for each in game.told()] == ["needs_proof"]
    game.command("bot", Verb.REPLY, on="x", text="Please prove who you are.")
    assert game.said()


# -- hints
def hinted(kind: str = "human", **more: object) -> Play:
    """Let `ann` have served kim, and somebody come who seems to be kim."""
    game = Play(settings(agent("ann", kind=kind, **more), agent("bob", skills={"tax": 1.0})))
    game.online("ann", "bob")
    game.write("x", customer="kim", needs=asks())
    if game.doc("x").agent != "ann":
        game.command("bob", Verb.DECLINE, on="x")
    game.command("ann", Verb.ACCEPT, on="x")
    return game


def test_who_served_whom_somebody_seems_to_be_is_preferred_and_the_reason_says_just_that() -> None:
    game = hinted()
    game.write("y", customer="stranger", hint="kim")
    (offer,) = game.told(AssignmentState.OFFERED)
    assert offer.agent == "ann"
    assert offer.decision is not None
    assert offer.decision.rule == "sticky_hint"
    (chosen,) = [each for each in offer.decision.candidates if each.agent == "ann"]
    assert ("seems" in chosen.terms, "previous" in chosen.terms) == (True, False)


def test_the_customer_himself_goes_before_whom_he_seems_to_be() -> None:
    game = hinted()
    game.write("y", customer="lee", needs=asks(("tax", 0.5)))
    game.command("bob", Verb.ACCEPT, on="y")
    game.write("z", customer="lee", hint="kim")
    (offer,) = game.told(AssignmentState.OFFERED)
    assert offer.agent == "bob"
    assert offer.decision is not None
    assert offer.decision.rule == "sticky"


def test_nobody_waits_for_who_served_whom_somebody_only_seems_to_be() -> None:
    game = hinted(capacity=1)
    game.write("y", customer="stranger", hint="kim")
    assert game.stands("y") == ("offered", "bob")


def test_a_hint_leaves_no_trace_once_the_customer_was_served() -> None:
    game = hinted()
    game.write("y", customer="stranger", hint="kim")
    game.command("ann", Verb.DECLINE, on="y")
    assert game.doc("y").agent == "bob"
    assert game.engine.house.last_agent(game.doc("y").customer) is None
    game.command("bob", Verb.ACCEPT, on="y")
    game.command("bob", Verb.COMPLETE, on="y")
    assert not game.doc("y").seems
    game.write("z", customer="stranger")
    assert game.doc("z").agent == "bob"


def test_a_machine_is_not_told_that_somebody_seems_to_be_known() -> None:
    game = hinted(kind="ai")
    game.write("y", customer="stranger", hint="kim")
    (offer,) = game.told(AssignmentState.OFFERED)
    assert (offer.agent, offer.decision) == ("ann", None)
    assert [each.rule for each in game.notes()] == ["sticky_hint"]
    assert not [each for each in game.last if isinstance(each, Tell) and "kim" in str(each)]


@pytest.mark.parametrize("kind", ["human", "ai"])
@pytest.mark.parametrize("may_read", [False, True])
def test_a_machine_hears_what_was_decided_on_only_where_it_may_read_the_journey(
    kind: str,
    *,
    may_read: bool,
) -> None:
    """A decision tells of the tier and of who served before; it is written down all the same."""
    game = Play(settings(agent("ann", kind=kind)))
    game.online("ann")
    game.write("x", tier="vip", may_read=may_read)
    (offer,) = game.told(AssignmentState.OFFERED)
    hears = kind == "human" or may_read
    assert (offer.decision is not None) == hears
    (decision,) = [offer.decision] if offer.decision else game.notes()
    assert decision.snapshot.tier == "vip"
