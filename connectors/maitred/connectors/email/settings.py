"""The email channel's settings: read, checked against each other, and made ready to ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec

from maitred.connectors.email.incoming import (
    EmailListener,
    EmailMailbox,
    Judging,
    Mailbox,
    Place,
    check_logins,
    mailboxes_of,
    places_of,
)
from maitred.connectors.email.networks import (
    PATH,
    Encryption,
    Networks,
    host_port,
    is_loopback,
    networks_of,
)
from maitred.connectors.email.oauth import EmailOAuth, check_access, check_oauth
from maitred.connectors.email.outgoing import (
    CONNECTIONS_MAX,
    DkimKeys,
    Sender,
    Smarthost,
    signers_of,
    tls_of,
)
from maitred.contracts.errors import BadPayload, ConfigurationError
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.limits import EMAIL_BYTES_MAX, KIB
from maitred.contracts.reply_token import BASE_OCTETS_MAX
from maitred.contracts.secret import Secret

_PATH: Final = PATH


class EmailAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The addresses of one account, and whom its replies come from.

    `addresses` are exact ones, whose plus-addresses belong to them, or `@domain` for a whole
    domain. `from_address` is, if empty, the first exact one. `plus_addresses` tells that
    every server on the way to us delivers plus-addresses, so that answers may be asked to one, and
    `plus_return_path` that bounces are, too: None leaves it to whether that is likely to be let
    through.
    `html` adds an HTML alternative to the text of a reply, `dkim` are the keys that sign it.
    """

    addresses: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    from_address: str = ""
    from_name: str = ""
    plus_addresses: bool = False
    plus_return_path: bool | None = None
    html: bool = True
    dkim: DkimKeys = ()


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[channels.email]`; ports as `host:port`, networks as CIDR."""

    listen: str = "127.0.0.1:2525"
    """Empty: only `listeners`."""
    listeners: tuple[EmailListener, ...] = ()
    hostname: str = "localhost"
    certificate: Path | None = None
    certificate_key: Path | None = None
    proxies: tuple[str, ...] = ()
    logins: dict[str, Secret] = {}
    verify: Judging = Judging.AUTHENTICATION_RESULTS
    dmarc_reject: bool = False
    mailboxes: dict[str, EmailMailbox] = {}
    oauth: dict[str, EmailOAuth] = {}
    """Where access tokens come from, by a name that mailboxes and the smarthost refer to."""
    accounts: dict[str, EmailAccount]
    trusted_relays: tuple[str, ...] = ()
    authserv_id: str = ""
    smarthost: str = ""
    smarthost_user: str = ""
    smarthost_password: Secret | None = None
    smarthost_oauth: str = ""
    smarthost_tls: Encryption = Encryption.STARTTLS
    smarthost_ca_file: Path | None = None
    smarthost_connections_max: Annotated[int, msgspec.Meta(ge=1, le=CONNECTIONS_MAX)] = 4
    smarthost_idle_s: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 60.0
    smarthost_notices: bool = False
    bytes_max: Annotated[int, msgspec.Meta(ge=KIB, le=EMAIL_BYTES_MAX)] = EMAIL_BYTES_MAX
    bytes_held_max: Annotated[int, msgspec.Meta(ge=KIB)] = 10 * EMAIL_BYTES_MAX
    """What all mails under way may hold in memory together."""
    sessions_max: Annotated[int, msgspec.Meta(ge=1)] = 500
    sessions_per_peer_max: Annotated[int, msgspec.Meta(ge=1)] = 50
    """Trusted relays are bounded by `sessions_max` only, by this and the next three."""
    peer_connections_per_minute_max: Annotated[int, msgspec.Meta(ge=1)] = 300
    peer_mails_per_minute_max: Annotated[int, msgspec.Meta(ge=1)] = 300
    peer_recipients_per_minute_max: Annotated[int, msgspec.Meta(ge=1)] = 3_000
    timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 300.0
    """For each command; RFC 5321 section 4.5.3.2.7 asks for five minutes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings, read and checked."""

    places: tuple[Place, ...]
    recipients: dict[str, str]
    """Normalised address or `@domain`, to the account."""
    senders: dict[str, Sender]
    relays: Networks
    proxies: Networks
    mailboxes: tuple[Mailbox, ...]
    smarthost: Smarthost | None


def plan_of(settings: EmailSettings) -> Plan:
    """Read the settings.

    Raises:
        ConfigurationError: they are wrong or contradict each other; every fault at once.
    """
    faults: list[str] = []
    places = places_of(settings.listen, settings.listeners, faults)
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
            may_default = not settings.smarthost_oauth
            senders[name] = Sender(
                address,
                account.from_name,
                answers_to,
                _bounces_to(account, address, answers_to, path, faults, may_default=may_default),
                html=account.html,
                signers=signers_of(account.dkim, address, f"{path}.dkim", faults),
            )
        elif settings.smarthost:
            faults.append(f"{path}.from_address: needed, since no exact address is listed")
        if not account.from_name.isprintable():
            faults.append(f"{path}.from_name: must be one line of printable characters")
    relays = networks_of(settings.trusted_relays, "trusted_relays", faults)
    proxies = networks_of(settings.proxies, "proxies", faults)
    check_oauth(settings.oauth, faults)
    mailboxes = mailboxes_of(settings.mailboxes, settings.accounts, settings.oauth, faults)
    _check_trust(settings, faults)
    _check_tls(settings, faults)
    smarthost = _smarthost(settings, faults)
    if faults:
        raise ConfigurationError(*faults)
    return Plan(
        places=places,
        recipients=recipients,
        senders=senders,
        relays=relays,
        proxies=proxies,
        mailboxes=mailboxes,
        smarthost=smarthost,
    )


def _check_trust(settings: EmailSettings, faults: list[str]) -> None:
    check_logins(settings.logins, faults)
    if (settings.trusted_relays or settings.logins) and not settings.authserv_id:
        faults.append(f"{_PATH}.authserv_id: needed, to know the trusted relays' verdicts by")
    if settings.dmarc_reject and settings.verify is not Judging.SELF:
        faults.append(f'{_PATH}.dmarc_reject: goes with verify = "self" only, who else would know')


def _check_tls(settings: EmailSettings, faults: list[str]) -> None:
    if (settings.certificate is None) != (settings.certificate_key is None):
        faults.append(f"{_PATH}.certificate and certificate_key: give both or none")
    if settings.certificate is not None:
        return
    if settings.logins:
        faults.append(f"{_PATH}.certificate: needed, a login never goes in the clear")
    for index, listener in enumerate(settings.listeners):
        if listener.implicit_tls:
            faults.append(f"{_PATH}.certificate: needed for listeners[{index}].implicit_tls")


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


def _bounces_to(
    account: EmailAccount,
    sender: str,
    answers_to: str,
    path: str,
    faults: list[str],
    *,
    may_default: bool,
) -> str:
    """Return the address whose plus-addresses are return paths.

    Its domain is that of the From, because SPF proves no other one for DMARC (RFC 7489, section
    3.1.2). Who logs in with the access token of a mailbox may mostly send in its own name only.
    """
    fits = bool(answers_to) and _domain(answers_to) == _domain(sender)
    if account.plus_return_path and not fits:
        faults.append(
            f"{path}.plus_return_path: needs plus_addresses, and an address of the account in the "
            f"domain of {sender}, from which its mail comes"
        )
    wanted = may_default if account.plus_return_path is None else account.plus_return_path
    return answers_to if wanted and fits else ""


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _address(text: str, path: str, faults: list[str]) -> str:
    try:
        return email_identifier(text).value
    except BadPayload:
        faults.append(f"{path}: {text!r} is not a mail address")
        return ""


def _smarthost(settings: EmailSettings, faults: list[str]) -> Smarthost | None:
    if not settings.smarthost:
        return None
    host, port = host_port(settings.smarthost, "smarthost", faults)
    password, oauth = settings.smarthost_password, settings.smarthost_oauth
    if settings.smarthost_user:
        path = f"{_PATH}.smarthost_password"
        faults += check_access(path, password, oauth, settings.oauth)
    elif password is not None or oauth:
        faults.append(f"{_PATH}.smarthost_user: needed, to log in as")
    mode = settings.smarthost_tls
    if settings.smarthost_user and mode is Encryption.NONE and not is_loopback(host):
        faults.append(f"{_PATH}.smarthost_tls: needed, a password never goes in the clear")
    return Smarthost(
        host=host,
        port=port,
        hostname=settings.hostname,
        tls=tls_of(mode, settings.smarthost_ca_file, f"{_PATH}.smarthost_ca_file", faults),
        implicit=mode is Encryption.IMPLICIT,
        user=settings.smarthost_user,
        password=password,
        oauth=oauth,
        connections_max=settings.smarthost_connections_max,
        idle_s=settings.smarthost_idle_s,
        notices=settings.smarthost_notices,
    )
