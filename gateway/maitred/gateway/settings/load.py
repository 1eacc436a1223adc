"""Read `maitred.toml`, examine it whole, and hand out what the gateway is built from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from maitred.connectors.abilities import GivesAdvice, SendsThroughOthers
from maitred.connectors.port import Connector
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import Tenant
from maitred.contracts.secret import Secret
from maitred.contracts.subjects import check_token
from maitred.gateway import plugins
from maitred.gateway.idle import idle_context
from maitred.gateway.settings.examine import Hook, below, faults_of
from maitred.gateway.settings.files import FILE_BYTES_MAX, read_toml
from maitred.gateway.settings.judge import advice, host_port, judge, said_by
from maitred.gateway.settings.shapes import Settings
from maitred.gateway.settings.values import hidden_texts, hide, read_value

__all__ = ["FILE_BYTES_MAX", "Channel", "Configuration", "host_port", "parse", "read"]

_SECTION: Final = re.compile(r"[\w-]+")
_NOBODYS_KEYS: Final = Keys(Tenant("check"), b"only to examine the settings")
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
    return parse(read_toml(path), folder=path.resolve().parent)


def parse(raw: dict[str, Any], *, folder: Path) -> Configuration:
    """Return the configuration that `raw` describes; relative paths start at `folder`.

    Raises:
        ConfigurationError: with every fault that was found, each with its path.
    """
    hook = read_value(folder)
    faults = faults_of(raw, Settings, path="", hook=hook)
    channels, channel_faults, warnings = _channels(raw.get("channels", {}), hook)
    settings = _sound_part(raw, faults, hook)
    settings = msgspec.structs.replace(
        settings, nats=msgspec.structs.replace(settings.nats, store=folder / settings.nats.store)
    )
    sending = _sending_faults(settings, raw.get("channels", {}))
    found = [*faults, *judge(settings), *sending, *channel_faults]
    if found:
        hidden = hidden_texts(raw)
        # One secret may be missing in two ways; nobody needs to read the same line twice.
        raise ConfigurationError(*dict.fromkeys(hide(fault, hidden) for fault in found))
    warnings += advice(settings, {channel.name: channel.settings for channel in channels})
    if not channels:
        warnings.append("channels: none is configured, so no customer can write")
    return Configuration(settings, tuple(channels), tuple(warnings))


def _sound_part(raw: dict[str, Any], faults: list[str], hook: Hook) -> Settings:
    """Return the settings without the sections that have faults, so that the rest can be judged.

    What is taken for a missing identity stands in for it in the judgement alone: a fault was
    found, so these settings are never run.
    """
    faulty = {match[0] for fault in faults if (match := _SECTION.match(fault))}
    sound = {name: value for name, value in raw.items() if name not in faulty}
    sound.setdefault("identity", {"secret": Secret("stands in for a secret with a fault")})
    sound.pop("channels", None)
    try:
        return _convert(sound, Settings, hook)
    except msgspec.ValidationError as error:
        raise ConfigurationError(*faults, str(error)) from None


def _channels(raw: object, hook: Hook) -> tuple[list[Channel], list[str], list[str]]:
    """Return the channels that are good, the faults of the others, and what to say of the good."""
    channels: list[Channel] = []
    faults: list[str] = []
    warnings: list[str] = []
    for name, section in raw.items() if isinstance(raw, dict) else ():
        path = below("channels", name)
        try:
            connector = plugins.load(plugins.CONNECTORS, name, path=path)
            plugins.load(plugins.DECODERS, name, path=path)
        except ConfigurationError as error:
            faults += error.faults
            continue
        found = faults_of(section, connector.settings_type, path=path, hook=hook)
        found += _account_faults(section, path)
        if not found:
            try:
                settings = _convert(section, connector.settings_type, hook)
                made = connector(settings, idle_context(_NOBODYS_KEYS))
                found = _through_others(made, raw)
                warnings += made.advice() if isinstance(made, GivesAdvice) else ()
            except msgspec.ValidationError as error:
                found = [f"{path}: {error}"]
            except ConfigurationError as error:
                found = list(error.faults)
            if not found:
                channels.append(Channel(name, connector, settings))
        faults += found
    return channels, faults, warnings


def _account_faults(section: object, path: str) -> list[str]:
    accounts = section.get("accounts") if isinstance(section, dict) else None
    faults: list[str] = []
    for account in accounts if isinstance(accounts, dict) else ():
        faults += said_by(check_token, account, path=below(f"{path}.accounts", account))
    return faults


def _through_others(connector: Connector, channels: object) -> list[str]:
    """Return the faults of settings that name an account of another channel."""
    if not isinstance(connector, SendsThroughOthers) or not isinstance(channels, dict):
        return []
    named = connector.sends_through()
    return [
        f"{path}: there is no {below(f'channels.{channel}.accounts', account)}"
        for path, (channel, account) in named.items()
        if not _has_account(channels, channel, account)
    ]


def _sending_faults(settings: Settings, channels: object) -> list[str]:
    """Return the faults of `[delivery]` where it names a channel or an account."""
    chosen = settings.delivery
    known = channels if isinstance(channels, dict) else {}
    faults = [
        f"{below('delivery.channels', name)}: there is no {below('channels', name)}"
        for name in chosen.channels
        if name not in known
    ]
    account = chosen.fallback_account
    if account and not _has_account(channels, "email", account):
        place = below("channels.email.accounts", account)
        faults.append(f"delivery.fallback_account: there is no {place}")
    return faults


def _has_account(channels: object, channel: str, account: str) -> bool:
    section = channels.get(channel) if isinstance(channels, dict) else None
    accounts = section.get("accounts") if isinstance(section, dict) else None
    return isinstance(accounts, dict) and account in accounts


def _convert(raw: object, shape: type[S], hook: Hook) -> S:
    return msgspec.convert(raw, shape, dec_hook=hook)
