"""Shadowing: the draft only looks on; it is dropped before it disturbs anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from maitred.contracts.agents import AgentDoc
from maitred.contracts.ids import Tenant
from maitred.contracts.limits import DAY_MS
from maitred.contracts.policies import ShadowAnswer, Standing
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway import clock
from maitred.gateway.bus.history import scan
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.metrics import Metrics
from maitred.gateway.whatif.shadowing import ANSWERS_MAX, KEPT_MS, NOT_ASKED, SLOW_MS, Shadowing
from maitred.router.events import Effect, Forget
from maitred.router.replaying.shadow import Asked, Elsewhere
from tests.gateway.conftest import Eventually
from tests.gateway.lodge import Lodge, visitor
from tests.gateway.whatif.conftest import OpenLodge, live, offered, retraced

DRAFT = """
[routing]
offer_seconds = 1.0
pass_over_seconds = 1.0
ramp_seconds = 0
[[routing.rules]]
name = "billing"
when = { text = "invoice" }
skills = { billing = 0.7 }
[[routing.agents]]
id = "ann"
skills = { billing = 0.5 }
[[routing.agents]]
id = "bob"
skills = { billing = 0.9 }
"""


async def answers(lodge: Lodge) -> list[ShadowAnswer]:
    subject = lodge.subjects.any("shadow")
    return [
        msgspec.json.decode(each.data, type=ShadowAnswer)
        async for each in scan(lodge.backbone.connection, JOURNAL, subject)
    ]


async def test_a_shadow_writes_down_who_would_have_it_instead_and_by_its_own_rules(
    open_lodge: OpenLodge, tmp_path: Path
) -> None:
    (tmp_path / "draft.toml").write_text(DRAFT)
    lodge = await open_lodge(shadow="draft.toml")
    await lodge.say("presence", "ann", presence="online")
    await lodge.say("presence", "bob", presence="online")
    await lodge.chat(visitor("one"), "My invoice.")
    await lodge.settle()
    about = await offered(lodge, "ann")
    (answer,) = await answers(lodge)
    assert answer.conversation == about["conversation"]
    assert answer.active.agents == ("ann",)
    assert (answer.shadow.agents, answer.shadow.rule) == (("bob",), "best_idle")
    assert answer.shadow.score > 0
    assert answer.skills == ("billing",)
    assert b'maitred_shadow_decisions_total{verdict="different"} 1.0' in lodge.metrics.render()


async def test_a_shadow_changes_nothing_of_what_is_decided(
    open_lodge: OpenLodge, eventually: Eventually, tmp_path: Path
) -> None:
    (tmp_path / "draft.toml").write_text(DRAFT)
    lodge = await open_lodge(shadow="draft.toml")
    await live(lodge, eventually)
    assert await answers(lodge)
    verdict = await retraced(lodge)
    assert (verdict.different, verdict.unproven) == (0, 0)


async def test_a_shadow_that_raises_is_dropped_and_the_house_goes_on(
    open_lodge: OpenLodge,
    eventually: Eventually,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "draft.toml").write_text(DRAFT)
    monkeypatch.setattr("maitred.router.replaying.shadow.Shadow.ask", lambda *_: 1 / 0)
    lodge = await open_lodge(shadow="draft.toml")
    await live(lodge, eventually)
    assert await answers(lodge) == []
    assert b"maitred_shadow_running 0.0" in lodge.metrics.render()
    verdict = await retraced(lodge)
    assert verdict.equal > 10
    assert (verdict.different, verdict.unproven) == (0, 0)


# -- without a server
class Fake:
    """A shadow that takes its time, or raises."""

    def __init__(self, took: Iterable[int], clock: SimpleNamespace) -> None:
        self.took = iter(took)
        self.clock = clock
        self.asked = 0

    def load(self, routing: Iterable[RoutingDoc], agents: Iterable[AgentDoc]) -> None:
        del routing, agents
        if next(self.took) < 0:
            raise RuntimeError("no")

    def ask(self, *_: object) -> Asked:
        self.asked += 1
        self.clock.now += next(self.took)
        return Asked(1)


def shadowing(
    took: Iterable[int], monkeypatch: pytest.MonkeyPatch, keeping: Keeping | None = None
) -> tuple[Shadowing, Fake, Metrics]:
    time = SimpleNamespace(now=0)
    monkeypatch.setattr(clock, "monotonic_ms", lambda: time.now)
    fake, metrics = Fake(took, time), Metrics()
    made = Shadowing(
        fake,  # type: ignore[arg-type]
        "index:abc",
        subjects=Subjects(Tenant("t")),
        metrics=metrics,
        keeping=keeping or Keeping(),
    )
    return made, fake, metrics


def ask(made: Shadowing, effects: list[Effect] | None = None) -> Asked:
    return made.ask(None, 0, effects or [], None, b"")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("took", "asked"),
    [
        ([SLOW_MS] * 600, 600),
        ([SLOW_MS + 1] * 600, 256),
        ([0] * 300 + [1_000] + [0] * 299, 600),
        ([0] * 300 + [1_001] + [0] * 299, 301),
        ([0] * 300 + [900, 900] + [0] * 298, 302),
    ],
)
def test_a_slow_shadow_is_dropped(
    took: list[int], asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, fake, metrics = shadowing(took, monkeypatch)
    for _ in took:
        ask(made)
    assert fake.asked == asked
    running = b"maitred_shadow_running 1.0" in metrics.render()
    assert running is (asked == len(took))


def test_one_that_cannot_begin_is_dropped_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    made, fake, metrics = shadowing([-1, 0, 0], monkeypatch)
    made.load((), ())
    made.load((), ())
    assert ask(made) is NOT_ASKED
    assert fake.asked == 0
    assert b"maitred_shadow_running 0.0" in metrics.render()


def test_nothing_is_asked_about_an_event_that_changes_very_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, fake, _ = shadowing([0] * 9, monkeypatch)
    assert ask(made, [Forget("cnv_x")] * 501) is NOT_ASKED  # type: ignore[arg-type]
    assert fake.asked == 0


@pytest.mark.parametrize(
    ("kinds", "kept_ms"), [({}, KEPT_MS), ({"shadow": DAY_MS}, DAY_MS)], ids=["default", "shorter"]
)
def test_answers_are_bounded_and_go_in_time(
    kinds: dict[str, int], kept_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _, _ = shadowing([], monkeypatch, Keeping(kinds=kinds))
    one = Standing(state=RoutingState.WAITING)
    many = Asked(99, tuple(Elsewhere(f"cnv_{n}", "chat", (), one, one) for n in range(99)))  # type: ignore[arg-type]
    entries = made.entries(many, 7, 1)
    assert len(entries) == ANSWERS_MAX
    assert {each.ttl_ms for each in entries} == {kept_ms}
    assert len({each.id for each in entries}) == ANSWERS_MAX
