"""Ways to tell customers apart, each a function from messages in order of arrival to clusters.

The baselines are what others do (identity notes, sections 2.1 and 2.6), written plainly. Ours go
through the code of the product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import combinations, count
from typing import Final

from maitred.contracts.documents import Edge, Member
from maitred.contracts.identifiers import Identifier, IdentifierKind, Keys, Level, Observed
from maitred.contracts.ids import IdentifierKey, MessageId, Tenant
from maitred.identity.bulk import Sighting, components, verdicts
from maitred.identity.evidence import join_edges
from maitred.identity.policy import THETA, Policy
from maitred.identity.resolver import partition

SEGMENT_OTHERS_MAX: Final = 5

Clusters = dict[MessageId, Hashable]

KEYS: Final = Keys(Tenant("benchmark"), b"a secret that keeps nothing")
POLICY: Final = Policy()
_PRIORITY: Final = (
    IdentifierKind.ACCOUNT,
    IdentifierKind.EMAIL,
    IdentifierKind.SLACK,
    IdentifierKind.PHONE,
    IdentifierKind.VISITOR,
)


class Sets:
    """Disjoint sets, united by whatever is seen together."""

    def __init__(self) -> None:
        self._root: dict[Hashable, Hashable] = {}

    def find(self, one: Hashable) -> Hashable:
        """Return the set of a member, which is new where nobody united it."""
        root = self._root.setdefault(one, one)
        while root != self._root[root]:
            self._root[root] = root = self._root[self._root[root]]
        return root

    def unite(self, one: Hashable, other: Hashable) -> None:
        """Make one set of two."""
        self._root[self.find(one)] = self.find(other)


# -- what others do
def exact_union(sightings: Sequence[Sighting]) -> Clusters:
    """Unite whatever stands in one message, however sure."""
    sets = Sets()
    for each in sightings:
        for observed in each.observed[1:]:
            sets.unite(each.observed[0].identifier, observed.identifier)
    return {each.id: sets.find(each.observed[0].identifier) for each in sightings}


def by_email(sightings: Sequence[Sighting], theta: Level) -> Clusters:
    """Take the mail address for the customer, from a level on; else the sender alone."""
    found: Clusters = {}
    for each in sightings:
        sure = [observed.identifier for observed in each.observed if observed.level >= theta]
        emails = [one for one in sure if one.kind is IdentifierKind.EMAIL]
        found[each.id] = next(iter(emails), None) or _sender(each, theta)
    return found


def segment_like(sightings: Sequence[Sighting]) -> Clusters:
    """Match, create or merge profiles in order of arrival, within limits.

    Where a limit would be passed, the identifier of least priority is dropped and the rest tried
    again (Segment's documentation, "Identity Resolution Settings"): one account, five of the rest.
    """
    profile: dict[Identifier, int] = {}
    members: dict[int, set[Identifier]] = {}
    names = count()
    for each in sightings:
        seen = _ranked(each)
        while True:
            matched = {profile[one] for one in seen if one in profile}
            whole = set(seen).union(*(members[number] for number in matched))
            if len(seen) == 1 or _is_within(whole, SEGMENT_OTHERS_MAX):
                break
            seen.pop()
        if len(seen) == 1 and matched:
            continue
        name = next(names)
        for number in matched:
            members.pop(number)
        members[name] = whole
        profile.update(dict.fromkeys(whole, name))
    return {each.id: profile[_ranked(each)[0]] for each in sightings}


def _ranked(each: Sighting) -> list[Identifier]:
    seen = {observed.identifier for observed in each.observed}
    return sorted(seen, key=lambda one: (_PRIORITY.index(one.kind), one.value))


def _is_within(whole: Iterable[Identifier], others: int) -> bool:
    counts = Counter(one.kind for one in whole)
    return all(
        count <= (1 if kind is IdentifierKind.ACCOUNT else others) for kind, count in counts.items()
    )


# -- what leads to ours, step by step
def authenticated_union(sightings: Sequence[Sighting], *, roles: bool) -> Clusters:
    """Unite what is authenticated in one message; `roles` keeps role mailboxes out."""
    sets = Sets()
    for each in sightings:
        for one, other in combinations(_authenticated(each, roles=roles), 2):
            sets.unite(one.identifier, other.identifier)
    return _hung(sightings, sets, roles=roles)


def limited_union(sightings: Sequence[Sighting]) -> Clusters:
    """Unite from the surest pair on, and refuse what would pass a limit (Kruskal's algorithm)."""
    pairs: dict[tuple[Identifier, Identifier], Level] = {}
    for each in sightings:
        for one, other in combinations(_authenticated(each, roles=True), 2):
            pair = (one.identifier, other.identifier)
            pair = (min(pair), max(pair))
            pairs[pair] = max(pairs.get(pair, Level.CLAIMED), min(one.level, other.level))
    sets = Sets()
    kinds: dict[Hashable, Counter[IdentifierKind]] = {
        one: Counter((one.kind,)) for pair in pairs for one in pair
    }
    for pair in sorted(pairs, key=lambda pair: _order(pair, pairs[pair])):
        root, into = map(sets.find, pair)
        whole = kinds[root] + kinds[into]
        if root != into and all(count <= POLICY.limit(kind) for kind, count in whole.items()):
            sets.unite(root, into)
            kinds[sets.find(into)] = whole
    return _hung(sightings, sets, roles=True)


def _order(pair: tuple[Identifier, Identifier], level: Level) -> tuple[int, list[int], str]:
    kinds = sorted(_PRIORITY.index(one.kind) for one in pair)
    return (-level, kinds, "".join(map(KEYS.identifier, pair)))


def _authenticated(each: Sighting, *, roles: bool) -> list[Observed]:
    if each.observed[0].level < THETA:
        return []
    return [
        one
        for one in each.observed
        if one.level >= THETA and not (roles and POLICY.is_shared(one.identifier))
    ]


def _hung(sightings: Sequence[Sighting], sets: Sets, *, roles: bool) -> Clusters:
    """Hang every message on its surest identifier; who is a mere claim stands alone."""
    found: Clusters = {}
    for each in sightings:
        on = _surest(each, Level.ASSERTED)
        is_alone = on is None or (roles and POLICY.is_shared(each.observed[0].identifier))
        found[each.id] = each.id if is_alone else sets.find(on)
    return found


def _surest(each: Sighting, theta: Level) -> Identifier | None:
    actor = each.observed[0]
    if actor.level < theta:
        return None
    return _surest_of(each.observed if actor.level >= THETA else (actor,))


def _surest_of(seen: Sequence[Observed]) -> Identifier:
    return max(seen, key=lambda one: one.level).identifier


def _sender(each: Sighting, theta: Level) -> Hashable:
    actor = each.observed[0]
    is_claim = theta and actor.level is Level.CLAIMED
    return each.id if is_claim else actor.identifier


# -- ours
def hard(sightings: Sequence[Sighting]) -> Clusters:
    """Return the customers of the product."""
    found = verdicts(sightings, KEYS, POLICY)
    return {message: verdict.customer for message, verdict in found.items()}


def at_level(sightings: Sequence[Sighting], theta: Level) -> Clusters:
    """Resolve as the product does, with another level from which evidence merges."""
    members: dict[IdentifierKey, Member] = {}
    edges: list[Edge] = []
    for each in sightings:
        keyed = [(KEYS.identifier(one.identifier), one) for one in each.observed]
        members |= {key: Member(key=key, identifier=one.identifier) for key, one in keyed}
        edges += _evidence(each, keyed)
    home: dict[IdentifierKey, Hashable] = {}
    contact_points: set[IdentifierKey] = set()
    folded = [edge for edge in join_edges(edges) if edge.level >= theta]
    for keys, within in components(members, folded):
        found = partition([members[key] for key in keys], within, (), POLICY, theta=theta)
        contact_points |= found.contact_points
        home |= {key: cluster.members for cluster in found.clusters for key in cluster.members}
    clusters: Clusters = {}
    for each in sightings:
        on = _surest(each, Level.ASSERTED)
        key = KEYS.identifier(on) if on is not None else None
        clusters[each.id] = each.id if key is None or key in contact_points else home[key]
    return clusters


def _evidence(each: Sighting, keyed: Sequence[tuple[IdentifierKey, Observed]]) -> Iterator[Edge]:
    if each.observed[0].level is Level.CLAIMED:
        return
    for (one, here), (other, there) in combinations(sorted(keyed, key=lambda pair: pair[0]), 2):
        level = min(here.level, there.level)
        yield Edge(a=one, b=other, level=level, first_at=each.at, last_at=each.at, source=each.id)


EXACT: Final = "exact-identifier union, no trust"
UNION: Final = "union over level >= 2"
HARD: Final = "ours: hard layer"
SOFT: Final = "ours: soft layer (hints alone)"


def all_models(sightings: Sequence[Sighting]) -> dict[str, Clusters]:
    """Return the clusters of every model, by its name, over one sequence of messages."""
    ours = verdicts(sightings, KEYS, POLICY)
    hard: Clusters = {message: verdict.customer for message, verdict in ours.items()}
    unproven = {
        each.id: ("text", each.observed[0].identifier)
        for each in sightings
        if each.observed[0].level is Level.ASSERTED
    }
    return {
        EXACT: exact_union(sightings),
        "e-mail only, any level": by_email(sightings, Level.CLAIMED),
        "e-mail only, level >= 2": by_email(sightings, THETA),
        "Segment-like limits and priority": segment_like(sightings),
        UNION: authenticated_union(sightings, roles=False),
        "+ role list": authenticated_union(sightings, roles=True),
        "+ constrained Kruskal": limited_union(sightings),
        HARD: hard,
        "ours: unproven texts kept apart": {**hard, **unproven},
        SOFT: {message: verdict.hint or message for message, verdict in ours.items()},
        "ours: merging from level 1": at_level(sightings, Level.ASSERTED),
        "ours: merging from level 3": at_level(sightings, Level.PROVEN),
    }
