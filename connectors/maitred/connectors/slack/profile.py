"""Profiles of Slack users: a name, and an address with the level that its workspace gives it.

Source: https://docs.slack.dev/reference/methods/users.info and
https://docs.slack.dev/reference/objects/user-object. The address needs `users:read.email`.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

import aiohttp
import msgspec
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from maitred.contracts.errors import BadPayload, MaitredError
from maitred.contracts.identifiers import Level, Observed, email_identifier
from maitred.contracts.limits import (
    HOUR_MS,
    MINUTE_MS,
    PROFILE_CACHE_ENTRIES_MAX,
    SECOND_MS,
    SLACK_PROFILE_TIMEOUT_MS,
)

KEEP_MS: Final = HOUR_MS
KEEP_FAILED_MS: Final = MINUTE_MS
"""A workspace whose API is down, or whose app lacks the scope, is not asked at each message."""
NAME_CHARACTERS_MAX: Final = 200


_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack says of a user; nothing in it when Slack did not answer."""

    name: str = ""
    email: Observed | None = None


class _Card(msgspec.Struct, frozen=True, kw_only=True):
    email: str | None = None
    display_name: str | None = None
    real_name: str | None = None


class _User(msgspec.Struct, frozen=True, kw_only=True):
    team_id: str | None = None
    deleted: bool = False
    is_bot: bool = False
    is_stranger: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_email_confirmed: bool = True
    profile: _Card = _Card()


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    user: _User


class SlackProfiles:
    """The profiles of the users whom one account meets, each kept for an hour.

    `client` returns the client of a workspace, by its organisation's installation where that is
    named; `is_own` tells a workspace of the company. `clock`
    gives UTC milliseconds. The cache drops what was used longest ago.
    """

    def __init__(
        self,
        client: Callable[[str, str], Awaitable[AsyncWebClient]],
        *,
        is_own: Callable[[str], bool],
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._is_own_team = is_own
        self._clock = clock
        self._kept: OrderedDict[_Key, tuple[int, Profile]] = OrderedDict()
        self._asking: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    async def find(self, home: str, team: str, user: str, organisation: str = "") -> Profile:
        """Return the profile of a user of `team`, as `home`, or its organisation, shows it.

        It is empty when Slack does not give it in time. It takes `SLACK_PROFILE_TIMEOUT_MS` at
        most and raises nothing: a profile is worth having, and never worth a message. Those who
        ask for the same one at once go on in the order in which they came.
        """
        key = (home, team, user)
        if key not in self._asking and (profile := self._fresh(key)) is not None:
            return profile
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            return self._fresh(key) or await self._found(key, organisation)

    def _fresh(self, key: _Key) -> Profile | None:
        kept = self._kept.get(key)
        if kept is None or self._clock() >= kept[0]:
            return None
        self._kept.move_to_end(key)
        return kept[1]

    async def _found(self, key: _Key, organisation: str) -> Profile:
        home, team, user = key
        asked = await self._ask(home, user, organisation)
        own = asked is not None and self._is_own_team(home) and self._is_own(team, asked)
        profile = Profile() if asked is None else _profile(asked, own=own)
        keep_ms = KEEP_FAILED_MS if asked is None else KEEP_MS
        self._kept[key] = (self._clock() + keep_ms, profile)
        self._kept.move_to_end(key)
        while len(self._kept) > PROFILE_CACHE_ENTRIES_MAX:
            self._kept.popitem(last=False)
        return profile

    def _is_own(self, team: str, user: _User) -> bool:
        """Tell a full member of a workspace of ours, which answers for his address.

        Both the event and the profile must name that workspace. A guest's address was typed by
        whoever invited him, so it counts as asserted only.
        """
        return (
            self._is_own_team(team)
            and team == user.team_id
            and user.is_email_confirmed
            and not (user.is_stranger or user.is_restricted or user.is_ultra_restricted)
        )

    async def _ask(self, home: str, user: str, organisation: str) -> _User | None:
        try:
            async with asyncio.timeout(SLACK_PROFILE_TIMEOUT_MS / SECOND_MS):
                client = await self._client(home, organisation)
                answer = await client.users_info(user=user)
            return msgspec.convert(answer.data, _Answer).user
        except (MaitredError, SlackClientError, aiohttp.ClientError, TimeoutError, OSError):
            return None
        except (ValueError, LookupError, AttributeError, TypeError):
            # An answer that is no answer of Slack's, such as a proxy's page with status 200.
            return None


def _profile(user: _User, *, own: bool) -> Profile:
    card = user.profile
    return Profile(
        name=(card.display_name or card.real_name or "")[:NAME_CHARACTERS_MAX],
        email=None if user.is_bot or user.deleted else _email(card.email or "", own=own),
    )


def _email(address: str, *, own: bool) -> Observed | None:
    try:
        identifier = email_identifier(address)
    except BadPayload:
        return None
    return Observed(identifier=identifier, level=Level.AUTHENTICATED if own else Level.ASSERTED)
