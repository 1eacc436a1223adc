"""Memory: what connectors remember over restarts, sealed before it is stored.

Among it are tokens of workspaces, which open more than our own house: whoever reads the store
alone must not have them. Each value is sealed with AES-GCM under a key derived from the house's
identity secret (HKDF, RFC 5869), bound to the name under which it is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import Tenant
from maitred.contracts.secret import Secret
from maitred.contracts.subjects import JOURNAL, check_token
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import Conflict, document
from maitred.gateway.bus.reads import get_last, get_many

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
"""NIST SP 800-38D, section 8.2.2: a random nonce of 96 bits, for far fewer than 2^32 values."""


class Seal:
    """Seals and opens values of one house."""

    def __init__(self, tenant: Tenant, secret: Secret) -> None:
        derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"maitred memory {tenant}".encode())
        self._cipher = AESGCM(derived.derive(secret.reveal().encode()))

    def close(self, value: bytes, about: str) -> bytes:
        """Return `value` sealed, to be opened only as what it is about."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Return what was sealed.

        Raises:
            ConfigurationError: it was sealed under another secret, or has been changed.
        """
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode()
            )
        except (InvalidTag, ValueError):
            raise ConfigurationError(
                "identity.secret: what connectors keep was sealed under another one; "
                "put the earlier secret back"
            ) from None


class ChannelMemory:
    """What one channel remembers; see `maitred.connectors.port.Memory`."""

    def __init__(self, backbone: Backbone, channel: str, seal: Seal) -> None:
        self._backbone = backbone
        self._channel = channel
        self._seal = seal

    async def get(self, name: str) -> bytes | None:
        """Return what is kept under a name."""
        subject = self._subject(name)
        stored = await get_last(self._backbone.connection, JOURNAL, subject, leader=True)
        if stored is None or not stored.data:
            return None
        return self._seal.open(stored.data, subject)

    async def put(self, name: str, value: bytes) -> None:
        """Keep `value` under a name, and return once it is on disk."""
        subject = self._subject(name)
        await self._write(subject, self._seal.close(value, subject))

    async def delete(self, name: str) -> None:
        """Keep nothing under a name."""
        await self._write(self._subject(name), b"")

    async def names(self) -> Sequence[str]:
        """Return all names under which something is kept, sorted."""
        every = self._backbone.subjects.memory(self._channel, "*")
        found = await get_many(self._backbone.connection, JOURNAL, [every])
        return sorted(
            subject.rpartition(".")[2] for subject, stored in found.items() if stored.data
        )

    async def _write(self, subject: str, data: bytes) -> None:
        while True:
            stored = await get_last(self._backbone.connection, JOURNAL, subject, leader=True)
            expected = stored.seq if stored is not None else 0
            try:
                await self._backbone.committer.commit([document(subject, data, expected=expected)])
            except Conflict:
                continue
            return

    def _subject(self, name: str) -> str:
        check_token(name, path=f"channels.{self._channel}: what it remembers")
        return self._backbone.subjects.memory(self._channel, name)
