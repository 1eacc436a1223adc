"""Judge settings that have the right shape: what only a look at their meaning shows."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, ParamSpec
from urllib.parse import SplitResult, urlsplit

import msgspec

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.identifiers import Keys
from maitred.contracts.limits import PARTITIONS_MAX
from maitred.contracts.patterns import Refused
from maitred.contracts.subjects import check_token
from maitred.gateway import moods, plugins
from maitred.gateway.bus.store_key import key_faults
from maitred.gateway.delivery import templates
from maitred.gateway.journal.keeping import DOCUMENT_KINDS, LOG_KINDS
from maitred.gateway.policies import house_calendar
from maitred.gateway.settings.drafts import read_draft
from maitred.gateway.settings.examine import below, not_among
from maitred.gateway.settings.shapes import (
    NatsSettings,
    NormalizerSettings,
    RetentionSettings,
    Settings,
    token_keys,
)
from maitred.normalizer.patterns import PATTERNS_MAX, NumberPattern, compiled
from maitred.router import faults as routing

LOG_LEVELS: Final = ("debug", "info", "warning", "error")
LOG_FORMATS: Final = ("auto", "json", "text")
RETENTION_DAYS_MAX: Final = 36_500
TOKEN_DAYS_MAX: Final = 3_650
PORT_MAX: Final = 65_535
FALLBACK_MINUTES_MAX: Final = 1_440
PER_SECOND_MAX: Final = 10_000
FAILURES_MAX: Final = 1_000
REST_SECONDS_MAX: Final = 3_600
UNKNOWN_WORDS: Final = ("show", "resend")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}\Z")
_LANGUAGE: Final = re.compile(r"[a-z]{2}\Z")
_REGION: Final = re.compile(r"[A-Z]{2}\Z")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
_REPLICAS: Final = (1, 3, 5)
_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104  (recognised, not bound to)
P = ParamSpec("P")


def judge(settings: Settings) -> list[str]:
    """Return every fault, each with the path of its setting."""
    return [
        *said_by(check_token, settings.tenant, path="tenant"),
        *_web(settings.public_url, "public_url"),
        *_plugins(settings),
        *_nats(settings.nats),
        *_encryption(settings.nats),
        *_listeners(settings),
        *said_by(Keys, settings.tenant, settings.identity.secret.reveal().encode()),
        *_reply_tokens(settings),
        *_normalizer(settings.normalizer),
        *_retention(settings.retention),
        *_delivery(settings),
        *templates.faults(settings.templates),
        *_word(settings.log.level, LOG_LEVELS, "log.level"),
        *_word(settings.log.format, LOG_FORMATS, "log.format"),
        *routing.faults(settings.routing),
        *said_by(house_calendar, settings.routing.hours),
        *_shadow(settings),
    ]


def advice(settings: Settings, channels: Mapping[str, msgspec.Struct]) -> list[str]:
    """Return what is allowed and yet hardly meant; `channels` are the connectors' own settings."""
    said = list(routing.advice(settings.routing, _site(settings, channels)))
    if settings.nats.allow_lazy_sync:
        said.append("nats.allow_lazy_sync: a power cut can lose acknowledged messages")
    if getattr(channels.get("chat"), "proxies", None) == () and _is_behind_proxy(settings):
        said.append(
            f"channels.chat.proxies: public_url is {settings.public_url}, so a proxy stands before "
            f"http.listen ({settings.http.listen}), and it is not named here: nobody is bounded by "
            'the address he comes from; write its network, as in ["127.0.0.1/32"]'
        )
    return said


def _is_behind_proxy(settings: Settings) -> bool:
    """Whether customers reach `[http]` by another address than its own, as `public_url` says.

    We speak no TLS there, so whoever is reached by `https` is reached through something that does.
    """
    parts = urlsplit(settings.public_url)
    if not settings.public_url or parts.scheme == "https":
        return bool(settings.public_url)
    host, _ = host_port(settings.http.listen, path="http.listen")
    if host in _EVERYWHERE or host == parts.hostname:
        return False
    return not (_is_loopback(host) and _is_loopback(parts.hostname or ""))


def _site(settings: Settings, channels: Mapping[str, msgspec.Struct]) -> routing.Site:
    """Return what rules speak of; a connector has it where its settings go by the usual names."""
    return routing.Site(
        channels={
            name: {account: _reached(one) for account, one in getattr(own, "accounts", {}).items()}
            for name, own in channels.items()
        },
        languages=settings.normalizer.languages,
    )


def _reached(account: object) -> frozenset[str] | None:
    """Return where customers reach an account, or None if that is not known."""
    for name in ("addresses", "numbers"):
        if isinstance(found := getattr(account, name, None), tuple):
            return frozenset(found)
    return None


def host_port(text: str, *, path: str) -> tuple[str, int]:
    """Split a listen address such as `127.0.0.1:8080` or `[::1]:8080`; port 0 takes a free one.

    Raises:
        ConfigurationError: it is no such address.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    number = int(port) if port.isascii() and port.isdecimal() and len(port) <= len("65535") else -1
    if colon and 0 <= number <= PORT_MAX and (_HOST.match(host) or _is_ip(host)):
        return host, number
    raise ConfigurationError(f'{path}: {text!r} must be "host:port", such as "127.0.0.1:8080"')


def said_by(check: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> tuple[str, ...]:
    """Return the faults with which a call of `check` ends; none when it does not raise."""
    try:
        check(*args, **kwargs)
    except ConfigurationError as error:
        return error.faults
    return ()


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _plugins(settings: Settings) -> Iterator[str]:
    for group, name, path in (
        (plugins.ROUTING_POLICIES, settings.policy, "policy"),
        (plugins.MOOD_MODELS, settings.mood.model, "mood.model"),
    ):
        yield from said_by(plugins.load, group, name, path=path)
    if settings.mood.file is not None:
        yield from said_by(moods.artefact_in, settings.mood.file, path=moods.FILE)


def _listeners(settings: Settings) -> Iterator[str]:
    places = {}
    for path, listen in (
        ("http.listen", settings.http.listen),
        ("admin.listen", settings.admin.listen),
    ):
        try:
            places[path] = host_port(listen, path=path)
        except ConfigurationError as error:
            yield from error.faults
    ports = {port for _, port in places.values() if port}
    if len(places) > 1 and len(set(places.values())) == 1 and ports:
        yield "admin.listen: http.listen is the same address; give it a port of its own"


def _shadow(settings: Settings) -> Iterator[str]:
    if settings.shadow is not None:
        for fault in said_by(read_draft, settings.shadow, settings):
            yield f"shadow: {fault}"


def _nats(nats: NatsSettings) -> Iterator[str]:
    if not 0 <= nats.port <= PORT_MAX:
        yield f"nats.port: {nats.port} must be a port from 0 to {PORT_MAX}; 0 takes a free one"
    if nats.urls and nats.replicas not in _REPLICAS:
        yield f"nats.replicas: {nats.replicas} must be 1, 3 or 5"
    if not nats.urls and nats.replicas != 1:
        yield "nats.replicas: our own server is one node; set nats.urls to a cluster, or 1"
    if not 0 <= nats.partitions <= PARTITIONS_MAX:
        yield f"nats.partitions: {nats.partitions} must be 1 to {PARTITIONS_MAX}, or 0 to choose"
    for index, url in enumerate(nats.urls):
        yield from _server(url, f"nats.urls[{index}]")
    for url in nats.monitoring_url.split(",") if nats.monitoring_url else ():
        yield from _web(url.strip(), "nats.monitoring_url")
    for name in ("credentials", "nkey_seed", "tls_ca"):
        path: Path | None = getattr(nats, name)
        if path is not None:
            yield from _readable(path, f"nats.{name}")


def _encryption(nats: NatsSettings) -> Iterator[str]:
    if nats.encryption_key is None:
        return
    for fault in key_faults(nats.encryption_key):
        yield f"nats.encryption_key: {fault}"
    if nats.urls:
        yield (
            "nats.encryption_key: belongs to our own server; the servers of nats.urls have theirs "
            "in their own configuration"
        )


def _server(url: str, path: str) -> Iterator[str]:
    parts = _parts(url if "://" in url else f"nats://{url}")
    if parts is None or parts.scheme not in {"nats", "tls", "ws", "wss"} or not parts.hostname:
        yield f'{path}: {url!r} is no address of a server, such as "nats://nats-1:4222"'
    elif parts.password is not None:
        yield f"{path}: holds a password; write nats.user and nats.password instead"


def _web(url: str, path: str) -> Iterator[str]:
    parts = _parts(url)
    if url and (parts is None or parts.scheme not in {"http", "https"} or not parts.hostname):
        yield f'{path}: {url!r} must be an address that starts with "https://" or "http://"'


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _readable(path: Path, where: str) -> Iterator[str]:
    if not path.is_file():
        yield f"{where}: there is no file {path}"
    elif not os.access(path, os.R_OK):
        yield f"{where}: the file {path} cannot be read"


def _reply_tokens(settings: Settings) -> Iterator[str]:
    days = settings.reply_tokens.days
    if not 1 <= days <= TOKEN_DAYS_MAX:
        yield f"reply_tokens.days: {days} must be from 1 to {TOKEN_DAYS_MAX}"
    elif settings.reply_tokens.secrets:
        yield from said_by(token_keys, settings)


def _normalizer(normalizer: NormalizerSettings) -> Iterator[str]:
    for index, code in enumerate(normalizer.languages):
        if not _LANGUAGE.match(code):
            yield (
                f"normalizer.languages[{index}]: {code!r} is no language; "
                "write two small letters such as `en`"
            )
    regions = [("region", normalizer.region)] if normalizer.region is not None else []
    regions += [(f"more_regions[{at}]", each) for at, each in enumerate(normalizer.more_regions)]
    for path, region in regions:
        if not _REGION.match(region):
            yield (
                f"normalizer.{path}: {region!r} is no country; "
                "write two capital letters such as `DE`"
            )
    if normalizer.more_regions and normalizer.region is None:
        yield "normalizer.more_regions: come after `normalizer.region`; write the first one there"
    yield from _patterns(normalizer.patterns)


def _patterns(patterns: tuple[NumberPattern, ...]) -> Iterator[str]:
    if len(patterns) > PATTERNS_MAX:
        yield f"normalizer.patterns: {len(patterns)} of them; at most {PATTERNS_MAX} are allowed"
    seen: set[str] = set()
    for index, each in enumerate(patterns):
        path = f"normalizer.patterns[{index}]"
        if not _NAME.match(each.name):
            yield f"{path}.name: {each.name[:40]!r} must be 1 to 40 letters, digits, `_` or `-`"
        if each.name in seen:
            yield f"{path}.name: {each.name!r} is another pattern's; join both with `|`"
        seen.add(each.name)
        try:
            compiled(each.pattern)
        except Refused as error:
            yield f"{path}.pattern: {each.pattern[:60]!r} {error}"


def _retention(retention: RetentionSettings) -> Iterator[str]:
    ages = {name: getattr(retention, name) for name in ("inbound_days", "log_days", "closed_days")}
    ages |= {below("kinds", kind): days for kind, days in retention.kinds.items()}
    for name, days in ages.items():
        if not 1 <= days <= RETENTION_DAYS_MAX:
            yield f"retention.{name}: {days} must be from 1 to {RETENTION_DAYS_MAX} days"
    for kind in retention.kinds:
        yield from _word(kind, (*LOG_KINDS, *DOCUMENT_KINDS), below("retention.kinds", kind))
    conversation = retention.kinds.get("conversation", retention.closed_days)
    if conversation < retention.closed_days:
        yield (
            f"retention.kinds.conversation: {conversation} must be at least the "
            f"{retention.closed_days} of retention.closed_days: where a conversation stands is of "
            "no use without it"
        )


def _delivery(settings: Settings) -> Iterator[str]:
    chosen = settings.delivery
    if not 0 < chosen.fallback_minutes <= FALLBACK_MINUTES_MAX:
        yield (
            f"delivery.fallback_minutes: {chosen.fallback_minutes:g} must be more than 0 "
            f"and at most {FALLBACK_MINUTES_MAX:,}"
        )
    if fault := templates.carrier_fault(settings.templates, chosen.carrier_template):
        yield f"delivery.carrier_template: {fault}"
    for channel, manner in chosen.channels.items():
        path = below("delivery.channels", channel)
        if manner.unknown:
            yield from _word(manner.unknown, UNKNOWN_WORDS, f"{path}.unknown")
        for name, least, most in (
            ("per_second", 0, PER_SECOND_MAX),
            ("failures_max", 0, FAILURES_MAX),
            ("rest_seconds", 1, REST_SECONDS_MAX),
        ):
            value = getattr(manner, name)
            if not least <= value <= most:
                yield f"{path}.{name}: {value:g} must be from {least} to {most:,}"


def _word(value: str, words: tuple[str, ...], path: str) -> Iterator[str]:
    if value not in words:
        yield not_among(value, list(words), path)
