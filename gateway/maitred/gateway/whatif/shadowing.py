"""Shadowing: a draft beside the policy in force, asked about every event, and only written down.

It can disturb nothing: it is asked when the real decision has been made, what it says goes into the
log and nowhere else, and one that raises or is slow is dropped until the next start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import structlog

from maitred.contracts.agents import AgentDoc
from maitred.contracts.limits import DAY_MS
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import Subjects
from maitred.gateway import clock
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.metrics import Metrics
from maitred.gateway.policies import policy_named
from maitred.gateway.settings.drafts import read_draft
from maitred.gateway.settings.shapes import Settings
from maitred.gateway.whatif.needing import Needing, needing_of
from maitred.router.engine import Engine
from maitred.router.events import Effect, Event
from maitred.router.house import House
from maitred.router.replaying.shadow import Asked, Elsewhere, Shadow, as_it_is

log = structlog.get_logger(__name__)
ANSWERS_MAX: Final = 8
"""So many answers about one event are written down."""
ACTIVE_MAX: Final = 500
"""Nothing is asked where one event changes more than this: its batch may have no room to spare."""
KEPT_MS: Final = 30 * DAY_MS
"""How long, unless `retention.kinds.shadow` is shorter."""
SLOW_MS: Final = 5
"""A shadow that takes longer than this for an event, in the mean, is dropped."""
STUCK_MS: Final = 1_000
"""And so is one that took longer for a single one."""
_TIMED: Final = 256
NOT_ASKED: Final = Asked(0)


def shadowing_of(
    settings: Settings, subjects: Subjects, metrics: Metrics, keeping: Keeping
) -> Shadowing | None:
    """Return the shadow that a configuration asks for, if it asks for one.

    Raises:
        ConfigurationError: its draft has faults.
    """
    if settings.shadow is None:
        return None
    draft = read_draft(settings.shadow, settings)
    policy = policy_named(draft.policy, draft.routing)
    needing = needing_of(settings.routing, draft.routing)
    engine = Engine(draft.routing, policy, settings.tenant, closed_ms=keeping.closed_ms)
    return Shadowing(
        Shadow(engine, needing.seen if needing is not None else as_it_is),
        f"{policy.name}:{policy.hash()}",
        subjects=subjects,
        metrics=metrics,
        keeping=keeping,
        needing=needing,
    )


class Shadowing:
    """The shadow of one gateway; `label` is its policy with the hash, as decisions cite it."""

    def __init__(
        self,
        shadow: Shadow,
        label: str,
        *,
        subjects: Subjects,
        metrics: Metrics,
        keeping: Keeping,
        needing: Needing | None = None,
    ) -> None:
        self._shadow: Shadow | None = shadow
        self._label = label
        self._subjects = subjects
        self._metrics = metrics
        self._keeping = keeping
        self._needing = needing
        self._took: deque[int] = deque(maxlen=_TIMED)
        metrics.shadow_running(running=True)

    def load(self, routing: Iterable[RoutingDoc], agents: Iterable[AgentDoc]) -> None:
        """Begin from the documents that the real engine begins from."""
        if self._shadow is not None:
            try:
                self._shadow.load(routing, agents)
            except Exception as error:  # noqa: BLE001  (whatever it is, the real one goes on)
                self._drop("raised", error)

    def ask(
        self, event: Event, now: int, active: Sequence[Effect], real: House, data: bytes
    ) -> Asked:
        """Return how many decisions an event asked for, and which it would make otherwise.

        `data` is the journal entry that the event came of.
        """
        if self._shadow is None or len(active) > ACTIVE_MAX:
            return NOT_ASKED
        began = clock.monotonic_ms()
        try:
            own = self._needing.own(event, data) if self._needing is not None else event
            asked = self._shadow.ask(own, now, active, real)
        except Exception as error:  # noqa: BLE001  (as above)
            self._drop("raised", error)
            return NOT_ASKED
        self._time(clock.monotonic_ms() - began)
        return asked

    def entries(self, asked: Asked, sequence: int, at: int) -> tuple[Entry, ...]:
        """Return what is written down of the answers about one input."""
        return tuple(self._entries(asked.elsewhere[:ANSWERS_MAX], sequence, at))

    def _entries(self, some: Sequence[Elsewhere], sequence: int, at: int) -> Iterator[Entry]:
        for index, each in enumerate(some):
            subject = self._subjects.shadow(each.conversation)
            yield Entry(
                subject,
                each.answer(sequence, at, self._label),
                f"shadow:{sequence}:{index}",
                ttl_ms=min(KEPT_MS, self._keeping.entry_ttl_ms(subject)),
            )

    def _time(self, took_ms: int) -> None:
        self._took.append(took_ms)
        is_slow = len(self._took) == _TIMED and sum(self._took) > SLOW_MS * _TIMED
        if is_slow or took_ms > STUCK_MS:
            self._drop("slow")

    def _drop(self, why: str, error: Exception | None = None) -> None:
        self._shadow = None
        self._metrics.shadow_running(running=False)
        log.warning("shadow_dropped", policy=self._label, why=why, exc_info=error)
