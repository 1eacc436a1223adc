"""Settings of routing, `[routing]` in the configuration; what they mean and their defaults.

Defaults and formulas follow Gurvich and Whitt 2009 (greatest marginal delay cost first) and
Genesys' linear ageing; `maitred.router.policies.index` says how each number enters. `faults` and
`advice` judge them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from maitred.contracts.agents import Agent, AgentKind
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import OFFER_TIMEOUT_MS, SECOND_MS
from maitred.contracts.message import MoodLabel
from maitred.router.faults import advice, faults

__all__ = ["AgentSettings", "Match", "RoutingSettings", "Rule", "Words", "advice", "faults"]

Words = str | tuple[str, ...]

_SLA_SECONDS: Final[Mapping[str, float]] = MappingProxyType(
    {"chat": 60.0, "sms": 300.0, "slack": 300.0, "email": 14_400.0}
)
_CHANNEL_WEIGHT: Final[Mapping[str, float]] = MappingProxyType(
    {"chat": 8.0, "sms": 4.0, "slack": 4.0, "email": 1.0}
)
_TIER_WEIGHT: Final[Mapping[str, float]] = MappingProxyType({"standard": 1.0, "vip": 2.0})
_MOOD_WEIGHT: Final[Mapping[str, float]] = MappingProxyType(
    {"delighted": 1.0, "calm": 1.0, "frustrated": 2.0, "angry": 4.0}
)
_MOOD_SHARE: Final[Mapping[str, float]] = MappingProxyType(
    {"delighted": 0.0, "calm": 0.0, "frustrated": 0.3, "angry": 0.5}
)
_HOLD_FRACTION: Final[Mapping[str, float]] = MappingProxyType(
    {"chat": 0.125, "sms": 0.1, "slack": 0.1, "email": 0.0625}
)
_OTHER_SLA_SECONDS: Final = 300.0
_OTHER_HOLD_FRACTION: Final = 0.1


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a rule applies: every key that is given must hold; of a list, one entry must.

    `recipient` is an address, or `*@domain`. `text` is a regular expression, searched without
    regard to case in the subject and the text, whose white space is collapsed to single blanks.
    """

    channel: Words = ()
    account: Words = ()
    recipient: Words = ()
    text: Words = ()
    language: Words = ()
    mood: Words = ()
    tier: Words = ()
    hours: Words = ()
    """`open` or `closed`: whether the house was open when it came."""
    complaints: int = 0
    """How many earlier conversations of the customer went angry, at least."""
    contacts: int = 0
    """How many times the customer has come with this lately, at least; 2 is the second time."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a message that matches asks of who takes it; `[[routing.rules]]`.

    `skills` gives the least proficiency (0 to 1) by skill, `priority_minutes` a head start in
    the queue, `tier` raises the customer's tier for this conversation.
    """

    name: str
    when: Match = Match()
    skills: dict[str, float] = {}
    priority_minutes: float = 0.0
    human_only: bool = False
    tier: str | None = None


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a test of the rules expects; what it does not name may be anything.

    `rules` are the names of all that match, in any order.
    """

    rules: tuple[str, ...] | None = None
    skills: dict[str, float] | None = None
    priority_minutes: float | None = None
    human_only: bool | None = None
    tier: str | None = None


class RuleTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message and what the rules must make of it; `[[routing.tests]]`."""

    name: str
    channel: str = "email"
    account: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    language: str = ""
    mood: str = "calm"
    tier: str = "standard"
    hours: str = "open"
    complaints: int = 0
    contacts: int = 1
    expect: Expected = Expected()


class Overflow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where what waits too long goes as well; `[[routing.overflow]]`.

    `after` is a fraction of the channel's SLA. It is for conversations that ask for one of `skills`
    (none: for all) on one of `channels` (none: on all), and only while the house is closed where
    `closed` is set. `instead` takes the place of those skills, and `any_agent` lets machines take
    what asked for a human.
    """

    name: str
    after: float
    skills: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    closed: bool = False
    instead: dict[str, float] = {}
    any_agent: bool = False


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the house is open; `[routing.hours]`.

    `timezone` is an IANA name; `days` gives, by `mon` to `sun`, spans such as `09:00-17:30`, and a
    day that is not named is closed; without any days it never closes. `holidays` are dates
    (`2026-12-25`), closed all day.
    """

    timezone: str = "UTC"
    days: dict[str, Words] = {}
    holidays: tuple[str, ...] = ()


class Forecast(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is expected to come in; `[[routing.forecast]]`, for `maitred check` to judge by."""

    channel: str
    per_hour: float
    handling_seconds: float
    skills: tuple[str, ...] = ()
    language: str = ""


class Budgets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a change of policy may cost at most; `[routing.budgets]`, for `maitred policy replay`.

    `moved` and `abandoned` are shares of conversations, `sla` the least share served in time by
    channel, `wait_p95_seconds` by channel, `load` the largest share of an agent's capacity in use.
    """

    moved: float | None = None
    abandoned: float | None = None
    sla: dict[str, float] = {}
    wait_p95_seconds: dict[str, float] = {}
    load: float | None = None


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who can take conversations; `[[routing.agents]]`.

    `capacity` is in units (see `channel_units`), `per_channel` bounds conversations by channel.
    No `languages` at all means that nothing is known of them, not that he speaks none.
    """

    id: str
    kind: AgentKind = AgentKind.HUMAN
    name: str = ""
    skills: dict[str, float] = {}
    languages: dict[str, float] = {}
    deescalation: float = 0.5
    capacity: float = 3.0
    per_channel: dict[str, int] = {}
    picture: str = ""

    def agent(self) -> Agent:
        """Return the profile as it goes onto the wire."""
        return Agent(
            id=AgentId(self.id),
            kind=self.kind,
            name=self.name or self.id,
            picture=self.picture,
            skills=self.skills,
            languages=self.languages,
            deescalation=self.deescalation,
            capacity=self.capacity,
            per_channel=self.per_channel,
        )


class RoutingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that decides where a conversation goes; `[routing]`.

    Tables by channel, tier and mood need to name only what differs from the defaults.
    `hold_fraction` is how long a conversation is kept for its previous agent, as a fraction of
    the channel's SLA; `relax` are the moments, as such fractions, at which the demands on skill
    become lower, the last leaving only the skills themselves. `sigma` favours the previous
    agent, `lam` weighs load, `phi` keeps generalists free, `gamma` is the exponent of fit.
    """

    rules: tuple[Rule, ...] = ()
    agents: tuple[AgentSettings, ...] = ()
    offer_seconds: float = OFFER_TIMEOUT_MS / SECOND_MS
    pass_over_seconds: float = 30.0
    """For how long at least who declined or missed an offer is not offered the same again."""
    wrap_up_seconds: float = 0.0
    """How long a completed conversation still takes up its agent; 0 for not at all."""
    sla_seconds: dict[str, float] = {}
    channel_weight: dict[str, float] = {}
    channel_units: dict[str, float] = {}
    tier_weight: dict[str, float] = {}
    mood_weight: dict[str, float] = {}
    mood_share: dict[str, float] = {}
    """How much of the fit hangs on de-escalation at a mood, 0 to below 1."""
    hold_fraction: dict[str, float] = {}
    relax: tuple[float, ...] = (0.1, 1.0)
    """The last is late: who is served in a language that his agent does not speak takes longer."""
    sigma: float = 0.25
    gamma: float = 1.0
    head_start: float = 0.1
    lam: float = 0.6
    phi: float = 0.2
    language_unstated: float = 0.5
    """How well an agent who states no languages is taken to manage any."""
    language_floor: float = 0.1
    """What a language that he does not speak counts for once all demands are relaxed; 0: it stays
    a bar, however long the customer waits."""
    rescue_share: float = 0.0
    """The share of free slots that go to whoever is most overdue, by his own SLA."""
    broadcast: dict[str, int] = {}
    """How many agents are asked at once, by channel; the first who accepts has it."""
    idle_seconds: float = 1_800.0
    """After how long without a sign of life an agent who holds something is away; 0 for never."""
    lost_seconds: float = 14_400.0
    """After how long he is off line, and what he holds goes to others; 0 for never."""
    ramp_first: float = 3.0
    """How many units an agent who comes on line takes at once; the rest follows bit by bit."""
    ramp_seconds: float = 60.0
    """How long it takes until he has his whole capacity; 0 for at once."""
    angry_in_a_row: int = 5
    """After how many angry customers in a row an agent is spared them; 0 for never."""
    cool_down_seconds: float = 120.0
    """For how long he is, unless he served another before."""
    hours: Hours = Hours()
    overflow: tuple[Overflow, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    forecast: tuple[Forecast, ...] = ()
    budgets: Budgets = Budgets()

    def sla_ms(self, channel: str) -> int:
        """Return within how many milliseconds a customer of a channel should be served."""
        seconds = self.sla_seconds.get(channel, _SLA_SECONDS.get(channel, _OTHER_SLA_SECONDS))
        return round(seconds * SECOND_MS)

    def weight_of_channel(self, channel: str) -> float:
        """Return the weight of a channel; 1 where none is given."""
        return self.channel_weight.get(channel, _CHANNEL_WEIGHT.get(channel, 1.0))

    def weight_of_tier(self, tier: str) -> float:
        """Return the weight of a tier; 1 where none is given."""
        return self.tier_weight.get(tier, _TIER_WEIGHT.get(tier, 1.0))

    def weight_of_mood(self, mood: MoodLabel) -> float:
        """Return the weight of a mood; an unknown one weighs what a calm one does."""
        key = "calm" if mood == MoodLabel.UNKNOWN else mood.value
        return self.mood_weight.get(key, _MOOD_WEIGHT[key])

    def share_of_mood(self, mood: MoodLabel) -> float:
        """Return how much of the fit hangs on de-escalation at a mood."""
        key = "calm" if mood == MoodLabel.UNKNOWN else mood.value
        return self.mood_share.get(key, _MOOD_SHARE[key])

    def hold_ms(self, channel: str) -> int:
        """Return how long a conversation of a channel is kept for its previous agent."""
        fraction = self.hold_fraction.get(
            channel, _HOLD_FRACTION.get(channel, _OTHER_HOLD_FRACTION)
        )
        return round(fraction * self.sla_ms(channel))

    def units_of(self, channel: str) -> int:
        """Return what a conversation of a channel takes of a capacity, in thousandths."""
        return round(self.channel_units.get(channel, 1.0) * 1000)
