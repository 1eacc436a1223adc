"""Slack's side of an installation: codes for tokens, tokens for newer ones, and a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from aiohttp import ClientResponse, encode_basic_auth
from yarl import URL

from demo.standins.slack_api import SlackApi
from tests.connectors.slack.door import Door

CLIENT_ID = "111.222"
CLIENT_SECRET = "a-client-secret"
SDK_IS_BEHIND = "ignore:BasicAuth is deprecated:DeprecationWarning"
"""slack-sdk signs its calls for tokens by what aiohttp 3 still has and 4 will not."""
INSTALL = "/v1/slack/main/install"
REDIRECT = "/v1/slack/main/oauth_redirect"


class Front(Protocol):
    """A door to install the app at, and the API that it calls."""

    @property
    def api(self) -> SlackApi: ...

    @property
    def client(self) -> Any: ...


Where = TypeVar("Where", bound=Front)


@dataclass
class OAuthServer(Generic[Where]):
    """Gives tokens for one app; `expires_in` in seconds makes them expire.

    `codes` are those that Slack gave to browsers, with the workspace of each.
    """

    door: Where
    expires_in: int = 0
    codes: dict[str, str] = field(default_factory=dict)
    given: int = 0
    refresh: dict[str, str] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    organisation: str = ""
    """Whose installation the next one is, for all of its workspaces."""

    def start(self) -> None:
        """Let the API answer."""
        self.door.api.methods["oauth.v2.access"] = self._access
        self.door.api.methods["auth.revoke"] = self._revoke
        self.door.api.methods["auth.test"] = self._test

    async def install(self, team: str, **query: str) -> ClientResponse:
        """Go through an installation as a browser does; `query` is what Slack adds or changes."""
        cookie, state = await self.begin()
        return await self.end(team, cookie=cookie, state=state, **query)

    async def begin(self) -> tuple[str, str]:
        """Open the page; return the cookie and the state that it gives."""
        answer: ClientResponse = await self.door.client.get(INSTALL, allow_redirects=False)
        assert answer.status == 302
        state = URL(answer.headers["Location"]).query["state"]
        return answer.headers["Set-Cookie"].partition(";")[0], state

    async def end(self, team: str, *, cookie: str, state: str, **query: str) -> ClientResponse:
        """Come back from Slack, where somebody of a workspace agreed."""
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = team
        answer: ClientResponse = await self.door.client.get(
            REDIRECT,
            params={"code": code, "state": state, **query},
            headers={"Cookie": cookie},
            allow_redirects=False,
        )
        return answer

    async def _access(self, authorization: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if authorization != encode_basic_auth(CLIENT_ID, CLIENT_SECRET):
            return {"ok": False, "error": "bad_client_secret"}
        if given.get("grant_type") == "refresh_token":
            team = self.refresh.pop(str(given["refresh_token"]), None)
            if team is None:
                return {"ok": False, "error": "invalid_refresh_token"}
        else:
            team = self.codes.pop(str(given.get("code")), None)
            if team is None:
                return {"ok": False, "error": "invalid_code"}
        self.given += 1
        token = f"xoxb-{team}-{self.given}"
        self.door.api.tokens.add(token)
        answer: dict[str, Any] = {
            "ok": True,
            "app_id": "A0APP",
            "access_token": token,
            "token_type": "bot",
            "scope": "chat:write",
            "bot_user_id": "U0BOT",
            "team": None if self.organisation else {"id": team, "name": "Anvils"},
            "enterprise": {"id": self.organisation} if self.organisation else None,
            "is_enterprise_install": bool(self.organisation),
            "authed_user": {"id": "U0ADMIN"},
        }
        if self.expires_in:
            renewal = f"xoxe-{team}-{self.given}"
            self.refresh[renewal] = team
            answer |= {"refresh_token": renewal, "expires_in": self.expires_in}
        return answer

    async def _revoke(self, authorization: str, _: Mapping[str, Any]) -> Mapping[str, Any]:
        self.revoked.append(authorization.removeprefix("Bearer "))
        return {"ok": True, "revoked": True}

    async def _test(self, authorization: str, _: Mapping[str, Any]) -> Mapping[str, Any]:
        known = authorization.removeprefix("Bearer ") in self.door.api.tokens
        return {"ok": known, "bot_id": "B0APP", "url": "https://anvils.example.com/"}


DoorOAuth = OAuthServer[Door]
