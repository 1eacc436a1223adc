"""The demo page: one of the company's pages as small as can be, with the widget on it."""

from __future__ import annotations

import html
from typing import Final
from urllib.parse import quote

from aiohttp import web

from maitred.connectors.chat.widget import Widget

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
<p>This page has nothing on it but the chat.</p>
</main>
<script src="../widget.js?v={version}" integrity="{integrity}" crossorigin="anonymous"
 data-account="{account}" data-open></script>
</body>
</html>
"""


def demo_page(name: str, title: str, widget: Widget) -> web.Response:
    """Return the page of an account; nothing runs on it but the widget, and nothing is inline."""
    text = _PAGE.format(
        title=html.escape(title),
        version=widget.version,
        integrity=widget.integrity,
        account=html.escape(quote(name)),
    )
    return web.Response(
        text=text,
        content_type="text/html",
        headers={
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    )
