"""What can go wrong, said in a few words that every brick shares.

`Retryable` and `Throttled` are about *now*: the same call may succeed later.
`Permanent` and `BadPayload` are about *this*: repeating it cannot help.
`ConfigurationError` is ours alone and is found before anything starts.

Messages of these errors reach logs and operators, so they never carry what a customer wrote
or an address of his.
"""

from __future__ import annotations

from http import HTTPStatus


class MaitredError(Exception):
    """Base of every error that Maitred raises on purpose."""


class Retryable(MaitredError):
    """It did not work now, and repeating the same call is safe and may help."""


class StoreUnavailable(Retryable):
    """The store did not confirm in time: the caller must not acknowledge to its peer."""


class Throttled(Retryable):
    """The peer asks us to slow down.

    `after_ms` is how long to wait before the next try, in milliseconds.
    """

    def __init__(self, message: str, *, after_ms: int) -> None:
        super().__init__(message)
        self.after_ms = after_ms


class Unreachable(Retryable):
    """The peer is not there, or does not let us in: nothing was sent, through no fault of this.

    It waits until the peer is back, and uses up no try. `after_ms` is how long to leave the peer
    alone at least, in milliseconds.
    """

    def __init__(self, message: str, *, after_ms: int = 0) -> None:
        super().__init__(message)
        self.after_ms = after_ms


class Deferred(Retryable):
    """The peer does not take this for now, though it may take others.

    `after_ms` is how long to wait before the second try, in milliseconds; each wait after it is to
    be twice as long.
    """

    def __init__(self, message: str, *, after_ms: int) -> None:
        super().__init__(message)
        self.after_ms = after_ms


class OutcomeUnknown(MaitredError):
    """The peer was reached and did not say what it did: it may have taken effect, or not.

    Whether the call may be repeated depends on what it does, so the caller decides.
    """


class Permanent(MaitredError):
    """Repeating the call cannot help; `code` is a short stable word for it."""

    def __init__(self, message: str, *, code: str = "permanent") -> None:
        super().__init__(message)
        self.code = code


class BadPayload(Permanent):
    """What arrived cannot be understood: theirs, not ours, so it is quarantined whole."""

    def __init__(self, message: str, *, code: str = "bad_payload") -> None:
        super().__init__(message, code=code)


class ConfigurationError(MaitredError):
    """The configuration is wrong; `faults` names each path and what to write instead."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def error_of_status(
    status: int, *, peer: str, retry_after_ms: int | None = None, takes_effect: bool = False
) -> MaitredError:
    """Map a provider's HTTP status to our error.

    The one place that decides: 429 throttles, and so does 503 that says for how long; a 503 that
    does not, the peer is not there. Other 5xx and 408 are worth another try, every other status
    that is not a success is final (RFC 9110, sections 10.2.3, 15.5 and 15.6). 502 and 504 are said
    by what stands in between: of a call that `takes_effect` each time it is made, the outcome is
    unknown then; of another one, what it is meant for is not there.
    """
    between = status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
    if between and takes_effect:
        return OutcomeUnknown(f"{peer} answered {status}")
    says_when = status == HTTPStatus.SERVICE_UNAVAILABLE and retry_after_ms
    if status == HTTPStatus.TOO_MANY_REQUESTS or says_when:
        return Throttled(f"{peer} answered {status}", after_ms=retry_after_ms or 1_000)
    if between or status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Unreachable(f"{peer} answered {status}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Retryable(f"{peer} answered {status}")
    return Permanent(f"{peer} answered {status}", code=f"http_{status}")
