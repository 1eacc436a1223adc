"""The key of an encrypted store, compared with the store's own before the server sees it.

nats-server starts with a wrong key, or without one, as if the store were empty, and whoever then
declares a stream destroys the one that could not be read. Given a key for a store that is plain,
it encrypts what is there but loses every stream that happens to be empty, and with it the count
of its messages; given a new key beside the old one (`prev_key`) it loses those and every consumer
(all seen with 2.15.1, and held by tests). So a store has one key for life, or none. A keyed hash of
it stands in the store, and a start that does not bring that key ends before the server's.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.secret import Secret
from maitred.gateway.bus.endpoint import write_private

KEY_BYTES_MIN: Final = 32
"""What NATS recommends; it hashes the key once, so a short one can be guessed offline."""
NOTE: Final = "encryption.json"
VARIABLE: Final = "MAITRED_STORE_KEY"
"""Where the server finds the key: in its environment, never in a file beside the store."""


class _Note(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the store: a hash that only the right key gives."""

    key: str


def key_faults(key: Secret) -> Iterator[str]:
    """Return what is wrong with a key, in words that follow the setting's name."""
    text = key.reveal()
    if len(text.encode()) < KEY_BYTES_MIN:
        yield (
            f"must be at least {KEY_BYTES_MIN} bytes, for instance the output of "
            "`openssl rand -hex 32`"
        )
    if not text.isprintable() or set(text) & set('"\\$'):
        yield "must be one line without quotes, backslashes and dollar signs"


def admit(store: Path, key: Secret | None) -> None:
    """See that a key, or none, is the store's; a new store takes the one that it is given.

    Raises:
        ConfigurationError: the store is plain, or encrypted with another key, or this cannot be
            told.
    """
    note = _read(store / NOTE)
    streams = tuple((store / "streams").glob("jetstream/*/streams/*"))
    is_encrypted = note is not None or any((each / "meta.key").exists() for each in streams)
    if key is None:
        if is_encrypted:
            raise ConfigurationError(f"{store}: encrypted, so nats.encryption_key is needed")
    elif note is None and is_encrypted:
        raise ConfigurationError(
            f"{store / NOTE}: missing, and nothing else tells whether nats.encryption_key is the "
            "right one; restore the file with the store"
        )
    elif note is None and streams:
        raise ConfigurationError(
            f"{store}: not encrypted; nats.encryption_key can be given to a new store only"
        )
    elif note is None:
        write_private(store / NOTE, msgspec.json.encode(_Note(key=_hash(key))))
    elif not hmac.compare_digest(note.key, _hash(key)):
        raise ConfigurationError(
            f"{store}: encrypted with another key than nats.encryption_key; nothing was touched"
        )


def variables(key: Secret | None) -> dict[str, str]:
    """Return what the server's environment needs; the quotes keep it from reading a number."""
    return {} if key is None else {VARIABLE: f'"{key.reveal()}"'}


def _read(path: Path) -> _Note | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Note)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({type(error).__name__}); restore it with the store"
        ) from error


def _hash(key: Secret) -> str:
    return hmac.digest(key.reveal().encode(), b"maitred encrypted store", "sha256").hex()
