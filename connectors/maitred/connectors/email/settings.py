"""The email channel's settings: read, checked against each other, and made ready to ask."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Final

import msgspec

from maitred.connectors.email.send import Sender, Smarthost
from maitred.contracts.errors import BadPayload, ConfigurationError
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.limits import EMAIL_BYTES_MAX, KIB
from maitred.contracts.reply_token import BASE_OCTETS_MAX
from maitred.contracts.secret import Secret

_PATH: Final = "channels.email"
_PORT_MAX: Final = 65_535


class EmailAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The addresses of one account, and whom its replies come from.

    `addresses` are exact ones, whose plus-addresses belong to them, or `@domain` for a whole
    domain. `from_address` is, if empty, the first exact one. `plus_addresses` tells that
    every server on the way to us delivers plus-addresses, so that answers may be asked to one.
    """

    addresses: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    from_address: str = ""
    from_name: str = ""
    plus_addresses: bool = False


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[channels.email]`; ports as `host:port`, networks as CIDR."""

    listen: str = "127.0.0.1:2525"
    hostname: str = "localhost"
    accounts: dict[str, EmailAccount]
    trusted_relays: tuple[str, ...] = ()
    authserv_id: str = ""
    smarthost: str = ""
    smarthost_user: str = ""
    smarthost_password: Secret | None = None
    smarthost_starttls: bool = True
    bytes_max: Annotated[int, msgspec.Meta(ge=KIB, le=EMAIL_BYTES_MAX)] = EMAIL_BYTES_MAX
    bytes_held_max: Annotated[int, msgspec.Meta(ge=KIB)] = 10 * EMAIL_BYTES_MAX
    """What all mails under way may hold in memory together."""
    sessions_max: Annotated[int, msgspec.Meta(ge=1)] = 500
    sessions_per_peer_max: Annotated[int, msgspec.Meta(ge=1)] = 50
    """Trusted relays are bounded by `sessions_max` only."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 300.0
    """For each command; RFC 5321 section 4.5.3.2.7 asks for five minutes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings, read and checked."""

    host: str
    port: int
    recipients: dict[str, str]
    """Normalised address or `@domain`, to the account."""
    senders: dict[str, Sender]
    relays: tuple[IPv4Network | IPv6Network, ...]
    smarthost: Smarthost | None


def plan_of(settings: EmailSettings) -> Plan:
    """Read the settings.

    Raises:
        ConfigurationError: they are wrong or contradict each other; every fault at once.
    """
    faults: list[str] = []
    host, port = _host_port(settings.listen, "listen", faults)
    recipients: dict[str, str] = {}
    senders: dict[str, Sender] = {}
    for name, account in settings.accounts.items():
        path = f"{_PATH}.accounts.{name}"
        _add_recipients(recipients, name, account, faults)
        first = next((one for one in account.addresses if not one.startswith("@")), "")
        address = account.from_address or first
        if account.from_address:
            _address(account.from_address, f"{path}.from_address", faults)
        if address:
            answers_to = _answers_to(account, address, path, faults)
            senders[name] = Sender(address, account.from_name, answers_to)
        elif settings.smarthost:
            faults.append(f"{path}.from_address: needed, since no exact address is listed")
        if not account.from_name.isprintable():
            faults.append(f"{path}.from_name: must be one line of printable characters")
    relays = _networks(settings.trusted_relays, faults)
    if relays and not settings.authserv_id:
        faults.append(f"{_PATH}.authserv_id: needed, to know the trusted relays' verdicts by")
    smarthost = _smarthost(settings, faults)
    if faults:
        raise ConfigurationError(*faults)
    return Plan(
        host=host,
        port=port,
        recipients=recipients,
        senders=senders,
        relays=relays,
        smarthost=smarthost,
    )


def inside(peer: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Tell whether an address lies in one of the networks; an IPv4 one in IPv6 dress counts."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _add_recipients(
    recipients: dict[str, str], name: str, account: EmailAccount, faults: list[str]
) -> None:
    path = f"{_PATH}.accounts.{name}.addresses"
    for written in account.addresses:
        whole_domain = written.startswith("@")
        address = _address(f"x{written}" if whole_domain else written, path, faults)
        key = address.removeprefix("x") if whole_domain else address
        if key and recipients.setdefault(key, name) != name:
            faults.append(f"{path}: {written} is an address of {recipients[key]} too")


def _answers_to(account: EmailAccount, sender: str, path: str, faults: list[str]) -> str:
    """Return the address that carries reply tokens: the sender's if it is the account's own."""
    if not account.plus_addresses:
        return ""
    own = {one.lower() for one in account.addresses}
    exact = [one for one in account.addresses if not one.startswith("@")]
    for address in (sender, *exact):
        local, _, domain = address.lower().rpartition("@")
        is_own = f"{local}@{domain}" in own or f"@{domain}" in own
        if is_own and len(local.encode()) <= BASE_OCTETS_MAX:
            return address
    faults.append(
        f"{path}.plus_addresses: needs an address of the account with at most "
        f"{BASE_OCTETS_MAX} bytes before its @"
    )
    return ""


def _address(text: str, path: str, faults: list[str]) -> str:
    try:
        return email_identifier(text).value
    except BadPayload:
        faults.append(f"{path}: {text!r} is not a mail address")
        return ""


def _networks(written: tuple[str, ...], faults: list[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for text in written:
        try:
            networks.append(ip_network(text))
        except ValueError:
            faults.append(f"{_PATH}.trusted_relays: {text!r} is not a network, as in 192.0.2.0/24")
    return tuple(networks)


def _smarthost(settings: EmailSettings, faults: list[str]) -> Smarthost | None:
    if not settings.smarthost:
        return None
    host, port = _host_port(settings.smarthost, "smarthost", faults)
    if bool(settings.smarthost_user) != (settings.smarthost_password is not None):
        faults.append(f"{_PATH}.smarthost_user and smarthost_password: give both or none")
    if settings.smarthost_user and not settings.smarthost_starttls and not _loopback(host):
        faults.append(f"{_PATH}.smarthost_starttls: needed, a password never goes in the clear")
    return Smarthost(
        host=host,
        port=port,
        starttls=settings.smarthost_starttls,
        user=settings.smarthost_user,
        password=settings.smarthost_password,
    )


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _host_port(text: str, key: str, faults: list[str]) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > _PORT_MAX:
        faults.append(f"{_PATH}.{key}: {text!r} is not host:port, as in 127.0.0.1:2525")
        return "", 0
    return host.removeprefix("[").removesuffix("]"), int(port)
