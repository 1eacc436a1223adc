"""How right a way to tell customers apart is (identity notes, section 2.5)."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from benchmarks.identity_world import Act, Attack, World
from maitred.contracts.ids import MessageId


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one model in one world; shares are from 0 to 1.

    `false_pairs` are pairs of messages of two people in one cluster, `false_clusters` the share
    of clusters of two messages or more that hold two people, `false_messages` the share of
    messages in them. `takeover` is, by kind of attack, how many attackers' messages are in a
    cluster with their victim's. `fragments` is how many clusters a person has on average.
    """

    pair_precision: float
    pair_recall: float
    b3_precision: float
    b3_recall: float
    false_pairs: int
    false_clusters: float
    false_messages: float
    takeover: Mapping[str, float]
    largest: int
    fragments: float

    @property
    def pair_f1(self) -> float:
        """Return the harmonic mean of pairwise precision and recall."""
        return _harmonic(self.pair_precision, self.pair_recall)

    @property
    def b3_f1(self) -> float:
        """Return the harmonic mean of B3 precision and recall (Bagga and Baldwin, 1998)."""
        return _harmonic(self.b3_precision, self.b3_recall)


def score(world: World, clusters: Mapping[MessageId, Hashable]) -> Score:
    """Return how near the clusters are to the people who wrote."""
    labelled = [(clusters[act.sighting.id], act.person) for act in world.acts]
    cells = Counter(labelled)
    sizes = Counter(cluster for cluster, _ in labelled)
    people = Counter(person for _, person in labelled)
    writers = Counter(cluster for cluster, _ in cells)
    same = sum(_pairs(count) for count in cells.values())
    predicted = sum(_pairs(count) for count in sizes.values())
    mixed = {cluster for cluster, count in writers.items() if count > 1}
    total = len(labelled)
    return Score(
        pair_precision=same / predicted if predicted else 1,
        pair_recall=same / sum(_pairs(count) for count in people.values()),
        b3_precision=sum(n * n / sizes[cluster] for (cluster, _), n in cells.items()) / total,
        b3_recall=sum(n * n / people[person] for (_, person), n in cells.items()) / total,
        false_pairs=predicted - same,
        false_clusters=len(mixed) / max(sum(count > 1 for count in sizes.values()), 1),
        false_messages=sum(sizes[cluster] for cluster in mixed) / total,
        takeover=_takeover(world.acts, clusters),
        largest=max(sizes.values()),
        fragments=len(cells) / len(people),
    )


def _takeover(acts: Sequence[Act], clusters: Mapping[MessageId, Hashable]) -> dict[str, float]:
    home: defaultdict[int, set[Hashable]] = defaultdict(set)
    for act in acts:
        home[act.person].add(clusters[act.sighting.id])
    hits: dict[str, list[bool]] = {name: [] for name in ("all", *Attack)}
    for act in acts:
        if act.attack is not None:
            is_in = clusters[act.sighting.id] in home[act.victim]
            hits["all"].append(is_in)
            hits[act.attack.value].append(is_in)
    return {kind: sum(found) / max(len(found), 1) for kind, found in hits.items()}


def differing(one: Mapping[MessageId, Hashable], other: Mapping[MessageId, Hashable]) -> float:
    """Return the share of messages that two orders put together with others."""
    first, second = _mates(one), _mates(other)
    return sum(first[one[each]] != second[other[each]] for each in one) / len(one)


def _mates(clusters: Mapping[MessageId, Hashable]) -> dict[Hashable, frozenset[MessageId]]:
    members: defaultdict[Hashable, list[MessageId]] = defaultdict(list)
    for message, cluster in clusters.items():
        members[cluster].append(message)
    return {cluster: frozenset(messages) for cluster, messages in members.items()}


def causes(world: World, clusters: Mapping[MessageId, Hashable]) -> Counter[str]:
    """Return the false pairs by what the two writers have in common."""
    inside: defaultdict[Hashable, Counter[tuple[int, str]]] = defaultdict(Counter)
    for act in world.acts:
        inside[clusters[act.sighting.id]][act.person, act.attack or ""] += 1
    found: Counter[str] = Counter()
    for counts in inside.values():
        for one, other in combinations(counts, 2):
            if one[0] != other[0]:
                found[_cause(world, one, other)] += counts[one] * counts[other]
    return found


def _cause(world: World, one: tuple[int, str], other: tuple[int, str]) -> str:
    attack = one[1] or other[1]
    if attack:
        return f"attack by {attack}"
    groups = world.people[one[0]].groups & world.people[other[0]].groups
    return next((shared.value for shared, _ in groups), "chained, or nothing in common")


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0


def shuffles(world: World, count: int) -> Iterator[World]:
    """Yield the messages of a world in other orders, a fifth of them twice."""
    for seed in range(count):
        chance = random.Random(seed)
        acts = [*world.acts, *chance.sample(world.acts, len(world.acts) // 5)]
        chance.shuffle(acts)
        yield World(world.people, tuple(acts))
