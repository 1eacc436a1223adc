"""`[channels.slack]`: Slack apps, each in one workspace or in all that install it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
from yarl import URL

from maitred.connectors.accounts import check_accounts
from maitred.contracts.secret import Secret

SIGNING_SECRETS_MAX: Final = 4
TEAMS_MAX: Final = 1_000


class SlackAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Slack app.

    Events come by HTTP, proven by `signing_secret` (or one of `signing_secrets`, of which there
    are several while it is changed), or by Socket Mode, which `app_token` opens. An app for one
    workspace has its `bot_token` and `team_id`. An app that workspaces install by themselves has
    `client_id` and `client_secret`; `may_install` names those that may, all if it is empty. An
    organisation of Enterprise Grid may install it for all of its workspaces.

    `team_id` and `own_teams` are the company's own workspaces. `bot_user_id` is the app's own
    user; without it the app's messages are known by their app id. With `agent_names` a reply
    appears under its agent's name and picture. `api_url` stands in for https://slack.com/api/.
    """

    signing_secret: Secret | None = None
    signing_secrets: tuple[Secret, ...] = ()
    app_token: Secret | None = None
    bot_token: Secret | None = None
    team_id: str = ""
    own_teams: tuple[str, ...] = ()
    client_id: str = ""
    client_secret: Secret | None = None
    may_install: tuple[str, ...] = ()
    bot_user_id: str = ""
    agent_names: bool = False
    api_url: str = ""

    @property
    def proofs(self) -> tuple[str, ...]:
        """The secrets with any of which a request may be signed."""
        secrets = (self.signing_secret, *self.signing_secrets)
        return tuple(each.reveal() for each in secrets if each is not None)

    @property
    def is_installed_by_others(self) -> bool:
        """Whether workspaces install it by themselves."""
        return bool(self.client_id)

    def is_own_team(self, team: str) -> bool:
        """Tell a workspace of the company."""
        return bool(team) and (team == self.team_id or team in self.own_teams)

    def is_welcome(self, team: str, organisation: str = "") -> bool:
        """Tell a workspace, or a whole organisation, that may install the app."""
        return not self.may_install or not {team, organisation}.isdisjoint(self.may_install)


class SlackSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Slack apps by the name that stands in their addresses."""

    accounts: dict[str, SlackAccount] = {}


def check(settings: SlackSettings) -> None:
    """Look at what the shapes cannot tell.

    Raises:
        ConfigurationError: with every fault, each with its path.
    """
    check_accounts("slack", settings.accounts, _faults)


def _faults(account: SlackAccount) -> Iterator[str]:
    """Yield what is wrong with an account, each fault beginning with the setting's name."""
    yield from _incoming(account)
    yield from _workspaces(account)
    if account.api_url and not _is_address(account.api_url):
        yield "api_url: write an address that begins with https:// (or http:// for tests)"


def _incoming(account: SlackAccount) -> Iterator[str]:
    if account.signing_secret is not None and _is_blank(account.signing_secret):
        yield "signing_secret: write the app's signing secret, as env:NAME or file:PATH"
    elif not account.proofs and account.app_token is None:
        yield (
            "signing_secret: write the app's signing secret, as env:NAME or file:PATH; "
            "or an `app_token` for Socket Mode"
        )
    if len(account.signing_secrets) > SIGNING_SECRETS_MAX:
        yield f"signing_secrets: at most {SIGNING_SECRETS_MAX} are allowed"
    if any(map(_is_blank, account.signing_secrets)):
        yield "signing_secrets: write each as env:NAME or file:PATH"
    if account.app_token is not None and _is_blank(account.app_token):
        yield "app_token: write the app's app-level token (xapp-...), as env:NAME or file:PATH"


def _workspaces(account: SlackAccount) -> Iterator[str]:
    for name, teams in (("own_teams", account.own_teams), ("may_install", account.may_install)):
        if len(teams) > TEAMS_MAX or not all(team.strip() for team in teams):
            yield f"{name}: write up to {TEAMS_MAX:,} ids of workspaces, which begin with T or E"
    if account.is_installed_by_others:
        if _is_blank(account.client_secret):
            yield "client_secret: write the app's client secret, as env:NAME or file:PATH"
        if account.bot_token is not None:
            yield "bot_token: leave it out, since each workspace that installs the app gives one"
        return
    if account.client_secret is not None:
        yield "client_id: write the app's client id, or leave `client_secret` out"
    if account.may_install:
        yield "may_install: takes `client_id` and `client_secret`, by which the app is installed"
    if _is_blank(account.bot_token):
        yield "bot_token: write the app's bot token (xoxb-...), as env:NAME or file:PATH"
    if not account.team_id:
        yield "team_id: write the workspace's id, which begins with T"


def _is_blank(secret: Secret | None) -> bool:
    return secret is None or not secret.reveal().strip()


def _is_address(text: str) -> bool:
    try:
        url = URL(text)
    except ValueError:
        return False
    return url.absolute and url.scheme in {"https", "http"} and bool(url.host)
