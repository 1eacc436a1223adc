"""Recording: when the settings that decide are written down, and that they come back the same."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from maitred.contracts.ids import AgentId, Tenant
from maitred.contracts.limits import DAY_MS, NATS_PAYLOAD_BYTES_MAX
from maitred.contracts.policies import PolicyInForce
from maitred.contracts.subjects import JOURNAL, TOKEN, Subjects
from maitred.gateway.backbone import Backbone
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.transaction import Decision, transact
from maitred.gateway.whatif.eras import eras
from maitred.gateway.whatif.recording import (
    AGAIN_MS,
    Recorder,
    history,
    settings_of,
    token_of,
)
from maitred.router.policies.index import IndexPolicy, deciding
from maitred.router.replaying.replay import Rules
from maitred.router.settings import AgentSettings, Budgets, RoutingSettings, RuleTest

SUBJECTS = Subjects(Tenant("t"))
ANN = AgentSettings(id=AgentId("ann"), name="Ann Berg", skills={"billing": 0.7})


def rules(**more: object) -> Rules:
    settings = replace(RoutingSettings(agents=(ANN,)), **more)
    return Rules(settings, IndexPolicy(settings), 30 * DAY_MS)


async def write(backbone: Backbone, entry: Entry | None) -> None:
    assert entry is not None
    await transact(backbone.connection, Keeping(), lambda _: Decision(None, entries=(entry,)), 1)


async def test_settings_are_written_once_and_again_when_others_decide_or_they_grow_old(
    backbone: Backbone,
) -> None:
    async def start(chosen: Rules) -> Recorder:
        recorder = Recorder(backbone.connection, backbone.subjects, chosen)
        await recorder.recall()
        return recorder

    first = await start(rules())
    await write(backbone, first.entry(7, 1_000))
    assert first.entry(8, 1_001) is None
    again = await start(rules(tests=(RuleTest(name="x"),), budgets=Budgets(moved=0.1)))
    assert again.entry(9, 1_002) is None
    await write(backbone, again.entry(10, 1_000 + AGAIN_MS))
    assert again.entry(11, 1_001 + AGAIN_MS) is None
    other = await start(rules(lam=0.1))
    await write(backbone, other.entry(12, 2_000 + AGAIN_MS))
    back = await start(rules())
    await write(backbone, back.entry(13, 3_000 + AGAIN_MS))
    longer = await start(replace_closed(rules(), 31 * DAY_MS))
    await write(backbone, longer.entry(14, 4_000 + AGAIN_MS))
    found = await history(backbone.connection, backbone.subjects)
    assert [each.since for each in found] == [7, 10, 12, 13, 14]
    assert len({each.hash for each in found}) == 2
    assert [each.closed_ms // DAY_MS for each in found] == [30, 30, 30, 30, 31]


def replace_closed(chosen: Rules, closed_ms: int) -> Rules:
    return Rules(chosen.settings, chosen.policy, closed_ms)


async def test_another_release_is_written_down(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(backbone.connection, backbone.subjects, rules())
    await recorder.recall()
    await write(backbone, recorder.entry(1, 1))
    monkeypatch.setattr("maitred.gateway.whatif.recording.version", lambda _: "99.0")
    await recorder.recall()
    assert recorder.entry(2, 2) is not None


async def test_what_nobody_can_read_counts_as_nothing(backbone: Backbone) -> None:
    await backbone.publisher.publish(SUBJECTS.policy("x"), b"not json", msg_id="x", stream=JOURNAL)
    recorder = Recorder(backbone.connection, backbone.subjects, rules())
    await recorder.recall()
    assert recorder.entry(1, 1) is not None
    assert await history(backbone.connection, backbone.subjects) == []


def record(chosen: Rules) -> PolicyInForce:
    entry = Recorder(None, SUBJECTS, chosen).entry(1, 1)  # type: ignore[arg-type]
    assert entry is not None
    assert isinstance(entry.body, PolicyInForce)
    return entry.body


@pytest.mark.parametrize(("count", "packed"), [(1, False), (2_000, True)])
def test_settings_come_back_without_names_and_what_decides_nothing(
    count: int,
    packed: bool,  # noqa: FBT001  (a column of the table)
) -> None:
    agents = tuple(replace(ANN, id=AgentId(f"a{number}")) for number in range(count))
    chosen = rules(agents=agents, tests=(RuleTest(name="x", text="My name is Kim"),))
    found = record(chosen)
    assert bool(found.packed) is packed
    data = msgspec.json.encode(found)
    assert b"Berg" not in data
    assert b"Kim" not in data
    read = settings_of(msgspec.json.decode(data, type=PolicyInForce))
    assert read == deciding(chosen.settings)
    assert IndexPolicy(read).hash() == chosen.policy.hash()  # type: ignore[arg-type]


def test_ten_thousand_agents_fit_and_what_does_not_is_left_out() -> None:
    skills = {f"skill{number}": number / 10 for number in range(8)}
    agents = tuple(
        replace(ANN, id=AgentId(f"a{number}"), skills={**skills, f"own{number % 97}": 0.3})
        for number in range(10_000)
    )
    found = record(rules(agents=agents))
    assert found.packed
    assert len(msgspec.json.encode(found)) < NATS_PAYLOAD_BYTES_MAX // 2
    many = {f"{number:x}{number * 7919 % 1000003:x}": 0.5 for number in range(100)}
    crowd = tuple(
        replace(ANN, id=AgentId(f"a{number}"), skills={f"{k}{number}": 0.1 for k in many})
        for number in range(2_000)
    )
    left_out = record(rules(agents=crowd))
    assert (left_out.settings, left_out.packed) == (None, "")
    assert settings_of(left_out) is None


@pytest.mark.parametrize("made", ["abc", "a.b", "", "x" * 65, "*", "ä"])
def test_a_plugin_s_hash_makes_a_legal_subject(made: str) -> None:
    assert TOKEN.match(token_of(made))


# -- eras
def test_an_era_begins_where_its_record_says_and_the_first_covers_what_was_before() -> None:
    one, other = record(rules()), replace(record(rules(lam=0.1)), since=50)
    found = eras([replace(one, since=20), other], rules(lam=0.9))
    assert [(era.since, era.why) for era in found] == [(0, ""), (50, "")]
    assert [era.rules.settings.lam for era in found] == [0.6, 0.1]


def test_without_any_record_the_settings_in_force_are_tried() -> None:
    (era,) = eras([], rules(lam=0.9))
    assert (era.since, era.rules.settings.lam, era.label) == (0, 0.9, rules(lam=0.9).label)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"settings": None}, "its settings were too long to keep"),
        ({"settings": {"nope": 1}}, "this release cannot read its settings: "),
        ({"settings": None, "packed": "?"}, "this release cannot read its settings: "),
        ({"settings": None, "packed": "AAAA"}, "this release cannot read its settings: "),
        ({"name": "gone"}, "policy: nothing named 'gone' is installed"),
    ],
)
def test_settings_that_are_not_known_are_told(change: dict[str, object], why: str) -> None:
    (era,) = eras([replace(record(rules()), **change)], rules(lam=0.9))
    assert era.why.startswith(why)
    assert era.rules.settings.lam == 0.9
