"""Accounts: what is wrong with them is told of all at once, each fault with its path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from maitred.contracts.errors import ConfigurationError

A = TypeVar("A")


def check_accounts(
    channel: str, accounts: Mapping[str, A], faults: Callable[[A], Iterable[str]]
) -> None:
    """Look at each account of a channel; `faults` says what is wrong with one, setting first.

    Raises:
        ConfigurationError: with every fault, each with its path.
    """
    found = [
        f"channels.{channel}.accounts.{name}.{fault}"
        for name, account in accounts.items()
        for fault in faults(account)
    ]
    if found:
        raise ConfigurationError(*found)
