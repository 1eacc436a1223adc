"""Retrace, on a real server: what was decided is decided again, and what differs is told."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc
from maitred.contracts.ids import CustomerId
from maitred.contracts.policies import PolicyInForce
from maitred.contracts.routing import Decision, RoutingDoc
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus import reads
from maitred.gateway.bus.history import scan
from maitred.gateway.whatif.eras import in_force
from maitred.gateway.whatif.recording import history
from maitred.gateway.whatif.retrace import Retrace, engine_before
from maitred.gateway.whatif.tape import Tape
from tests.gateway.conftest import Eventually
from tests.gateway.lodge import Lodge, visitor
from tests.gateway.whatif.conftest import AGENTS, ROUTING, OpenLodge, live, retraced


async def decisions(lodge: Lodge) -> list[Decision]:
    found = [each.decision for name in ("ann", "bob") for each in await lodge.told(name)]
    stored = scan(lodge.backbone.connection, JOURNAL, lodge.subjects.any("decision"))
    found += [msgspec.json.decode(each.data, type=Decision) async for each in stored]
    return [each for each in found if each is not None]


async def test_a_replay_of_the_whole_log_says_what_was_recorded_to_the_last_bit(
    open_lodge: OpenLodge, eventually: Eventually
) -> None:
    lodge = await open_lodge()
    await live(lodge, eventually)
    await lodge.stop()  # no offer lapses between the reading and the counting
    verdict = await retraced(lodge)
    assert verdict.is_equal
    assert (verdict.different, verdict.unproven, verdict.missing) == (0, 0, 0)
    assert (verdict.exact_since, verdict.other.total()) == (0, 0)
    told = [*await lodge.told("ann"), *await lodge.told("bob")]
    noted = [each for each in await decisions(lodge) if each.agent is None]
    assert verdict.equal == len(told) + len(noted) > 10
    assert {"offered", "assigned", "revoked", "closed"} <= {each.state for each in told}


async def test_a_decision_names_the_input_that_it_answers(
    open_lodge: OpenLodge, eventually: Eventually
) -> None:
    lodge = await open_lodge()
    await live(lodge, eventually)
    inputs = {
        each.seq: each.time_ms
        for kind in ("message", "admitted", "due", "change")
        async for each in scan(lodge.backbone.connection, JOURNAL, lodge.subjects.any(kind))
    }
    found = await decisions(lodge)
    assert found
    for decision in found:
        assert decision.at >= inputs[decision.input]


async def test_the_documents_of_a_replay_are_those_that_stand_in_the_store(
    open_lodge: OpenLodge, eventually: Eventually
) -> None:
    lodge = await open_lodge()
    await live(lodge, eventually)
    tape = Tape(lodge.backbone.connection, lodge.subjects)
    retrace = Retrace(tape, await tape.extent(), lodge.subjects.tenant, in_force(lodge.settings))
    await retrace.verdict(since_ms=0, until_ms=2**60)
    house = retrace.replay.engine.house
    stored = await reads.get_many(
        lodge.backbone.connection, JOURNAL, [lodge.subjects.any("routing")]
    )
    docs = [msgspec.json.decode(each.data, type=RoutingDoc) for each in stored.values()]
    assert house.docs() == sorted(docs, key=lambda doc: doc.conversation)
    stored = await reads.get_many(lodge.backbone.connection, JOURNAL, [lodge.subjects.any("agent")])
    agents = [msgspec.json.decode(each.data, type=AgentDoc) for each in stored.values()]
    assert [house.roster.doc(each.id) for each in agents] == agents


async def test_restarts_with_the_same_settings_change_nothing_and_are_not_written_down(
    open_lodge: OpenLodge, eventually: Eventually
) -> None:
    await live(await open_lodge(), eventually)
    lodge = await open_lodge()
    await live(lodge, eventually)
    verdict = await retraced(lodge)
    assert (verdict.different, verdict.unproven) == (0, 0)
    (record,) = await history(lodge.backbone.connection, lodge.subjects)
    assert record.settings is not None
    assert [each["name"] for each in record.settings["agents"]] == ["", ""]


async def test_each_decision_is_replayed_by_the_settings_that_made_it(
    open_lodge: OpenLodge, eventually: Eventually
) -> None:
    """Ann is gone from the second settings: what she held is handed on by the first input."""
    lodge = await open_lodge()
    await live(lodge, eventually)
    await lodge.chat(visitor("six"), "One more invoice.")
    await lodge.settle()
    lodge = await open_lodge(routing={**ROUTING, "agents": AGENTS[1:], "lam": 0.1})
    await live(lodge, eventually)
    lodge = await open_lodge()
    await live(lodge, eventually)
    records = await history(lodge.backbone.connection, lodge.subjects)
    assert len(records) == 3
    assert len({each.hash for each in records}) == 2
    verdict = await retraced(lodge)
    assert (verdict.different, verdict.unproven, verdict.other.total()) == (0, 0, 0)
    assert [era.label for era in verdict.eras] == [f"index:{each.hash}" for each in records]


async def test_settings_that_did_not_decide_are_told_apart_by_what_decisions_cite(
    open_lodge: OpenLodge, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody wrote down by which settings it was: those in force are tried, and do not fit."""
    lodge = await open_lodge()
    await live(lodge, eventually)
    cited = in_force(lodge.settings).label
    routing = replace(lodge.settings.routing, offer_seconds=60.0)
    lodge.settings = replace(lodge.settings, routing=routing)
    monkeypatch.setattr("maitred.gateway.whatif.tape.history", nothing)
    verdict = await retraced(lodge)
    assert verdict.different == 0
    assert verdict.other[cited] > verdict.equal > 0
    assert verdict.exact_since is None


async def nothing(*_: object) -> list[PolicyInForce]:
    return []


async def test_a_record_that_was_tampered_with_shows_where_what_and_which_field(
    open_lodge: OpenLodge, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    lodge = await open_lodge()
    await live(lodge, eventually)
    (record,) = await history(lodge.backbone.connection, lodge.subjects)
    assert record.settings is not None

    async def forged(*_: object) -> list[PolicyInForce]:
        return [replace(record, settings={**record.settings, "offer_seconds": 2.0})]

    monkeypatch.setattr("maitred.gateway.whatif.tape.history", forged)
    verdict = await retraced(lodge)
    assert not verdict.is_equal
    assert verdict.different == len(verdict.differences)
    first = verdict.differences[0]
    (field,) = [field for field in first.fields if field.path == "expires_at"]
    assert field.replayed - field.recorded == 1_000
    assert first.agent == "ann"


async def test_only_what_was_asked_for_is_compared_and_all_before_it_is_played(
    open_lodge: OpenLodge, eventually: Eventually
) -> None:
    lodge = await open_lodge()
    await live(lodge, eventually)
    await lodge.stop()  # no offer lapses between one reading and the next
    whole = await retraced(lodge)
    halves = sorted(each.at for each in await decisions(lodge))
    middle = halves[len(halves) // 2]
    before, after = await retraced(lodge, until=middle), await retraced(lodge, since=middle)
    assert 0 < before.equal < whole.equal
    assert before.equal + after.equal == whole.equal
    assert before.inputs == after.inputs == whole.inputs


async def test_the_engine_before_an_input_stands_as_that_input_found_it(
    open_lodge: OpenLodge, eventually: Eventually
) -> None:
    lodge = await open_lodge()
    await live(lodge, eventually)
    tape = Tape(lodge.backbone.connection, lodge.subjects)
    (first, *_) = [each for each in await decisions(lodge) if each.rule == "best_idle"]
    active = in_force(lodge.settings)
    engine, exact = await engine_before(tape, lodge.subjects.tenant, active, first.input)
    assert exact
    assert engine.house.get(first.conversation) is None
    engine, exact = await engine_before(tape, lodge.subjects.tenant, active, first.input + 1)
    doc = engine.house.get(first.conversation)
    assert exact
    assert doc is not None
    assert (doc.agent, doc.epoch) == (first.agent, first.epoch)


# -- a log that has lost its beginning
async def test_a_log_without_its_beginning_claims_nothing_before_everything_is_known(
    open_lodge: OpenLodge, eventually: Eventually
) -> None:
    lodge = await open_lodge()
    await live(lodge, eventually)
    messages = lodge.subjects.any("message")
    first = await anext(scan(lodge.backbone.connection, JOURNAL, messages))
    await reads.delete_at(lodge.backbone.connection, JOURNAL, first.seq)
    verdict = await retraced(lodge)
    assert (verdict.missing, verdict.different, verdict.exact_since) == (1, 0, None)
    assert verdict.unproven > 0
    assert verdict.is_equal


async def test_a_customer_who_was_erased_leaves_a_hole_that_is_told(
    open_lodge: OpenLodge, eventually: Eventually
) -> None:
    lodge = await open_lodge()
    await live(lodge, eventually)
    customer: CustomerId = await lodge.customer_of(visitor("one"))
    await lodge.erase(customer)
    verdict = await retraced(lodge)
    assert verdict.missing > 0
    assert (verdict.different, verdict.exact_since) == (0, None)
