"""The systemd unit: hardened, and with enough time to stop in order."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict

import pytest

from maitred.contracts import limits
from tests.deploy.tree import DEPLOY, project

UNIT = DEPLOY / "systemd" / "maitred.service"


def _parse(text: str) -> dict[str, dict[str, list[str]]]:
    """Read a unit file (systemd.syntax(7)): a key may stand more than once."""
    sections: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] | None = None
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith(("#", ";")):
            continue
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = sections.setdefault(header.group(1), defaultdict(list))
            continue
        key, equals, value = line.partition("=")
        assert section is not None, f"{line}: stands before a section"
        assert equals, f"{line}: not key=value"
        section[key].append(value)
    return sections


SECTIONS = _parse(UNIT.read_text())
SERVICE = {key: values[-1] for key, values in SECTIONS["Service"].items()}


def test_the_unit_has_its_three_sections() -> None:
    assert list(SECTIONS) == ["Unit", "Service", "Install"]


def test_it_starts_the_projects_own_command() -> None:
    program, *arguments = SERVICE["ExecStart"].split()
    assert program.rpartition("/")[2] in project()["project"]["scripts"]
    assert arguments == ["up", "--config", "/etc/maitred/maitred.toml"]


def test_a_stop_has_more_time_than_the_gateway_takes() -> None:
    seconds = int(SERVICE["TimeoutStopSec"].removesuffix("s"))
    assert seconds * 1000 > 2 * limits.STOP_TIMEOUT_MS


def test_a_crash_starts_it_again_and_a_wrong_configuration_does_not() -> None:
    assert SERVICE["Restart"] == "on-failure"
    assert SERVICE["RestartPreventExitStatus"] == "2"


def test_there_are_descriptors_for_every_chat_visitor() -> None:
    assert int(SERVICE["LimitNOFILE"]) > 2 * limits.CHAT_SOCKETS_MAX


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("DynamicUser", "yes"),
        ("StateDirectory", "maitred"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("RestrictNamespaces", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("SystemCallFilter", "@system-service"),
        ("UMask", "0077"),
    ],
)
def test_it_is_hardened(setting: str, value: str) -> None:
    assert SERVICE[setting] == value


def test_secrets_come_as_credentials_and_never_through_the_environment() -> None:
    assert "Environment" not in SERVICE
    assert "EnvironmentFile" not in SERVICE
    assert SECTIONS["Service"]["LoadCredential"] == ["secrets:/etc/maitred/secrets"]


def test_systemd_itself_finds_no_fault() -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not on this machine; the other tests read the unit")
    run = subprocess.run(
        [analyze, "verify", str(UNIT)], capture_output=True, text=True, timeout=30, check=False
    )
    # The program is not installed here, and pid 1 may not be systemd: both are said, not faults.
    faults = [
        line
        for line in run.stderr.splitlines()
        if UNIT.name in line and "is not executable" not in line
    ]
    assert faults == []
