"""The compose file: three NATS nodes and two gateways, without a secret and without a hole."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from maitred.contracts import limits
from tests.deploy.tree import DEPLOY, ROOT, example_variables, project, server_version

TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NODES = {name: each for name, each in SERVICES.items() if name.startswith("nats-")}
GATEWAYS = {name: each for name, each in SERVICES.items() if name.startswith("gateway-")}


def _volumes(service: dict[str, Any]) -> dict[str, str]:
    return {volume.split(":")[1]: volume.split(":")[0] for volume in service["volumes"]}


def test_there_are_three_nodes_and_two_gateways_and_nothing_else() -> None:
    assert (len(NODES), len(GATEWAYS), len(SERVICES)) == (3, 2, 5)


def test_every_node_runs_the_server_that_the_project_pins() -> None:
    assert {node["image"] for node in NODES.values()} == {f"nats:{server_version()}-alpine"}


def test_the_gateways_run_the_projects_own_version() -> None:
    version = project()["project"]["version"]
    assert {gateway["image"] for gateway in GATEWAYS.values()} == {f"maitred:{version}"}


def test_every_node_has_a_name_and_a_store_of_its_own() -> None:
    assert [node["environment"]["NATS_NAME"] for node in NODES.values()] == list(NODES)
    stores = [_volumes(service)["/data"] for service in NODES.values()]
    assert len(set(stores)) == len(NODES)
    assert set(stores) <= set(COMPOSE["volumes"])


def test_every_gateway_keeps_its_high_water_mark_apart() -> None:
    stores = [_volumes(service)["/var/lib/maitred"] for service in GATEWAYS.values()]
    assert len(set(stores)) == len(GATEWAYS)
    assert set(stores) <= set(COMPOSE["volumes"])


def test_every_route_leads_to_a_node() -> None:
    for node in NODES.values():
        routes = re.findall(r"@([\w-]+):6222", node["environment"]["NATS_ROUTES"])
        assert routes == list(NODES)


@pytest.mark.parametrize("name", SERVICES)
def test_every_mounted_file_exists_and_is_read_only(name: str) -> None:
    for volume in SERVICES[name]["volumes"]:
        source, _, rest = volume.partition(":")
        if source.startswith("."):
            assert (DEPLOY / source).exists(), f"{source}: no such file"
            assert rest.endswith(":ro")


def test_the_image_is_built_from_the_file_beside() -> None:
    for gateway in GATEWAYS.values():
        context = (DEPLOY / gateway["build"]["context"]).resolve()
        assert context == ROOT
        assert (context / gateway["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_the_loopback_only_and_once(name: str) -> None:
    published = SERVICES[name]["ports"]
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)
    inner = {port.split(":")[2] for port in published}
    assert inner <= ({"4222"} if name in NODES else {"8080", "2525"})


def test_no_two_services_publish_the_same_port() -> None:
    outer = [port.split(":")[1] for each in SERVICES.values() for port in each["ports"]]
    assert len(set(outer)) == len(outer)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_watched_confined_and_given_time_to_stop(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["stop_grace_period"].removesuffix("s")) * 1000 > limits.STOP_TIMEOUT_MS
    assert "privileged" not in service


def test_a_gateway_waits_for_every_node() -> None:
    for gateway in GATEWAYS.values():
        assert {
            name: on["condition"] for name, on in gateway["depends_on"].items()
        } == dict.fromkeys(NODES, "service_healthy")


def test_nodes_and_gateways_meet_on_a_network_without_a_way_out() -> None:
    assert COMPOSE["networks"]["bus"] == {"internal": True}
    assert all("bus" in service["networks"] for service in SERVICES.values())
    assert all("front" not in node["networks"] for node in NODES.values())


def test_every_variable_stands_in_the_example_and_is_empty_there() -> None:
    used = set(re.findall(r"\$\{(\w+)", TEXT))
    assert used == set(example_variables())
    assert set(example_variables().values()) == {""}


def test_every_variable_is_asked_for_where_it_is_used_first() -> None:
    """Compose refuses `${NAME:?...}` while NAME is empty; `env.example` promises it for each."""
    uses = re.findall(r"\$\{(\w+)(:[-?+=]|[-?+=])?", TEXT)
    asked = {name for name, operator in uses if operator == ":?"}
    assert asked == set(example_variables())
    assert {operator for _, operator in uses} <= {":?", ""}


def test_a_gateway_is_told_its_own_secrets_only() -> None:
    for gateway in GATEWAYS.values():
        assert not {name for name in gateway["environment"] if re.search("ROUTE|AGENT|STORE", name)}


def test_every_secret_of_the_example_configuration_is_handed_in() -> None:
    wanted = set(re.findall(r'"env:(\w+)"', (DEPLOY / "maitred.toml").read_text()))
    assert wanted
    for gateway in GATEWAYS.values():
        given = {name: gateway["environment"][name] for name in wanted}
        # The password of NATS is asked for where the nodes name it.
        refused = {name for name, value in given.items() if value.startswith(f"${{{name}:?")}
        assert refused == wanted - {"NATS_GATEWAY_PASSWORD"}
