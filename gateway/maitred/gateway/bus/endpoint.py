"""Where a NATS server is reached, and with which credentials."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from maitred.contracts.errors import ConfigurationError

CONNECTION_FILE: Final = "connection.json"


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """Addresses of the servers and one way to log in; `repr` shows the addresses only.

    `credentials` is the path of a `.creds` file, `nkey_seed` the path of a file with an NKEY
    seed, `tls_ca` the path of the certificate authority's PEM file.
    """

    urls: tuple[str, ...]
    user: str | None = None
    password: str | None = None
    credentials: Path | None = None
    nkey_seed: Path | None = None
    tls_ca: Path | None = None

    def __repr__(self) -> str:
        shown = tuple(url.rpartition("@")[2] for url in self.urls)
        return f"Endpoint(urls={shown!r})"


class _ConnectionFile(msgspec.Struct, frozen=True, kw_only=True):
    """What `connection.json` holds."""

    url: str
    user: str
    password: str


def write_private(path: Path, data: bytes) -> None:
    """Write `data` to `path` in one step, readable by the owner only, and force it to disk."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def write_connection(store: Path, *, url: str, user: str, password: str) -> None:
    """Leave the embedded server's address in `store`, for commands of the same user."""
    record = _ConnectionFile(url=url, user=user, password=password)
    write_private(store / CONNECTION_FILE, msgspec.json.encode(record))


def read_connection(store: Path) -> Endpoint:
    """Return where the embedded server of `store` was last started.

    Raises:
        ConfigurationError: the file is missing, unreadable or not ours.
    """
    path = store / CONNECTION_FILE
    try:
        record = msgspec.json.decode(path.read_bytes(), type=_ConnectionFile)
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{path}: missing; start the gateway with this store first, or name the NATS servers"
        ) from error
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({type(error).__name__}); start the gateway again"
        ) from error
    return Endpoint(urls=(record.url,), user=record.user, password=record.password)
