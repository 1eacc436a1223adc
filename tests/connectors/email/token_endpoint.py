"""A provider's token endpoint (RFC 6749, section 3.2): real HTTP on the loopback."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from maitred.connectors.email.oauth import EmailOAuth
from maitred.contracts.secret import Secret


@dataclass
class TokenEndpoint:
    """Gives `token_1`, `token_2` and so on; `asked` holds the forms that were posted.

    `answer` is given instead, where it is set: a status and a body. `more` is added to the answer.
    """

    asked: list[dict[str, str]] = field(default_factory=list)
    answer: tuple[int, str] | None = None
    more: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/token", self._give)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/token"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def access(self, **changes: Any) -> EmailOAuth:
        """Return the settings of a client that has a refresh token here."""
        values = {"client_id": "maitred", "refresh_token": Secret("refresh_0"), **changes}
        return EmailOAuth(token_url=self.url, **values)

    async def _give(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.asked.append({name: str(value) for name, value in form.items()})
        if self.answer is not None:
            status, text = self.answer
            return web.Response(status=status, text=text)
        token = f"token_{len(self.asked)}"
        granted = {"access_token": token, "token_type": "Bearer", "expires_in": 3_600, **self.more}
        return web.json_response(granted)
