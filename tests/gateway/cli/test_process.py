"""`maitred` as a process: how it starts, how it ends, and what happens to its pipes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import orjson
import pytest

from tests.gateway.cli.conftest import ENVIRONMENT, Cli, command

Up = Callable[..., Awaitable["Daemon"]]


class Daemon:
    """A running `maitred up`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, event: str) -> None:
        """Read its log up to an event."""
        assert self.process.stderr is not None
        async with asyncio.timeout(30):
            async for line in self.process.stderr:
                self.lines.append(line.decode())
                if f'"event":"{event}"' in self.lines[-1]:
                    return
        raise AssertionError("".join(self.lines))

    async def end(self, number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        async with asyncio.timeout(30):
            _, rest = await self.process.communicate()
        self.lines += rest.decode().splitlines(keepends=True)
        assert self.process.returncode is not None
        return self.process.returncode


@pytest.fixture
async def up(begun: Path) -> AsyncIterator[Up]:
    """Start the daemon and wait until it is up."""
    started: list[Daemon] = []

    async def start(*arguments: str) -> Daemon:
        process = await asyncio.create_subprocess_exec(
            *command("up", "--config", str(begun), *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        started.append(Daemon(process))
        await started[-1].until("up")
        return started[-1]

    yield start
    for each in started:
        if each.process.returncode is None:
            each.process.kill()
            await each.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_in_good_order(up: Up, number: int) -> None:
    daemon = await up()
    assert await daemon.end(number) == 0
    assert '"event":"stopped"' in daemon.lines[-1]
    assert not [line for line in daemon.lines if "Traceback" in line]


@pytest.fixture
def untrue(begun: Path) -> Path:
    """Add a test of the rules that fails."""
    test = '[[routing.tests]]\nname = "no"\nexpect = { human_only = true }\n'
    begun.write_text(begun.read_text() + test)
    return begun


@pytest.mark.usefixtures("untrue")
async def test_a_failing_test_of_the_rules_is_a_warning_in_the_log_and_stops_nothing(
    up: Up,
) -> None:
    daemon = await up()
    said = [orjson.loads(each) for each in daemon.lines if '"event":"configuration"' in each]
    assert {each["level"] for each in said} == {"warning"}
    assert said[-1]["warning"] == (
        "routing.tests[0] (no): expected human_only true, came false; no rule matched"
    )
    assert await daemon.end(signal.SIGTERM) == 0


async def test_a_second_gateway_on_the_store_ends_with_2_and_says_why(
    up: Up, cli: Cli, begun: Path
) -> None:
    await up()
    done = await asyncio.to_thread(cli, "up")
    assert done.returncode == 2
    store = begun.parent / "maitred-data"
    assert ours(done.stderr) == [
        (
            f"maitred: {store}: another gateway works on this store; stop it first, "
            "or give this one a store of its own"
        )
    ]


async def test_ctrl_c_ends_a_watch_without_an_end(up: Up, begun: Path) -> None:
    """On a terminal, where it draws; that it has drawn shows that it watches."""
    await up("--roles", "intake")
    terminal, inside = os.openpty()
    watch = await asyncio.create_subprocess_exec(
        *command("watch", "--config", str(begun)),
        stdout=inside,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, "TERM": "xterm"},
    )
    os.close(inside)
    async with asyncio.timeout(20):
        await asyncio.to_thread(read_until, terminal, b"ledger")
        watch.send_signal(signal.SIGINT)
        drained = asyncio.to_thread(read_until, terminal, b"")
        (_, err), _ = await asyncio.gather(watch.communicate(), drained)
    os.close(terminal)
    assert (watch.returncode, err) == (0, b"")


def read_until(terminal: int, text: bytes) -> None:
    """Read from a terminal until `text` has come, or, for an empty one, until it is closed."""
    seen = b""
    while not text or text not in seen:
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            return


def ours(text: str) -> list[str]:
    """Return the lines that are no log lines."""
    lines = text.splitlines()
    assert "Traceback" not in text
    return [line for line in lines if not line.startswith("{")]


@pytest.mark.parametrize("section", ["http", "admin", "nats"])
def test_a_port_in_use_ends_with_2_and_one_line(cli: Cli, begun: Path, section: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = begun.read_text()
        if section == "nats":
            text += f"[nats]\nport = {port}\n"
        else:
            place = f'[{section}]\nlisten = "127.0.0.1:'
            text = text.replace(f'{place}0"', f'{place}{port}"')
        begun.write_text(text)
        done = cli("up")
    assert done.returncode == 2
    (line,) = ours(done.stderr)
    assert f"{section}.listen: cannot listen on 127.0.0.1:{port}: " in line or section == "nats"
    assert str(port) in line


def test_a_mail_port_in_use_ends_with_one_line(cli: Cli, begun: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        begun.write_text(
            f'{begun.read_text()}[channels.email]\nlisten = "127.0.0.1:{port}"\n'
            '[channels.email.accounts.a]\naddresses = ["a@b.example"]\n'
        )
        done = cli("up")
    assert done.returncode in {1, 2}
    (line,) = ours(done.stderr)
    assert str(port) in line


def test_a_store_that_cannot_be_made_ends_with_one_line(cli: Cli, begun: Path) -> None:
    (begun.parent / "file").write_text("")
    begun.write_text(f'{begun.read_text()}[nats]\nstore = "file/store"\n')
    done = cli("up")
    assert done.returncode in {1, 2}
    (line,) = ours(done.stderr)
    assert "Not a directory" in line


def test_a_server_elsewhere_that_is_not_there_ends_with_1(cli: Cli, begun: Path) -> None:
    begun.write_text(f'{begun.read_text()}[nats]\nurls = ["nats://127.0.0.1:1"]\n')
    done = cli("ledger")
    assert done.returncode == 1
    assert done.stderr == (
        "maitred: no gateway is running (nobody answers at nats.urls); start `maitred up`\n"
    )


def test_a_broken_pipe_is_no_traceback(tmp_path: Path, cli: Cli) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as broken:
        done = subprocess.run(
            command("--help"), stdout=broken, stderr=subprocess.PIPE, timeout=30, check=False,
            env=ENVIRONMENT,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == b""


def test_closed_outputs_are_no_traceback(begun: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command("check", "--config", str(begun))],
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        timeout=30,
        check=False,
    )
    assert b"Traceback" not in done.stderr


async def test_the_quarantine_of_a_new_gateway_is_empty_and_its_ledger_balanced(
    up: Up, cli: Cli
) -> None:
    await up("--roles", "intake,dispatch")
    done = await asyncio.to_thread(cli, "dead", "list")
    assert (done.returncode, done.stdout) == (0, "The quarantine is empty.\n")
    done = await asyncio.to_thread(cli, "dead", "list", "--json")
    assert orjson.loads(done.stdout) == []
    done = await asyncio.to_thread(cli, "ledger", "--json")
    assert set(orjson.loads(done.stdout).values()) == {0}
