"""A house to try things in: a configuration, a gateway process, and its doors' addresses.

The demo, the end-to-end tests, the chaos runs and the benchmarks all use this one: what they try
is `maitred up` as a user runs it, in a process of its own.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from demo.ports import free_ports
from demo.standins.slack_api import SlackApi
from demo.standins.twilio_api import TwilioApi
from maitred.contracts.ids import Tenant
from maitred.contracts.subjects import Subjects
from maitred.gateway.bus.endpoint import read_connection

UP_SECONDS = 30.0
SIGNING_SECRET = "demo-signing-secret"  # noqa: S105  (of a workspace that does not exist)
SITE_SECRET = "the secret of the shop's site, which signs who is signed in"  # noqa: S105  (of no site)
AUTHSERV_ID = "edge.demo.example"
SUPPORT_ADDRESS = "support@demo.example"
OUR_NUMBER = "+15005550006"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the doors are."""

    http: int
    admin: int
    smtp: int
    nats: int


@dataclass(slots=True)
class House:
    """A configured gateway in `folder`; `sections` are added to, or replace, the usual ones.

    `beside` is another house, already up, on whose NATS server this one runs.
    """

    folder: Path
    slack: SlackApi
    twilio: TwilioApi
    smarthost_port: int = 0
    routing: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    roles: str = ""
    beside: House | None = None
    ports: Ports = field(default_factory=lambda: Ports(*free_ports(4)))
    process: asyncio.subprocess.Process | None = None

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "maitred.toml"

    @property
    def store(self) -> Path:
        """The store of the gateway's own NATS server."""
        return self.folder / "store"

    @property
    def http(self) -> str:
        """The base of the public HTTP address."""
        return f"http://127.0.0.1:{self.ports.http}"

    @property
    def admin(self) -> str:
        """The base of the operators' HTTP address."""
        return f"http://127.0.0.1:{self.ports.admin}"

    @property
    def subjects(self) -> Subjects:
        """The subjects of the only tenant."""
        return Subjects(Tenant("main"))

    def write(self) -> None:
        """Write the configuration and its secrets."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, value in {
            "identity": "a secret of the demo, long enough to be one",
            "chat": "another secret of the demo, long enough",
            "site": SITE_SECRET,
            "twilio": self.twilio.auth_token,
            "slack-signing": SIGNING_SECRET,
            "slack-token": self.slack.token,
        }.items():
            path = self.folder / name
            path.write_text(value)
            path.chmod(0o600)
        sections = self._sections()
        if self.beside is not None:
            sections["nats"] = self._nats_beside(self.beside)
        self.config.write_text("\n".join(sections.values()))

    async def up(self) -> None:
        """Start the gateway and wait until it is ready.

        Raises:
            RuntimeError: it ended instead, or is not ready in time; its log is in `gateway.log`.
        """
        command = ["up", "--config", str(self.config)]
        if self.roles:
            command += ["--roles", self.roles]
        with (self.folder / "gateway.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "maitred.gateway",
                *command,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        await self.ready()

    async def ready(self) -> None:
        """Wait until the doors are open.

        Raises:
            RuntimeError: the gateway ended, or is not ready in time.
        """
        try:
            async with asyncio.timeout(UP_SECONDS), aiohttp.ClientSession() as session:
                while not await self._answers(session):
                    if self.process is not None and self.process.returncode is not None:
                        raise RuntimeError(f"the gateway ended:\n{self.log_tail()}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise RuntimeError(f"the gateway is not ready:\n{self.log_tail()}") from None

    async def stop(self) -> int:
        """Stop the gateway as an operator would and return its exit code."""
        if self.process is None:
            return 0
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        code = await self.process.wait()
        self.process = None
        return code

    async def kill(self) -> None:
        """Kill the gateway process as a power switch would; its NATS server goes with it."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def log_tail(self, lines: int = 30) -> str:
        """Return the end of the gateway's log."""
        text = (self.folder / "gateway.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.admin}/readyz") as response:
                return response.status == 200  # noqa: PLR2004  (HTTP's OK)
        except aiohttp.ClientError:
            return False

    def _nats_beside(self, other: House) -> str:
        found = read_connection(other.store)
        (self.folder / "nats").write_text(found.password or "")
        # A house's own server flushes every write, which cannot be seen from here.
        return f"""[nats]
store = "store"
urls = ["{found.urls[0]}"]
user = "{found.user}"
password = "file:nats"
allow_lazy_sync = true
"""

    def _sections(self) -> dict[str, str]:
        ports = self.ports
        smarthost = f'smarthost = "127.0.0.1:{self.smarthost_port}"' if self.smarthost_port else ""
        return {
            "nats": f'[nats]\nstore = "store"\nport = {ports.nats}\n',
            "http": f'[http]\nlisten = "127.0.0.1:{ports.http}"\n',
            "admin": f'[admin]\nlisten = "127.0.0.1:{ports.admin}"\n',
            "log": '[log]\nlevel = "info"\nformat = "json"\n',
            "identity": '[identity]\nsecret = "file:identity"\n',
            "email": f"""[channels.email]
listen = "127.0.0.1:{ports.smtp}"
trusted_relays = ["127.0.0.0/8"]
authserv_id = "{AUTHSERV_ID}"
sessions_per_peer_max = 500
smarthost_tls = "none"
{smarthost}
[channels.email.accounts.support]
addresses = ["{SUPPORT_ADDRESS}", "help@demo.example"]
from_name = "Demo Support"
""",
            "chat": """[channels.chat]
secret = "file:chat"
[channels.chat.accounts.shop]
title = "Demo shop"
""",
            "sms": f"""[channels.sms.accounts.main]
account_sid = "{self.twilio.account_sid}"
auth_token = "file:twilio"
numbers = ["{OUR_NUMBER}"]
api_url = "{self.twilio.url}"
""",
            "slack": f"""[channels.slack.accounts.main]
signing_secret = "file:slack-signing"
bot_token = "file:slack-token"
team_id = "{self.slack.team_id}"
bot_user_id = "{self.slack.bot_user_id}"
api_url = "{self.slack.url}"
""",
            "routing": self.routing,
            **self.sections,
        }
