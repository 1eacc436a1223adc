"""The certificate of the doors: read from files, and read again when they have changed.

A renewed certificate (ACME clients replace the files every few weeks) is used from the next
connection on; connections under way keep theirs.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from cryptography import x509

from maitred.connectors.email.networks import PATH
from maitred.connectors.email.settings import EmailSettings
from maitred.connectors.port import Context
from maitred.contracts.errors import ConfigurationError

_Stamp: TypeAlias = tuple[tuple[int, int, int], ...]


class Certificate:
    """A certificate chain and its key, as they stand in their files.

    `failed` is called once for each change that cannot be used (a chain and a key that do not
    belong together, as they are while only one of them has been replaced, and the former pair
    stays), with `certificate`; and once for a pair that has expired, with `certificate_expired`.
    `clock` tells the time in UTC milliseconds.
    """

    def __init__(
        self, chain: Path, key: Path, failed: Callable[[str], None], clock: Callable[[], int]
    ) -> None:
        """Read both files.

        Raises:
            ConfigurationError: they cannot be read, or do not belong together.
        """
        self._files = (chain, key)
        self._failed = failed
        self._clock = clock
        self._told = False
        try:
            self._stamp = self._stamp_now()
            self._context, self._ends = self._read()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise ConfigurationError(_fault_of(chain, key, error)) from None

    @property
    def ends(self) -> datetime:
        """When the certificate expires."""
        return self._ends

    def context(self) -> ssl.SSLContext:
        """Return what a connection that opens now is to be secured with."""
        stamp: _Stamp = ()
        with contextlib.suppress(OSError):
            stamp = self._stamp_now()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._context, self._ends = self._read()
                self._told = False
            except (OSError, ValueError):
                self._failed("certificate")
        if not self._told and self._clock() >= self._ends.timestamp() * 1000:
            self._told = True
            self._failed("certificate_expired")
        return self._context

    def _stamp_now(self) -> _Stamp:
        found = [file.stat() for file in self._files]
        return tuple((each.st_mtime_ns, each.st_ino, each.st_size) for each in found)

    def _read(self) -> tuple[ssl.SSLContext, datetime]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # RFC 8996: TLS 1.0 and 1.1 are not to be negotiated.
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Without a callback a key with a pass phrase would ask for it at the terminal.
        context.load_cert_chain(*self._files, password=lambda: b"")
        # The first one is the door's own, those behind it lead to its authority.
        own = x509.load_pem_x509_certificates(self._files[0].read_bytes())[0]
        return context, own.not_valid_after_utc


def _fault_of(chain: Path, key: Path, error: Exception) -> str:
    """Return what is wrong with two files that cannot be used."""
    for setting, path in (("certificate", chain), ("certificate_key", key)):
        try:
            path.read_bytes()
        except OSError as unread:
            return f"{PATH}.{setting}: {path} cannot be read: {unread.strerror}"
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return f"{PATH}.certificate_key: {key} is not the key of the certificate in {chain}"
    return (
        f"{PATH}.certificate: {chain} and {key} (certificate_key) cannot be used; both must be "
        "PEM files that belong together, the key without a pass phrase"
    )


def advice_on(certificate: Certificate | None, now_ms: int) -> list[str]:
    """Return what a person should know of a certificate that is good: that it has expired."""
    if certificate is None or certificate.ends.timestamp() * 1000 > now_ms:
        return []
    ended = certificate.ends.astimezone(UTC).strftime("%Y-%m-%d")
    said = f"expired on {ended}, so whoever checks it does not deliver; a new one needs no restart"
    return [f"{PATH}.certificate: {said}"]


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
        lambda reason: context.refused("", reason),
        context.clock,
    )
