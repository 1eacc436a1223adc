"""The engine: conversations that agents give on, people and machines alike.

`Play` holds after each event that what was taken from an agent is with somebody else or waits,
that only the holder spoke, and that a machine is not offered what a machine gave to people.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.limits import (
    HANDOFF_ENTRIES_MAX,
    HANDOFF_ENTRY_CHARACTERS_MAX,
    HANDOFF_SUMMARY_CHARACTERS_MAX,
    SKILLS_PER_AGENT_MAX,
)
from maitred.contracts.operations import ChangeKind
from maitred.contracts.routing import Handoff, RoutingState
from maitred.router.events import SaveRouting, Tell
from maitred.router.handling.handing import HOPS_MAX
from tests.router.play import START, Play, agent, asks, held_by, settings

TRIED = Handoff(
    summary="Charged twice.", tried=("Looked up the invoice.",), promised=("A refund.",)
)


def refusal(game: Play) -> str:
    (told,) = game.told()
    assert told.state == AssignmentState.REFUSED
    return told.reason


def machine_first(*others: object, **more: object) -> Play:
    """Return a play in which a machine has `x`; the others are off line."""
    game = Play(settings(agent("bot", kind="ai", skills={"chat": 1}), *others, **more))  # type: ignore[arg-type]
    game.online("bot")
    game.write("x")
    game.command("bot", Verb.ACCEPT, on="x")
    game.wait(30)
    return game


# -- to a need
def test_a_transfer_to_a_need_goes_to_who_meets_it_with_its_age() -> None:
    game = Play(settings(agent("ann"), agent("bob"), agent("cyd", skills={"tax": 0.9})))
    game.online("ann")
    game.write("x", needs=asks(language="en"))
    game.command("ann", Verb.ACCEPT, on="x")
    game.online("bob", "cyd")
    game.wait(20)
    game.command("ann", Verb.TRANSFER, on="x", skills={"tax": 0.5}, reason="tax_question")
    assert game.stands("x") == ("offered", "cyd")
    doc = game.doc("x")
    assert (doc.arrived_at, doc.previous_agent) == (START, "ann")
    assert doc.asked == replace(asks(("tax", 0.5)), because=("transfer",))
    assert doc.needs.language == "en"
    assert [(note.rule, note.reason) for note in game.notes()] == [("transferred", "tax_question")]
    assert game.told(AssignmentState.REVOKED)[0].reason == "transferred"


def test_what_was_asked_for_stays_whatever_the_customer_writes_and_when_it_opens_again() -> None:
    game = Play(settings(agent("ann"), agent("bob", skills={"tax": 0.9}, languages={"fr": 1})))
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.command("ann", Verb.TRANSFER, on="x", skills={"tax": 0.2}, language="fr", handoff=TRIED)
    assert game.stands("x") == ("waiting", None)
    game.write("x", needs=asks(language="en"))
    assert game.doc("x").needs.language == "fr"
    game.online("bob")
    assert game.stands("x") == ("offered", "bob")
    game.command("bob", Verb.ACCEPT, on="x")
    game.command("bob", Verb.COMPLETE, on="x")
    game.presence("bob", Presence.OFFLINE)
    game.write("x", needs=asks(("chat", 0.1)))
    doc = game.doc("x")
    assert [need.skill for need in doc.needs.skills] == ["chat", "tax"]
    assert doc.handoff == TRIED
    assert game.stands("x") == ("waiting", None)


def test_what_is_asked_for_twice_adds_up() -> None:
    game = Play(settings(agent("ann"), agent("bob"), agent("cyd", skills={"tax": 0.9, "law": 1})))
    game.online("ann", "bob")
    game.write("x")
    for who, skills in (("ann", {"tax": 0.5}), ("bob", {"law": 0.1, "tax": 0.2})):
        game.command(who, Verb.ACCEPT, on="x")
        if game.doc("x").agent == who:
            game.command(who, Verb.TRANSFER, on="x", skills=skills)
    game.online("cyd")
    assert game.stands("x") == ("offered", "cyd")
    assert {need.skill: need.level for need in game.doc("x").needs.skills}["tax"] == 0.5


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"skills": {"law": 0.1}}, "nobody_can"),
        ({"skills": {"tax": 0.1}, "language": "fi"}, ""),
        ({"human": True}, ""),
        ({"human": True, "to": "bot"}, "needs_human"),
        ({"skills": {"chat": 0.1}}, ""),
        ({"skills": {"chat": 0.1}, "human": True}, "nobody_can"),
        ({"skills": {"tax": 1.5}}, "bad_command"),
        ({"skills": {"tax": -0.1}}, "bad_command"),
        ({"skills": {"": 0.1}}, "bad_command"),
        ({"skills": {"t x": 0.1}}, "bad_command"),
        ({"skills": {f"s{n}": 0 for n in range(SKILLS_PER_AGENT_MAX + 1)}}, "bad_command"),
        ({"language": "english"}, "bad_command"),
        ({"to": "bob", "skills": {"tax": 0.1}}, ""),
        ({"to": "ann", "human": True}, "bad_command"),
        ({"handoff": {"summary": "Please."}}, "bad_command"),
    ],
    ids=str,
)
def test_a_need_that_nobody_else_could_ever_meet_is_refused_and_so_is_what_is_none(
    fields: dict[str, object], reason: str
) -> None:
    game = Play(
        settings(
            agent("ann", skills={"law": 1}),
            agent("bob", skills={"tax": 0.4}, languages={"en": 1}),
            agent("bot", kind="ai", skills={"chat": 1}),
        )
    )
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.online("bob", "bot")
    game.command("ann", Verb.TRANSFER, on="x", **fields)
    if reason:
        assert refusal(game) == reason
        assert game.stands("x") == ("assigned", "ann")
        assert len(game.last) == 1
    else:
        assert game.told()[0].reason == "transferred"
        assert game.stands("x") != ("assigned", "ann")


@pytest.mark.parametrize("more", [{"capacity": 0.5}, {"per_channel": {"chat": 0}}], ids=str)
def test_who_has_never_room_for_it_cannot_ever_have_it(more: dict[str, object]) -> None:
    game = held_by("ann")
    game.settings = settings(agent("ann"), agent("bob", skills={"tax": 1}, **more))
    game.restart()
    game.command("ann", Verb.TRANSFER, on="x", skills={"tax": 0.1})
    assert refusal(game) == "nobody_can"


# -- reasons
@pytest.mark.parametrize(
    ("said", "noted"),
    [
        ("low_confidence", "low_confidence"),
        ("tool_down", "tool_down"),
        ("", ""),
        ("at lunch!", "other"),
        ("x" * 65, "other"),
        ("été", "other"),
        ("line\n", "other"),
    ],
)
@pytest.mark.parametrize("verb", [Verb.DECLINE, Verb.REQUEUE])
def test_a_reason_is_noted_as_a_word(verb: Verb, said: str, noted: str) -> None:
    game = Play(settings(agent("ann"), agent("bob")))
    game.online("ann")
    game.write("x")
    if verb is Verb.REQUEUE:
        game.command("ann", Verb.ACCEPT, on="x")
    game.online("bob")
    game.command("ann", verb, on="x", reason=said)
    (note,) = game.notes()
    assert (note.rule, note.reason) == (game.told()[0].reason, noted)
    assert (note.outcome, note.agent) == (RoutingState.WAITING, None)
    assert [(each.agent, each.excluded) for each in note.candidates] == [("ann", note.rule)]
    assert game.stands("x") == ("offered", "bob")
    assert not game.doc("x").needs.human_only


@pytest.mark.parametrize("verb", [Verb.DECLINE, Verb.REQUEUE])
def test_who_lacks_the_authority_hands_it_to_people_for_good(verb: Verb) -> None:
    game = Play(settings(agent("bot", kind="ai"), agent("other", kind="ai"), agent("ann")))
    game.online("bot")
    game.write("x")
    if verb is Verb.REQUEUE:
        game.command("bot", Verb.ACCEPT, on="x")
    game.online("other")
    game.command("bot", verb, on="x", reason="needs_human_authority")
    assert game.stands("x") == ("waiting", None)
    game.write("x")
    assert game.doc("x").needs.human_only
    game.online("ann")
    assert game.stands("x") == ("offered", "ann")


def test_no_more_skills_are_asked_for_than_an_agent_can_have_however_often() -> None:
    stands_in = {"name": "all", "after": 1, "instead": {"general": 0.1}}
    both = (agent(name, skills={"general": 1}) for name in ("ann", "bo"))
    game = Play(settings(*both, overflow=[stands_in]))
    game.online("ann", "bo")
    game.write("x")
    for round_ in range(3):
        while game.doc("x").agent is None:
            game.due("x")
        holder = game.doc("x").agent
        game.command(holder, Verb.ACCEPT, on="x")
        skills = {f"made_up_{round_}_{number}": 0 for number in range(45)}
        game.command(holder, Verb.TRANSFER, on="x", skills=skills)
    assert [told.reason for told in game.told()] == ["bad_command"]
    assert len(game.doc("x").needs.skills) == 90
    assert game.stands("x") == ("assigned", holder)


def test_where_there_are_no_people_the_next_machine_is_asked() -> None:
    game = Play(settings(agent("bot", kind="ai"), agent("other", kind="ai")))
    game.online("bot")
    game.write("x")
    game.online("other")
    game.command("bot", Verb.DECLINE, on="x", reason="needs_human_authority")
    assert game.stands("x") == ("offered", "other")
    assert not game.doc("x").asked.human_only


# -- what the next one should know
def test_a_handoff_is_kept_until_the_next_one_and_within_its_bounds() -> None:
    game = held_by("ann", "bob")
    game.command("ann", Verb.REQUEUE, on="x", handoff=TRIED)
    assert game.doc("x").handoff == TRIED
    game.command("bob", Verb.ACCEPT, on="x")
    game.command("bob", Verb.REQUEUE, on="x")
    assert game.doc("x").handoff == TRIED
    holder = game.doc("x").agent
    assert holder == "ann"
    game.command(holder, Verb.ACCEPT, on="x")
    long = Handoff(
        summary="s\0\n " * 2_000,
        tried=("t" * 10_000, " ", *map(str, range(100))),
        unknown=("🙂" * 300,),
    )
    game.command(holder, Verb.REQUEUE, on="x", handoff=long)
    kept = game.doc("x").handoff
    assert kept is not None
    assert len(kept.summary) == HANDOFF_SUMMARY_CHARACTERS_MAX
    assert kept.summary.startswith("s s s ")
    assert len(kept.tried) == HANDOFF_ENTRIES_MAX - 1
    assert len(kept.tried[0]) == len(kept.unknown[0]) == HANDOFF_ENTRY_CHARACTERS_MAX
    assert kept.unknown[0].endswith("🙂…")
    assert kept.promised == ()


def test_what_was_joined_into_another_leaves_it_what_was_asked_and_keeps_what_was_told() -> None:
    game = machine_first(agent("ann"))
    game.presence("bot", Presence.OFFLINE)
    game.write("y")
    game.online("bot")
    game.command("bot", Verb.ACCEPT, on="x")
    game.command("bot", Verb.TRANSFER, on="x", human=True, handoff=TRIED)
    game.presence("bot", Presence.AWAY)
    assert game.stands("y") == ("waiting", None)
    game.change(ChangeKind.JOINED, "x", into="y")
    assert game.doc("y").asked.human_only
    assert game.doc("y").needs.human_only
    assert game.doc("y").handoff is None, "a brief finds it where it was joined from"
    assert game.doc("x").handoff == TRIED
    game.online("bot")
    assert game.stands("y") == ("waiting", None)


# -- machines as peers
def test_a_machine_that_handed_off_can_say_no_more() -> None:
    game = machine_first(agent("ann"))
    epoch = game.doc("x").epoch
    game.command("bot", Verb.TRANSFER, on="x", human=True)
    for epochs in (epoch, game.doc("x").epoch):
        game.command("bot", Verb.REPLY, on="x", text="One more thing.", epoch=epochs)
        assert refusal(game) == "not_yours"
    game.online("ann")
    assert game.stands("x") == ("offered", "ann")
    game.command("bot", Verb.REPLY, on="x", text="One more thing.", epoch=epoch)
    assert refusal(game) == "stale_epoch"
    game.command("ann", Verb.ACCEPT, on="x")
    game.command("bot", Verb.REPLY, on="x", text="One more thing.")
    assert refusal(game) == "not_yours"
    assert game.doc("x").replies == ()


def test_what_is_handed_to_people_waits_with_its_age_while_there_are_none() -> None:
    game = machine_first(agent("ann"), agent("other", kind="ai"))
    game.online("other")
    game.command("bot", Verb.TRANSFER, on="x", human=True, handoff=TRIED)
    assert game.stands("x") == ("waiting", None)
    assert game.doc("x").arrived_at == START
    for _ in range(3):
        while game.doc("x").due_at:
            game.due("x")
        assert game.stands("x") == ("waiting", None)
        game.write("x")
        game.wait(100)
    game.online("ann")
    (offer,) = game.told(AssignmentState.OFFERED)
    assert (offer.agent, offer.arrived_at) == ("ann", START)


@pytest.mark.parametrize("human", [False, True])
def test_a_lease_ends_together_with_what_comes_after_it(human: bool) -> None:  # noqa: FBT001  (a column)
    """The effects of one event are written in one batch: the handoff cannot be lost in between."""
    game = machine_first(agent("ann"))
    if human:
        game.online("ann")
    effects = game.command("bot", Verb.TRANSFER, on="x", human=True)
    (saved,) = [each.doc for each in effects if isinstance(each, SaveRouting)]
    told = [each.assignment for each in effects if isinstance(each, Tell)]
    if human:
        assert (saved.state, saved.agent) == (RoutingState.OFFERED, "ann")
        assert [(each.state, each.agent) for each in told] == [
            ("revoked", "bot"),
            ("offered", "ann"),
        ]
    else:
        assert (saved.state, saved.agent) == (RoutingState.WAITING, None)
        assert [(each.state, each.agent) for each in told] == [("revoked", "bot")]


def test_the_work_of_a_machine_that_goes_goes_on_with_its_age() -> None:
    game = machine_first(agent("ann"), idle_seconds=0, lost_seconds=600)
    game.online("ann")
    game.agent_due("bot")
    assert game.agent("bot").presence == Presence.OFFLINE
    assert game.stands("x") == ("offered", "ann")
    assert game.doc("x").arrived_at == START


def test_a_repeated_transfer_comes_too_late() -> None:
    game = held_by("ann", "bob")
    epoch = game.doc("x").epoch
    game.command("ann", Verb.TRANSFER, on="x", to="bob")
    game.command("ann", Verb.TRANSFER, on="x", to="bob", epoch=epoch)
    assert refusal(game) == "stale_epoch"


def test_machines_do_not_hand_a_customer_round_without_end() -> None:
    game = Play(settings(agent("bot", kind="ai"), agent("bee", kind="ai")))
    game.online("bot", "bee")
    game.write("x")
    for _ in range(HOPS_MAX):
        holder = str(game.doc("x").agent)
        game.command(holder, Verb.ACCEPT, on="x")
        game.command(holder, Verb.TRANSFER, on="x", to="bee" if holder == "bot" else "bot")
        assert game.doc("x").agent != holder
    holder = str(game.doc("x").agent)
    game.command(holder, Verb.ACCEPT, on="x")
    other = "bee" if holder == "bot" else "bot"
    game.command(holder, Verb.TRANSFER, on="x", to=other)
    assert refusal(game) == "too_many_hops"
    game.write("x")
    game.command(holder, Verb.TRANSFER, on="x", to=other)
    assert game.stands("x") == ("offered", other), "the customer wrote: it begins anew"
