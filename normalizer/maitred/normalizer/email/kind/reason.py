"""The reasons for which mail is not delivered."""

from __future__ import annotations

from enum import Enum, auto


class Reason(Enum):
    """Why a mail was refused, or could not be handed over."""

    USER_UNKNOWN = auto()
    HOST_UNKNOWN = auto()
    MOVED = auto()
    TAKES_NO_MAIL = auto()
    MAILBOX_FULL = auto()
    SUSPENDED = auto()
    FILTERED = auto()
    SENDER = auto()
    SPAM = auto()
    VIRUS = auto()
    BLOCKED = auto()
    POLICY = auto()
    AUTHENTICATION = auto()
    NO_REVERSE_NAME = auto()
    ENCRYPTION = auto()
    RELAYING = auto()
    RATE = auto()
    TOO_BIG = auto()
    CONTENT = auto()
    PROTOCOL = auto()
    EXPIRED = auto()
    NETWORK = auto()
    SYSTEM = auto()
    MAILER = auto()
