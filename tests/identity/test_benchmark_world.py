"""The identity benchmark: its world, its figures, and what ours must show in it at any time."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.identity_metrics import causes, differing, score, shuffles
from benchmarks.identity_models import EXACT, HARD, SOFT, UNION, Clusters, all_models
from benchmarks.identity_people import Shared, Shares
from benchmarks.identity_world import Act, Attack, World, world
from maitred.contracts.identifiers import Level, Observed, email_identifier
from maitred.contracts.ids import MessageId
from maitred.contracts.limits import DAY_MS
from maitred.identity.bulk import Sighting

SEGMENT = "Segment-like limits and priority"
NOBODY = (Observed(identifier=email_identifier("a@example.com"), level=Level.PROVEN),)


@pytest.fixture(scope="module")
def made() -> World:
    return world(1, 800)


@pytest.fixture(scope="module")
def found(made: World) -> dict[str, Clusters]:
    return all_models(made.sightings())


def test_a_seed_gives_the_same_world_and_another_one_another() -> None:
    assert world(1, 50) == world(1, 50) != world(2, 50)


def test_the_world_has_the_shares_that_it_promises(made: World) -> None:
    people, count = made.people, len(made.people)
    assert sum(person.account is not None for person in people) / count == pytest.approx(0.6, 0.1)
    assert sum(bool(person.slack) for person in people) / count == pytest.approx(0.25, 0.2)
    shared = Counter(group for person in people for group, _ in person.groups)
    assert shared[Shared.FAMILY] / count == pytest.approx(0.05, 0.2)
    assert shared[Shared.MAILBOX] / count == pytest.approx(0.06, 0.2)
    assert len(made.acts) / count == pytest.approx(6.6, 0.1)
    attacks = Counter(act.attack for act in made.acts if act.attack)
    assert attacks.total() / len(made.acts) == pytest.approx(0.02, 0.05)
    assert attacks[Attack.CLAIM] > attacks[Attack.FROM] > attacks[Attack.SMS] > 0


def test_nothing_that_is_unproven_in_the_world_is_more_than_a_claim(made: World) -> None:
    for act in made.acts:
        if act.attack is not None:
            victims = [seen for seen in act.sighting.observed if "attacker" not in str(seen)]
            assert max(seen.level for seen in victims) < Level.AUTHENTICATED
    without = world(1, 200, Shares(returned=0, account=0, token=0))
    levels = {seen.level for act in without.acts for seen in act.sighting.observed}
    assert max(levels) == Level.AUTHENTICATED


def test_a_reassigned_number_rests_before_it_is_somebody_else_s(made: World) -> None:
    holders: dict[int, list[tuple[float, float]]] = {}
    for person in made.people:
        for shared, group in person.groups:
            if shared is Shared.REASSIGNED:
                phone = person.phones[0]
                holders.setdefault(group, []).append((phone.since, phone.until))
    assert holders
    for times in holders.values():
        (_, left), (taken, _) = sorted(times)
        assert taken - left == pytest.approx(60)


def _act(name: str, person: int, attack: Attack | None = None, victim: int = -1) -> Act:
    return Act(Sighting(MessageId(name), DAY_MS, NOBODY), person, attack, victim)


def test_the_figures_are_those_that_one_reckons_by_hand() -> None:
    acts = (
        *(_act(name, 0) for name in "abc"),
        *(_act(name, 1) for name in "de"),
        _act("x", 9, Attack.CLAIM, victim=0),
        _act("y", 9, Attack.SMS, victim=1),
    )
    made = World(world(1, 2).people, acts)
    clusters = {
        MessageId(name): cluster for name, cluster in zip("abcdexy", "1122314", strict=True)
    }
    found = score(made, clusters)
    # Clusters: {a, b, x}, {c, d}, {e}, {y}: one right pair of four; five pairs are of one person.
    assert found.pair_precision == pytest.approx(1 / 4)
    assert found.pair_recall == pytest.approx(1 / 5)
    assert found.pair_f1 == pytest.approx(2 / 9)
    assert found.false_pairs == 3
    assert found.b3_precision == pytest.approx((2 * 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2 + 1 + 1) / 7)
    assert found.b3_recall == pytest.approx((2 * 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2 + 1 / 2 + 1 / 2) / 7)
    assert (found.false_clusters, found.false_messages) == (1, pytest.approx(5 / 7))
    assert found.takeover == {"all": 0.5, "claim": 1, "from": 0, "sms": 0}
    assert (found.largest, found.fragments) == (3, 2)
    assert causes(made, clusters) == {"attack by claim": 2, "chained, or nothing in common": 1}


def test_another_order_differs_by_those_whose_company_changed() -> None:
    one = {MessageId(name): cluster for name, cluster in zip("abcd", "1122", strict=True)}
    renamed = {MessageId(name): cluster for name, cluster in zip("abcd", "xxyy", strict=True)}
    moved = {MessageId(name): cluster for name, cluster in zip("abcd", "1123", strict=True)}
    assert differing(one, renamed) == 0
    assert differing(one, moved) == 0.5


def test_ours_shows_in_a_small_world_what_it_must(made: World, found: dict[str, Clusters]) -> None:
    scores = {name: score(made, clusters) for name, clusters in found.items()}
    ours, exact = scores[HARD], scores[EXACT]
    assert (ours.takeover["claim"], ours.takeover["from"]) == (0, 0)
    assert exact.takeover["claim"] > 0.5
    assert ours.pair_precision >= 0.97
    assert ours.pair_recall >= scores[UNION].pair_recall - 0.01
    assert ours.false_pairs <= 0.15 * exact.false_pairs
    assert scores[SOFT].pair_f1 >= exact.pair_f1


def test_order_and_repetition_change_segment_s_answer_and_not_ours(
    made: World, found: dict[str, Clusters]
) -> None:
    for shuffled in shuffles(made, 2):
        assert len(shuffled.acts) > len(made.acts)
        again = all_models(shuffled.sightings())
        assert differing(found[HARD], again[HARD]) == 0
        assert differing(found[SOFT], again[SOFT]) == 0
        assert differing(found[SEGMENT], again[SEGMENT]) > 0
