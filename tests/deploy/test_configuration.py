"""The example configuration is good, and fits the compose file and the image around it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from msgspec.structs import asdict

from maitred.gateway.settings.load import Configuration, host_port, read
from tests.deploy.tree import DEPLOY

COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
NODES = [name for name in COMPOSE["services"] if name.startswith("nats-")]


@pytest.fixture
def configuration(monkeypatch: pytest.MonkeyPatch) -> Configuration:
    """Read the file as a gateway of the compose file would, with every secret given."""
    text = (DEPLOY / "maitred.toml").read_text()
    for name in re.findall(r'"env:(\w+)"', text):
        monkeypatch.setenv(name, "0123456789abcdef0123456789abcdef")
    return read(DEPLOY / "maitred.toml")


def test_it_has_no_fault_and_nothing_that_is_hardly_meant(configuration: Configuration) -> None:
    assert configuration.warnings == ()


def test_it_uses_the_cluster_of_the_compose_file(configuration: Configuration) -> None:
    nats = configuration.settings.nats
    assert set(nats.urls) == {f"nats://{name}:4222" for name in NODES}
    assert nats.replicas == len(NODES)
    assert nats.user == "gateway"
    assert nats.password is not None
    assert not nats.allow_lazy_sync


def test_its_agents_are_the_users_whom_the_cluster_lets_in(configuration: Configuration) -> None:
    accounts = (DEPLOY / "nats" / "accounts.conf").read_text()
    _, _, agents = re.sub(r"(?m)^\s*#.*$", "", accounts).partition("AGENTS: {")
    users = re.findall(r'\buser: "([^"]+)"', agents)
    assert users
    assert sorted(users) == sorted(agent.id for agent in configuration.settings.routing.agents)


def test_it_keeps_its_high_water_mark_in_the_volume(configuration: Configuration) -> None:
    assert Path("/var/lib/maitred") in configuration.settings.nats.store.parents


def test_its_listeners_are_the_ports_that_the_image_names(configuration: Configuration) -> None:
    (exposed,) = re.findall(r"(?m)^EXPOSE (.*)$", (DEPLOY / "Dockerfile").read_text())
    settings = configuration.settings
    http = host_port(settings.http.listen, path="http.listen")
    assert http == ("0.0.0.0", 8080)  # noqa: S104  (inside the container only)
    ports = {http[1], host_port(settings.admin.listen, path="admin.listen")[1]}
    mail = [channel for channel in configuration.channels if channel.name == "email"]
    ports |= {int(asdict(each.settings)["listen"].rpartition(":")[2]) for each in mail}
    assert ports == {int(port) for port in exposed.split()}
