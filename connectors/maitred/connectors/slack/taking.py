"""Taking: an event that Slack is proven to have sent is stored, or is nobody's message.

It is the same for both ways by which events come, so that the same words are one message whichever
way they took.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from maitred.connectors.port import Context
from maitred.connectors.slack.event import (
    ORGANISATION_FACT,
    TEAM_FACT,
    Envelope,
    SlackEvent,
    farewell,
    read_event,
)
from maitred.connectors.slack.profile import Profile, SlackProfiles
from maitred.connectors.slack.settings import SlackAccount
from maitred.connectors.slack.workspaces import Workspaces
from maitred.contracts.identifiers import Level, Observed, slack_identifier
from maitred.contracts.inbound import Evidence, Inbound, Verification

CHANNEL: Final = "slack"
UNINSTALLED: Final = "uninstalled"
"""The word under which it is counted that a workspace, or an organisation, took the app away."""


class Taking:
    """Takes the events of one account."""

    def __init__(
        self, name: str, account: SlackAccount, context: Context, workspaces: Workspaces
    ) -> None:
        self._name = name
        self._account = account
        self._context = context
        self._workspaces = workspaces
        self._profiles = SlackProfiles(
            workspaces.client, is_own=account.is_own_team, clock=context.clock
        )

    async def take(
        self,
        body: bytes,
        envelope: Envelope,
        *,
        verification: Verification,
        content_type: str = "application/json",
        facts: Mapping[str, str],
    ) -> None:
        """Return once one event is stored, or is none that anybody wrote; `envelope` is its body's.

        Raises:
            StoreUnavailable: the store did not confirm; do not acknowledge.
            Permanent: it can never be stored, or is no event of Slack's.
        """
        if envelope.type != "event_callback":
            return
        if (holder := farewell(envelope)) is not None:
            if await self._workspaces.leave(holder, envelope.event_time):
                self._context.refused(self._name, UNINSTALLED)
            return
        home, organisation = self._account.team_id, ""
        if self._account.is_installed_by_others:
            home, organisation = envelope.home, envelope.organisation
            if not self._account.is_welcome(home, organisation):
                self._context.refused(self._name, "not_welcome")
                return
        event = read_event(envelope, own_team=home, bot_user_id=self._account.bot_user_id)
        if event is None:
            return
        profile = Profile()
        if not event.by_bot:
            profile = await self._profiles.find(home, event.team, event.user, organisation)
        evidence = Evidence(
            verification=verification,
            observed=(profile.email,) if profile.email else (),
            facts={**_facts(event, organisation), **facts},
            name=profile.name,
        )
        await self._context.accept(self._inbound(event, content_type, evidence), body)

    def _inbound(self, event: SlackEvent, content_type: str, evidence: Evidence) -> Inbound:
        return self._context.inbound(
            channel=CHANNEL,
            account=self._name,
            provider_id=event.provider_id,
            sender=Observed(
                identifier=slack_identifier(event.team, event.user), level=Level.AUTHENTICATED
            ),
            content_type=content_type,
            recipients=(event.channel,),
            evidence=evidence,
        )


def _facts(event: SlackEvent, organisation: str) -> dict[str, str]:
    facts = {"event": event.kind, "event_id": event.event_id, TEAM_FACT: event.home}
    if organisation:
        facts[ORGANISATION_FACT] = organisation
    return {**facts, "bot": "1"} if event.by_bot else facts
