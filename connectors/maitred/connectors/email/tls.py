"""The certificate of the doors: read from files, and read again when they have changed.

A renewed certificate (ACME clients replace the files every few weeks) is used from the next
connection on; connections under way keep theirs.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from maitred.connectors.email.settings import EmailSettings
from maitred.connectors.port import Context
from maitred.contracts.errors import ConfigurationError

_Stamp: TypeAlias = tuple[tuple[int, int, int], ...]


class Certificate:
    """A certificate chain and its key, as they stand in their files.

    `failed` is called once for each change that cannot be used: a chain and a key that do not
    belong together, as they are while only one of them has been replaced. The former pair stays.
    """

    def __init__(self, chain: Path, key: Path, failed: Callable[[], None]) -> None:
        """Read both files.

        Raises:
            ConfigurationError: they cannot be read, or do not belong together.
        """
        self._files = (chain, key)
        self._failed = failed
        try:
            self._stamp = self._stamp_now()
            self._context = self._read()
        except (OSError, ValueError):  # ssl.SSLError is an OSError
            raise ConfigurationError(
                "channels.email.certificate: cannot be read together with certificate_key; both "
                "must be PEM files that belong together, the key without a pass phrase"
            ) from None

    def context(self) -> ssl.SSLContext:
        """Return what a connection that opens now is to be secured with."""
        try:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._stamp = stamp
                self._context = self._read()
        except (OSError, ValueError):
            self._failed()
        return self._context

    def _stamp_now(self) -> _Stamp:
        found = [file.stat() for file in self._files]
        return tuple((each.st_mtime_ns, each.st_ino, each.st_size) for each in found)

    def _read(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # RFC 8996: TLS 1.0 and 1.1 are not to be negotiated.
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Without a callback a key with a pass phrase would ask for it at the terminal.
        context.load_cert_chain(*self._files, password=lambda: b"")
        return context


def certificate_of(settings: EmailSettings, context: Context) -> Certificate | None:
    """Return the certificate of the settings, if they name one.

    Raises:
        ConfigurationError: its files cannot be used.
    """
    if settings.certificate is None or settings.certificate_key is None:
        return None
    return Certificate(
        settings.certificate,
        settings.certificate_key,
        lambda: context.refused("", "certificate"),
    )
