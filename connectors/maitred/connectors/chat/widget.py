"""The widget: one script, put together from its parts, that a company's pages load."""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import msgspec
from aiohttp import hdrs, web

WIDGET_PATH: Final = "/v1/chat/widget.js"
_FOLDER: Final = "widget"
_PARTS: Final = (
    "texts.js",
    "shelf.js",
    "files.js",
    "link.js",
    "sender.js",
    "elements.js",
    "lines.js",
    "proof.js",
    "panel.js",
    "main.js",
)
"""In their order; each may use what those before it define. `panel.css` goes before them."""
_FRESH: Final = "public, max-age=300"
"""Pages that do not name a version have a new one soon."""
_FOR_EVER: Final = "public, max-age=31536000, immutable"
"""RFC 8246: what is named by its content never changes."""


@dataclass(frozen=True, slots=True)
class Widget:
    """The script, plain and packed (gzip).

    `version` and `integrity` are by its content (Subresource Integrity, section 3.1).
    """

    script: bytes
    packed: bytes
    version: str
    integrity: str

    def response(self, request: web.Request) -> web.Response:
        """Answer whoever asks for the script, with nothing if he has it."""
        packs = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower()
        tag = f"{self.version}-gzip" if packs else self.version
        headers = {
            hdrs.ETAG: f'"{tag}"',
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
            hdrs.CACHE_CONTROL: _FOR_EVER if request.query.get("v") == self.version else _FRESH,
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'",
        }
        if any(each.value in {tag, "*"} for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        if packs:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(
            body=self.packed if packs else self.script,
            content_type="text/javascript",
            charset="utf-8",
            headers=headers,
        )


def load_widget() -> Widget:
    """Read the parts and put them together."""
    folder = files("maitred.connectors.chat").joinpath(_FOLDER)

    def part(name: str) -> str:
        return folder.joinpath(name).read_text(encoding="utf-8")

    style = f"const STYLE = {msgspec.json.encode(part('panel.css')).decode()};\n"
    parts = "\n".join(part(name) for name in _PARTS)
    script = f'(() => {{\n"use strict";\n{style}{parts}}})();\n'.encode()
    digest = hashlib.sha384(script).digest()
    return Widget(
        script=script,
        packed=gzip.compress(script, mtime=0),
        version=digest.hex()[:16],
        integrity=f"sha384-{base64.b64encode(digest).decode()}",
    )
