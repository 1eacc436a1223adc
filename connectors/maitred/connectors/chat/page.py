"""The demo page: one file of HTML that runs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from aiohttp import web

_INLINE: Final = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
_TITLE: Final = "{{title}}"


@dataclass(frozen=True, slots=True)
class Page:
    """The page and the policy under which a browser runs it."""

    text: str
    policy: str

    def response(self, title: str) -> web.Response:
        """Return the page under a title."""
        return web.Response(
            text=self.text.replace(_TITLE, html.escape(title)),
            content_type="text/html",
            headers={
                "Content-Security-Policy": self.policy,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            },
        )


def load_page() -> Page:
    """Read the page; script and style are allowed by their hashes (CSP level 2, section 4.2.5).

    The title stands outside of both, so that it cannot change what is hashed.
    """
    text = files("maitred.connectors.chat").joinpath("demo.html").read_text(encoding="utf-8")
    hashes = {"script": "", "style": ""}
    for kind, content in _INLINE.findall(text):
        digest = hashlib.sha256(content.encode()).digest()
        hashes[kind] += f" 'sha256-{base64.b64encode(digest).decode()}'"
    policy = (
        f"default-src 'none'; script-src{hashes['script']}; style-src{hashes['style']}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Page(text=text, policy=policy)
