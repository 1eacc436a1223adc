"""The durable consumers through which agents fetch their assignments."""

from __future__ import annotations

from typing import Any, Final

import structlog

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import AgentId, Tenant
from maitred.contracts.subjects import JOURNAL, ROOT, check_token
from maitred.gateway.bus.api import ApiError
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.permissions import consumer_of

ACK_WAIT_MS: Final = 60_000
ACK_PENDING_MAX: Final = 1_000

_CONSUMER_NOT_FOUND: Final = 10014
_NS: Final = 1_000_000
_PREFIX: Final = consumer_of(AgentId(""))

_log = structlog.get_logger(__name__)


async def declare_agent(connection: Connection, tenant: Tenant, agent_id: AgentId) -> None:
    """Make the consumer of an agent, or put right what drifted; what he has fetched stays so.

    Raises:
        ConfigurationError: the id cannot stand in a subject, JetStream refuses the consumer, or
            another tenant's agent has it: each tenant needs a NATS account of its own.
        StoreUnavailable: JetStream did not answer.
    """
    check_token(agent_id, path="agent")
    wanted = _config(tenant, agent_id)
    found = await _find(connection, agent_id)
    if found is not None and all(found.get(field) == value for field, value in wanted.items()):
        return
    _refuse_other_tenant(found, tenant, agent_id)
    body = {
        "stream_name": JOURNAL,
        "config": {**(found or {}), **wanted},
        "action": "create" if found is None else "update",
    }
    try:
        await connection.api(f"CONSUMER.CREATE.{JOURNAL}.{consumer_of(agent_id)}", body)
    except ApiError as error:
        raise ConfigurationError(
            f"consumer {consumer_of(agent_id)} on stream {JOURNAL}: JetStream refused it "
            f"({error.err_code}: {error.description}); delete it to have it made again"
        ) from error
    if found is not None:
        _log.warning("consumer_corrected", consumer=consumer_of(agent_id))


def _refuse_other_tenant(found: dict[str, Any] | None, tenant: Tenant, agent_id: AgentId) -> None:
    written = str((found or {}).get("filter_subject", "")).removeprefix(f"{ROOT}.").split(".")
    other = written[0] if written[1:] == ["assign", agent_id, ">"] else tenant
    if other != tenant:
        raise ConfigurationError(
            f"tenant: {agent_id} is an agent of tenant {other!r} in this NATS account; "
            f"give {tenant!r} an account of its own"
        )


async def remove_agent(connection: Connection, agent_id: AgentId) -> bool:
    """Delete the consumer of an agent; False when there was none.

    Raises:
        StoreUnavailable: JetStream did not answer.
    """
    check_token(agent_id, path="agent")
    try:
        await connection.api(f"CONSUMER.DELETE.{JOURNAL}.{consumer_of(agent_id)}", None)
    except ApiError as error:
        if error.err_code == _CONSUMER_NOT_FOUND:
            return False
        raise
    return True


async def list_agents(connection: Connection) -> list[AgentId]:
    """Return the agents that have a consumer, sorted.

    Raises:
        StoreUnavailable: JetStream did not answer.
    """
    names: list[str] = []
    while True:
        answer = await connection.api(f"CONSUMER.NAMES.{JOURNAL}", {"offset": len(names)})
        page: list[str] = answer.get("consumers") or []
        names += page
        if not page or len(names) >= int(answer["total"]):
            break
    return sorted(AgentId(name.removeprefix(_PREFIX)) for name in names if name.startswith(_PREFIX))


def _config(tenant: Tenant, agent_id: AgentId) -> dict[str, Any]:
    return {
        "name": consumer_of(agent_id),
        "durable_name": consumer_of(agent_id),
        "filter_subject": f"{ROOT}.{tenant}.assign.{agent_id}.>",
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait": ACK_WAIT_MS * _NS,
        "max_deliver": -1,
        "max_ack_pending": ACK_PENDING_MAX,
    }


async def _find(connection: Connection, agent_id: AgentId) -> dict[str, Any] | None:
    try:
        answer = await connection.api(f"CONSUMER.INFO.{JOURNAL}.{consumer_of(agent_id)}", None)
    except ApiError as error:
        if error.err_code == _CONSUMER_NOT_FOUND:
            return None
        raise
    return dict(answer["config"])
