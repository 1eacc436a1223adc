"""Seats: the agents' logins on a server of our own, one file each.

`<store>/agents/<id>.json` holds address, user and password of one agent, readable by the owner of
the store only. The login may do what the agents' protocol needs and nothing else, as in production,
where the operator makes such users himself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from maitred.contracts.ids import AgentId, Tenant
from maitred.gateway.bus.endpoint import write_private
from maitred.gateway.bus.permissions import agent_permissions, render_user

_PASSWORD_BYTES: Final = 24


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent needs to connect; `inbox_prefix` is part of its rights."""

    url: str
    user: str
    password: str
    inbox_prefix: str


class Seats:
    """The logins of all configured agents in one store."""

    def __init__(self, store: Path, tenant: Tenant, agents: Iterable[AgentId]) -> None:
        self._folder = store / "agents"
        self._tenant = tenant
        self._passwords = {agent: self._password(agent) for agent in agents}

    def entries(self) -> Sequence[str]:
        """Return the server's configuration of these users."""
        return [
            render_user(agent_permissions(self._tenant, agent), user=agent, password=password)
            for agent, password in self._passwords.items()
        ]

    def write(self, url: str) -> None:
        """Write the files, now that the server's address is known; take old ones away."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for agent, password in self._passwords.items():
            login = Login(url=url, user=agent, password=password, inbox_prefix=f"_INBOX_{agent}")
            write_private(self._path(agent), msgspec.json.encode(login))
        for path in self._folder.glob("*.json"):
            if path.stem not in self._passwords:
                path.unlink()

    def _password(self, agent: AgentId) -> str:
        try:
            return msgspec.json.decode(self._path(agent).read_bytes(), type=Login).password
        except (OSError, msgspec.MsgspecError):
            return secrets.token_urlsafe(_PASSWORD_BYTES)

    def _path(self, agent: AgentId) -> Path:
        return self._folder / f"{agent}.json"
