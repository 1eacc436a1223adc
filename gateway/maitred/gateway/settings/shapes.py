"""The shapes of `maitred.toml`, section by section.

`[channels.<channel>]` is decoded by the connector of that name, so a new channel adds nothing
here. Times are in the unit that the setting's name ends in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from maitred.contracts.ids import Tenant
from maitred.contracts.limits import DAY_MS, SECOND_MS
from maitred.contracts.reply_token import TokenKeys, keys_of
from maitred.contracts.secret import Secret
from maitred.gateway.delivery.pace import Limits, Manner
from maitred.gateway.delivery.templates import Template
from maitred.gateway.journal.keeping import Keeping
from maitred.identity.policy import Policy
from maitred.normalizer.patterns import NumberPattern
from maitred.router.settings import RoutingSettings


class NatsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[nats]`: without `urls` the gateway runs a server of its own on this machine.

    `store`, `port` and `encryption_key` belong to that own server; `port` 0 takes a free one, and
    with a key the store is encrypted. The rest belongs to a server elsewhere: `replicas` is 3 in a
    cluster; `monitoring_url` lets the gateway see whether the server flushes every write
    (`sync_interval: always`).
    """

    store: Path = Path("maitred-data")
    port: int = 0
    encryption_key: Secret | None = None
    urls: tuple[str, ...] = ()
    user: str = ""
    password: Secret | None = None
    credentials: Path | None = None
    nkey_seed: Path | None = None
    tls_ca: Path | None = None
    replicas: int = 1
    partitions: int = 0
    """Over how many partitions senders are spread, so that so many gateways share the intake; 0
    takes what the store has, else 1 on the own server and 3 elsewhere."""
    monitoring_url: str = ""
    allow_lazy_sync: bool = False
    """Run on a server that flushes later: a power cut then loses what was acknowledged."""


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[http]`: where webhooks and chat sockets come in, and `[admin]`, for operators only."""

    listen: str = "127.0.0.1:8080"


class AdminSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[admin]`: health and metrics; keep it away from the public."""

    listen: str = "127.0.0.1:8081"


class IdentitySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[identity]`: the secret under which identifiers are hashed, and the resolver's limits.

    The secret must never change: every key in the store is made with it.
    """

    secret: Secret
    policy: Policy = Policy()


class ReplyTokenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[reply_tokens]`: what signs the addresses that answers to our mails go to, and for how long.

    The first of `secrets` signs, all of them verify; without any, a key made of the identity's
    secret does both.
    """

    secrets: tuple[Secret, ...] = ()
    days: int = 90


class NormalizerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[normalizer]`: the languages that customers write in, where they are, and their numbers.

    `region` reads what is written differently from country to country; national telephone numbers
    are tried in `more_regions` too.
    """

    languages: tuple[str, ...] = ("en", "de", "fr", "es", "it", "nl", "pt")
    region: str | None = None
    more_regions: tuple[str, ...] = ()
    patterns: tuple[NumberPattern, ...] = ()


class MoodSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[mood]`: which mood model reads the messages, by the name of its entry point.

    `file` is one that `maitred mood train` wrote; it is used instead.
    """

    model: str = "linear"
    file: Path | None = None


class ChannelDelivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[delivery.channels.<channel>]`: how replies go out by one channel.

    `unknown` is what to do with a reply of which nobody knows whether it left: `show` it to a
    person, or `resend` it; empty does what the channel can do without the customer seeing it twice.
    `per_second` bounds each account (0: not at all). After `failures_max` failures in a row an
    account rests for `rest_seconds`.
    """

    unknown: str = ""
    per_second: float = 0.0
    failures_max: int = 10
    rest_seconds: float = 30.0


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[delivery]`: how replies go out, and what becomes of those that nobody reads.

    A reply in the chat that was not read for `fallback_minutes` goes out once more as a mail from
    `fallback_account`, to an address that the customer has proved; without one it does not. Where
    free text goes through no more (WhatsApp, after a day), `carrier_template` carries it.
    """

    fallback_account: str = ""
    fallback_minutes: float = 10.0
    carrier_template: str = ""
    channels: dict[str, ChannelDelivery] = {}


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[retention]`, in days: raw messages, the journal's log, closed conversations' documents.

    `kinds` go before the general ones, by the kind of entry or document.
    """

    inbound_days: int = 30
    log_days: int = 400
    closed_days: int = 30
    kinds: dict[str, int] = {}


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[log]`: `format` is `json`, `text`, or `auto` (text on a terminal)."""

    level: str = "info"
    format: str = "auto"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of `maitred.toml`.

    `policy` names the routing policy's entry point. `shadow` is a draft of another one, which is
    asked about everything beside it. `channels` holds each connector's own settings.
    """

    tenant: Tenant = Tenant("main")
    public_url: str = ""
    policy: str = "index"
    shadow: Path | None = None
    nats: NatsSettings = NatsSettings()
    http: HttpSettings = HttpSettings()
    admin: AdminSettings = AdminSettings()
    identity: IdentitySettings
    reply_tokens: ReplyTokenSettings = ReplyTokenSettings()
    normalizer: NormalizerSettings = NormalizerSettings()
    mood: MoodSettings = MoodSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    delivery: DeliverySettings = DeliverySettings()
    templates: dict[str, Template] = {}
    routing: RoutingSettings = RoutingSettings()
    channels: dict[str, Any] = {}


def token_keys(settings: Settings) -> TokenKeys:
    """Return the keys that sign and verify reply tokens.

    Raises:
        ConfigurationError: a secret is too short, or there are too many.
    """
    secrets = settings.reply_tokens.secrets or (settings.identity.secret,)
    return keys_of(
        settings.tenant,
        [secret.reveal().encode() for secret in secrets],
        age_ms=settings.reply_tokens.days * DAY_MS,
    )


def manner_of(settings: Settings, channel: str) -> Manner:
    """Return how a channel is sent through."""
    chosen = settings.delivery.channels.get(channel, ChannelDelivery())
    return Manner(
        resend=chosen.unknown == "resend" if chosen.unknown else None,
        limits=Limits(
            per_second=chosen.per_second,
            failures_max=chosen.failures_max,
            rest_ms=round(chosen.rest_seconds * SECOND_MS),
        ),
    )


def keeping_of(settings: Settings) -> Keeping:
    """Return how long documents and log entries are kept."""
    return Keeping(
        log_ms=settings.retention.log_days * DAY_MS,
        closed_ms=settings.retention.closed_days * DAY_MS,
        kinds={kind: days * DAY_MS for kind, days in settings.retention.kinds.items()},
    )
