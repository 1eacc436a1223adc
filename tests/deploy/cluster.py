"""A real three-node cluster on the loopback, from the configuration files as they stand.

Only what ties them to the container is changed: addresses and the store's folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from demo.ports import free_ports
from tests.deploy.tree import DEPLOY, SERVER

T = TypeVar("T")

NODES: Final = ("nats-1", "nats-2", "nats-3")
PASSWORDS: Final = {
    "NATS_ROUTE_PASSWORD": "route-secret",
    "NATS_GATEWAY_PASSWORD": "gateway-secret",
    "NATS_AGENT_DESK_1_PASSWORD": "desk-secret",
}
STORE_KEY: Final = "a-key-for-the-stores-of-this-cluster"


def environment(
    name: str = "nats-1", routes: tuple[int, ...] = (6222,), key: str = STORE_KEY
) -> dict[str, str]:
    """Return what a node is told by its environment, quoted as compose does it."""
    password = PASSWORDS["NATS_ROUTE_PASSWORD"]
    urls = ", ".join(f'"nats-route://cluster:{password}@127.0.0.1:{port}"' for port in routes)
    secrets = {**PASSWORDS, "NATS_STORE_KEY": key}
    quoted = {variable: f'"{value}"' for variable, value in secrets.items()}
    return {"NATS_NAME": name, "NATS_ROUTES": f"[{urls}]", **quoted}


def check(folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Let the server itself read a configuration, without starting."""
    return subprocess.run(
        [SERVER, "-t", "-c", folder / "nats.conf"],
        env=variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@dataclass(frozen=True)
class Cluster:
    """Three running nodes: where clients connect, where their settings are seen, and their logs."""

    urls: list[str]
    monitoring_urls: list[str]
    logs: list[Path]


def wait_for(url: str) -> None:
    """Wait until a node is what the compose file calls healthy."""
    deadline = time.monotonic() + 150
    while True:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):  # noqa: S310  (our own, http)
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)  # polling: a node tells nobody that it is ready


async def led(call: Callable[[], Awaitable[T]], *faults: type[Exception]) -> T:
    """Return what a call gives once whatever it goes to has a leader; until then it ends so."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(*faults):
                return await call()
            await asyncio.sleep(0.05)  # polling: a cluster tells nobody that it has a leader


def _configure(
    folder: Path, client: int, monitoring: int, route: int, *, encrypted: bool = True
) -> None:
    shutil.copytree(DEPLOY / "nats", folder, dirs_exist_ok=True)
    path = folder / "nats.conf"
    text = path.read_text()
    if not encrypted:
        for line in ("  cipher: chachapoly\n", "  key: $NATS_STORE_KEY\n"):
            assert text.count(line) == 1, line
            text = text.replace(line, "")
    for old, new in (
        ("0.0.0.0:4222", f"127.0.0.1:{client}"),
        ("0.0.0.0:8222", f"127.0.0.1:{monitoring}"),
        ("0.0.0.0:6222", f"127.0.0.1:{route}"),
        ('"/data"', f'"{folder / "data"}"'),
        ("max_file_store: 20GB", "max_file_store: 64MB"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)


@contextlib.contextmanager
def running(
    folder: Path, *, encrypted: bool = True, keys: tuple[str, str, str] = (STORE_KEY,) * 3
) -> Iterator[Cluster]:
    """Run three nodes in `folder` until the block ends, on the stores that are there.

    `keys` are those of the nodes' stores; where they differ, no node is waited for.
    """
    ports = free_ports(9)
    clients, monitorings, routes = ports[:3], ports[3:6], tuple(ports[6:])
    with contextlib.ExitStack() as stack:
        logs = [folder / f"{name}.log" for name in NODES]
        for name, key, path, *own in zip(
            NODES, keys, logs, clients, monitorings, routes, strict=True
        ):
            _configure(folder / name, *own, encrypted=encrypted)
            log = stack.enter_context(path.open("wb"))
            process = subprocess.Popen(
                [SERVER, "-c", folder / name / "nats.conf"],
                env={**environment(name, routes, key), "PATH": os.defpath},
                stdout=log,
                stderr=log,
            )
            stack.callback(process.wait, 30)
            stack.callback(process.kill)
        nodes = Cluster(
            urls=[f"nats://127.0.0.1:{port}" for port in clients],
            monitoring_urls=[f"http://127.0.0.1:{port}" for port in monitorings],
            logs=logs,
        )
        for url in nodes.monitoring_urls if len(set(keys)) == 1 else ():
            wait_for(url)
        yield nodes
