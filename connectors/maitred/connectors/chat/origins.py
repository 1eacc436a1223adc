"""Origins: which pages may use a chat, and what their browsers are told (CORS)."""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web

from maitred.connectors.chat.settings import ChatAccount, origin_of

_PREFLIGHT_AGE_S: Final = 600


def may_open(account: ChatAccount, public_url: str, request: web.Request) -> bool:
    """Tell whether a page may use a chat; only browsers say where theirs comes from."""
    written = request.headers.get(hdrs.ORIGIN)
    if written is None:
        return True
    origin = origin_of(written)
    if origin is None:
        return False
    scheme = origin.partition("://")[0]
    own = {f"{scheme}://{request.host.lower()}", public_url.lower()}
    return any(origin_of(one) == origin for one in {*own, *account.allowed_origins})


def shared_with(request: web.Request) -> dict[str, str]:
    """Return the headers that let an allowed page read an answer (Fetch standard, 3.3.3)."""
    told: dict[str, str] = {hdrs.VARY: hdrs.ORIGIN}
    if (origin := request.headers.get(hdrs.ORIGIN)) is not None:
        told[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        told[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = hdrs.RETRY_AFTER
    return told


def preflight(request: web.Request, methods: str) -> web.Response:
    """Answer a browser that asks on behalf of an allowed page what it may send."""
    return web.Response(
        status=204,
        headers={
            **shared_with(request),
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: methods,
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: hdrs.AUTHORIZATION,
            hdrs.ACCESS_CONTROL_MAX_AGE: str(_PREFLIGHT_AGE_S),
        },
    )
