"""Handles of files: how a visitor names a file that an agent sent him.

A handle is `f1.<what it is, in base64>.<mac>`. The mac is over the account and the visitor besides,
so it opens nothing for anybody else, however it came to him.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.connectors.chat.token import signature
from maitred.contracts.outbound import OutboundFile
from maitred.contracts.secret import Secret

HANDLE_CHARACTERS_MAX: Final = 4_096
_HANDLE: Final = re.compile(r"f1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})\Z")
_PURPOSE: Final = "maitred chat file v1"


@dataclass(frozen=True, slots=True)
class FileHandles:
    """The handles of one visitor of an account."""

    secret: Secret
    account: str
    visitor: str

    def issue(self, file: OutboundFile) -> str:
        """Return the handle of a file that goes to the visitor."""
        what = base64.urlsafe_b64encode(msgspec.json.encode(file)).decode().rstrip("=")
        return f"f1.{what}.{self._mac(what)}"

    def open(self, handle: str) -> OutboundFile | None:
        """Return what a handle names, or nothing if it is none of this visitor's."""
        found = _HANDLE.match(handle) if len(handle) <= HANDLE_CHARACTERS_MAX else None
        if found is None:
            return None
        what, given = found.groups()
        if not hmac.compare_digest(given, self._mac(what)):
            return None
        try:
            data = base64.urlsafe_b64decode(what + "=" * (-len(what) % 4))
            return msgspec.json.decode(data, type=OutboundFile)
        except (binascii.Error, msgspec.MsgspecError):
            return None

    def _mac(self, what: str) -> str:
        return signature(self.secret, _PURPOSE, self.account, self.visitor, what)
