"""Read `maitred.toml`, examine it whole, and hand out what the gateway is built from."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from maitred.connectors.port import Connector, Context, Receipt, Reply
from maitred.contracts.errors import ConfigurationError, StoreUnavailable
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import Tenant
from maitred.contracts.inbound import Inbound
from maitred.contracts.subjects import check_token
from maitred.gateway import plugins
from maitred.gateway.settings.examine import Hook, faults_of, read_value
from maitred.gateway.settings.shapes import Settings
from maitred.router import faults as routing

LOG_LEVELS: Final = ("debug", "info", "warning", "error")
LOG_FORMATS: Final = ("auto", "json", "text")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}\Z")
S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Channel:
    """One configured channel: the connector's class and its own settings."""

    name: str
    connector: type[Connector]
    settings: msgspec.Struct


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration without faults, and what a person may want to know of it all the same."""

    settings: Settings
    channels: tuple[Channel, ...]
    warnings: tuple[str, ...] = ()


def read(path: Path) -> Configuration:
    """Read a configuration file.

    Raises:
        ConfigurationError: with every fault that was found, each with its path.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file; `maitred init` writes one to start from"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigurationError(f"{path}: cannot be read: {reason}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None
    return parse(raw, folder=path.resolve().parent)


def parse(raw: dict[str, Any], *, folder: Path) -> Configuration:
    """Return the configuration that `raw` describes; relative paths start at `folder`.

    Raises:
        ConfigurationError: with every fault that was found, each with its path.
    """
    hook = read_value(folder)
    faults = faults_of(raw, Settings, path="", hook=hook)
    channels, channel_faults = _channels(raw.get("channels", {}), hook)
    faults += channel_faults
    if faults:
        raise ConfigurationError(*faults)
    try:
        settings = _convert(raw, Settings, hook)
    except msgspec.ValidationError as error:
        raise ConfigurationError(str(error)) from None
    settings = msgspec.structs.replace(
        settings, nats=msgspec.structs.replace(settings.nats, store=folder / settings.nats.store)
    )
    faults, warnings = _judge(settings)
    if not channels:
        warnings.append("channels: none is configured, so no customer can write")
    if faults:
        raise ConfigurationError(*faults)
    return Configuration(settings, tuple(channels), tuple(warnings))


def host_port(text: str, *, path: str) -> tuple[str, int]:
    """Split a listen address such as `127.0.0.1:8080` or `[::1]:8080`; port 0 takes a free one.

    Raises:
        ConfigurationError: it is no such address.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if colon and port.isdecimal() and int(port) < 65_536 and (_HOST.match(host) or _is_ip(host)):  # noqa: PLR2004  (ports have 16 bits)
        return host, int(port)
    raise ConfigurationError(f'{path}: {text!r} must be "host:port", such as "127.0.0.1:8080"')


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _channels(raw: object, hook: Hook) -> tuple[list[Channel], list[str]]:
    channels: list[Channel] = []
    faults: list[str] = []
    for name, section in raw.items() if isinstance(raw, dict) else ():
        path = f"channels.{name}"
        try:
            connector = plugins.load(plugins.CONNECTORS, name, path=path)
            plugins.load(plugins.DECODERS, name, path=path)
        except ConfigurationError as error:
            faults += error.faults
            continue
        found = faults_of(section, connector.settings_type, path=path, hook=hook)
        if not found:
            try:
                settings = _convert(section, connector.settings_type, hook)
                connector(settings, _for_checking(name))
            except msgspec.ValidationError as error:
                found = [f"{path}: {error}"]
            except ConfigurationError as error:
                found = list(error.faults)
            else:
                channels.append(Channel(name, connector, settings))
                for account in getattr(settings, "accounts", {}):
                    found += _token_fault(account, f"{path}.accounts.{account}")
        faults += found
    return channels, faults


def _for_checking(channel: str) -> Context:
    """Return a context with which a connector can be made and examined, but not used."""

    async def accept(inbound: Inbound, body: bytes, traceparent: str = "") -> Receipt:
        del inbound, body, traceparent
        raise StoreUnavailable("a connector that is only examined stores nothing")

    def spawn(name: str, coro: Coroutine[Any, Any, None]) -> None:
        coro.close()
        raise ConfigurationError(f"channels.{channel}: it starts {name} before it is started")

    return Context(
        tenant=Tenant("check"),
        keys=Keys(Tenant("check"), b"only to examine the settings"),
        accept=accept,
        outbox=_NoOutbox(),
        clock=lambda: 0,
        spawn=spawn,
        refused=lambda _account, _reason: None,
    )


class _NoOutbox:
    async def since(self, channel: str, endpoint: str, after: int) -> tuple[Reply, ...]:
        raise StoreUnavailable(f"{channel} {endpoint} {after}")

    def follow(self, channel: str) -> AsyncIterator[Reply]:
        raise StoreUnavailable(channel)


def _judge(settings: Settings) -> tuple[list[str], list[str]]:
    """Return faults and warnings that only a look across several settings shows."""
    faults = _token_fault(settings.tenant, "tenant")
    faults += _listen_fault(settings.http.listen, "http.listen")
    faults += _listen_fault(settings.admin.listen, "admin.listen")
    faults += _secret_fault(settings)
    faults += _plugin_fault(plugins.MOOD_MODELS, settings.mood.model, "mood.model")
    faults += _plugin_fault(plugins.ROUTING_POLICIES, settings.policy, "policy")
    faults += _word_fault(settings.log.level, LOG_LEVELS, "log.level")
    faults += _word_fault(settings.log.format, LOG_FORMATS, "log.format")
    for name, days in msgspec.structs.asdict(settings.retention).items():
        if days < 1:
            faults.append(f"retention.{name}: {days} must be at least 1 day")
    if settings.public_url and not settings.public_url.startswith(("https://", "http://")):
        faults.append(f'public_url: {settings.public_url!r} must start with "https://"')
    faults += _nats_faults(settings)
    faults += routing.faults(settings.routing)
    warnings = list(routing.advice(settings.routing))
    if settings.nats.allow_lazy_sync:
        warnings.append("nats.allow_lazy_sync: a power cut can lose acknowledged messages")
    return faults, warnings


def _nats_faults(settings: Settings) -> list[str]:
    faults = []
    nats = settings.nats
    if nats.urls and nats.replicas not in {1, 3, 5}:
        faults.append(f"nats.replicas: {nats.replicas} must be 1, 3 or 5")
    if not nats.urls and nats.replicas != 1:
        faults.append("nats.replicas: our own server is one node; set nats.urls to a cluster, or 1")
    return faults


def _listen_fault(listen: str, path: str) -> list[str]:
    try:
        host_port(listen, path=path)
    except ConfigurationError as error:
        return list(error.faults)
    return []


def _secret_fault(settings: Settings) -> list[str]:
    try:
        Keys(settings.tenant, settings.identity.secret.reveal().encode())
    except ConfigurationError as error:
        return list(error.faults)
    return []


def _plugin_fault(group: str, name: str, path: str) -> list[str]:
    try:
        plugins.load(group, name, path=path)
    except ConfigurationError as error:
        return list(error.faults)
    return []


def _token_fault(value: str, path: str) -> list[str]:
    try:
        check_token(value, path=path)
    except ConfigurationError as error:
        return list(error.faults)
    return []


def _word_fault(value: str, words: tuple[str, ...], path: str) -> list[str]:
    return [] if value in words else [f"{path}: {value!r} is none of {', '.join(words)}"]


def _convert(raw: object, shape: type[S], hook: Hook) -> S:
    return msgspec.convert(raw, shape, dec_hook=hook)
