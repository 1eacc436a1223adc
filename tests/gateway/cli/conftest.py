"""The command line as a user has it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from tests.end_to_end.conftest import (  # noqa: F401  (fixtures)
    open_house,
    session,
    smarthost,
    take_seat,
)

Done = subprocess.CompletedProcess
Cli = Callable[..., Done[str]]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}},
    "PYTHONUNBUFFERED": "1",
}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "maitred.gateway", *arguments]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command sets up the logging of its process, which is this one where it is called."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Run one command to its end, in a folder of its own."""

    def run(*arguments: str, cwd: Path = tmp_path) -> Done[str]:
        return subprocess.run(
            command(*arguments),
            cwd=cwd,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def begun(tmp_path: Path, cli: Cli) -> Path:
    """A configuration that listens on free ports and has no channels."""
    (tmp_path / "secret").write_text("a secret that is long enough")
    config = tmp_path / "maitred.toml"
    config.write_text(
        '[http]\nlisten = "127.0.0.1:0"\n[admin]\nlisten = "127.0.0.1:0"\n'
        '[identity]\nsecret = "file:secret"\n[log]\nformat = "json"\n'
    )
    return config
