"""One gateway a store: nats-server has no lock of its own, so that two would destroy the store."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

import msgspec

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.bus.endpoint import write_private
from maitred.gateway.bus.processes import end, start_of

_LEFTOVER_TIMEOUT_MS: Final = 5_000
_OWNER_FILE: Final = "owner.json"


class _Process(msgspec.Struct, frozen=True, kw_only=True):
    """A process by its id and its start, which together are never used again."""

    pid: int
    start: str

    @property
    def alive(self) -> bool:
        return start_of(self.pid) == self.start


class _Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway that holds the store, and its server."""

    gateway: _Process
    server: _Process | None = None


class StoreLock:
    """An exclusive lock (flock(2)) on `<store>/lock`, which the server inherits.

    The lock is free when the gateway and its server have both ended. A server whose gateway
    died is ended by the next `acquire`.
    """

    def __init__(self, store: Path) -> None:
        self._path = store / "lock"
        self._owner_path = store / _OWNER_FILE
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        """The open file that a child must inherit."""
        if self._descriptor is None:
            raise RuntimeError("the store's lock is not held")
        return self._descriptor

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            ConfigurationError: another gateway holds it.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._end_leftover()
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise ConfigurationError(
                f"{self._path.parent}: another gateway works on this store; stop it first, "
                "or give this one a store of its own"
            ) from error
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        self.note(None)

    def note(self, server: int | None) -> None:
        """Write down who holds the store: this process, and the server with id `server`."""
        me = _Process(pid=os.getpid(), start=start_of(os.getpid()) or "")
        child = None if server is None else _Process(pid=server, start=start_of(server) or "")
        write_private(self._owner_path, msgspec.json.encode(_Owner(gateway=me, server=child)))

    def release(self) -> None:
        """Give the lock back; a server that still runs keeps it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _end_leftover(self) -> None:
        try:
            owner = msgspec.json.decode(self._owner_path.read_bytes(), type=_Owner)
        except (OSError, msgspec.DecodeError):
            return
        if not owner.gateway.alive and owner.server is not None and owner.server.alive:
            end(owner.server.pid, timeout_ms=_LEFTOVER_TIMEOUT_MS)
