"""The configuration file of the embedded server."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from maitred.contracts import limits
from maitred.contracts.errors import ConfigurationError
from maitred.gateway.bus.permissions import render_accounts, render_user
from maitred.gateway.bus.store_key import VARIABLE
from maitred.gateway.bus.stream_specs import CONSUMERS_MAX

_DISK_SHARE: Final = 0.8
"""How much of the free disk the server may fill; a full disk stops it without an error."""
_DISK_BYTES_MIN: Final = 64 * limits.MIB
_MEMORY_BYTES_MAX: Final = 256 * limits.MIB
_LOG_BYTES_MAX: Final = 16 * limits.MIB

_TEMPLATE: Final = """\
server_name: maitred
listen: "127.0.0.1:{port}"
ports_file_dir: "{run}"
pid_file: "{run}/nats.pid"
logfile: "{run}/nats.log"
logfile_size_limit: {log_bytes}
logfile_max_num: 3
max_payload: {payload_bytes}
max_pending: 67108864
write_deadline: "5s"
jetstream {{
  store_dir: "{streams}"
  max_file_store: {file_bytes}
  max_memory_store: {memory_bytes}
  sync_interval: {sync}
  strict: true
{encryption}  limits {{ default_max_consumers: {consumers}, duplicate_window: "{window_s}s" }}
}}
{accounts}"""
_ENCRYPTION: Final = f"""\
  cipher: chachapoly
  key: ${VARIABLE}
"""
"""ChaCha20-Poly1305; the server takes the key from its environment."""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What the configuration of one embedded server depends on."""

    store: Path
    user: str
    password: str
    sync_always: bool
    file_bytes: int
    """What the streams may take on disk; a running server refuses to have it made smaller."""
    agents: tuple[str, ...] = ()
    """Entries of the agents' account."""
    encrypted: bool = False

    def render(self, port: int | None) -> str:
        """Return the file's text; `port` None lets the server choose a free one.

        Raises:
            ConfigurationError: the path cannot stand in the file.
        """
        if any(character in str(self.store) for character in '"\\\n'):
            raise ConfigurationError(f"{self.store}: the path must not hold quotes or backslashes")
        return _TEMPLATE.format(
            port=-1 if port is None else port,
            run=self.store.resolve() / "run",
            streams=self.store.resolve() / "streams",
            log_bytes=_LOG_BYTES_MAX,
            payload_bytes=limits.NATS_PAYLOAD_BYTES_MAX,
            file_bytes=self.file_bytes,
            memory_bytes=_MEMORY_BYTES_MAX,
            sync="always" if self.sync_always else '"2m"',
            encryption=_ENCRYPTION if self.encrypted else "",
            consumers=CONSUMERS_MAX,
            window_s=limits.DEDUPLICATION_WINDOW_MS // limits.SECOND_MS,
            accounts=render_accounts(
                gateway=[render_user(None, user=self.user, password=self.password)],
                agents=self.agents,
            ),
        )


def file_bytes_for(store: Path) -> int:
    """Return how much the streams of `store` may take: what they have and most of what is free.

    Raises:
        ConfigurationError: the disk is full.
    """
    used = sum(path.stat().st_size for path in (store / "streams").rglob("*.blk"))
    free = int(shutil.disk_usage(store).free * _DISK_SHARE)
    if free < _DISK_BYTES_MIN:
        raise ConfigurationError(
            f"{store}: less than {_DISK_BYTES_MIN // limits.MIB} MiB of disk are free"
        )
    return used + free
