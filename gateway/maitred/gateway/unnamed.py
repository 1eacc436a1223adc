"""Unnamed: no HTTP answer says what it is made with (RFC 9110, section 10.2.4)."""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web, web_response

SERVER: Final = "maitred"


def leave_unnamed(app: web.Application) -> None:
    """Let no answer of an application bear a `Server` header.

    What is no HTTP never reaches an application: aiohttp answers it by itself, and has no setting
    for the name under which it does.
    """
    app.on_response_prepare.append(_take_name_off)
    web_response.SERVER_SOFTWARE = SERVER  # type: ignore[attr-defined]  # no part of its API


async def _take_name_off(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop(hdrs.SERVER, None)
