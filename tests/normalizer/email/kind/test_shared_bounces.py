"""Real bounces of many systems are recognised, and ordinary mail is not taken for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from maitred.contracts.message import MessageKind
from maitred.normalizer.email.kind import Kind, kind_of
from maitred.normalizer.email.mime import tree

SHARED = Path(__file__).parents[5] / "shared" / "data"
BOUNCES = SHARED / "bounces"
MACHINES = {MessageKind.BOUNCE, MessageKind.COMPLAINT, MessageKind.AUTO_REPLY}

pytestmark = pytest.mark.skipif(
    not BOUNCES.is_dir(), reason="the shared bounces are not beside the repository"
)


class Expected(msgspec.Struct):
    """What another library finds for one recipient."""

    dsn: str
    reason: str
    hardbounce: int
    feedbacktype: str = ""

    @property
    def is_stated(self) -> bool:
        """Whether the code comes from the mail: that library makes up `5.0.9xx` itself."""
        _, subject, detail = self.dsn.split(".")
        return not (subject == "0" and len(detail) == 3)


class Mail(msgspec.Struct):
    file: str
    expected: list[Expected] | None


def _kind(raw: bytes) -> Kind:
    return kind_of(tree(raw)[0], (), {})


@pytest.fixture(scope="module")
def sorted_mails() -> list[tuple[Mail, Kind]]:
    mails = msgspec.json.decode((BOUNCES / "expected.json").read_bytes(), type=list[Mail])
    return [(each, _kind((BOUNCES / "mail" / each.file).read_bytes())) for each in mails]


def _verdicts(mails: list[tuple[Mail, Kind]]) -> Iterator[tuple[Expected, str, bool | None]]:
    """Yield what is expected of each recipient with the code and the verdict that were found."""
    for mail, kind in mails:
        for index, expected in enumerate(mail.expected or ()):
            if expected.dsn and index < len(kind.bounce):
                yield expected, kind.bounce[index].status, kind.bounce[index].permanent
            elif expected.dsn:
                yield expected, "", None


def test_at_least_98_in_100_are_recognised(sorted_mails: list[tuple[Mail, Kind]]) -> None:
    missed = [mail.file for mail, kind in sorted_mails if kind.kind not in MACHINES]
    assert len(missed) <= 0.02 * len(sorted_mails), missed


def test_complaints_and_absences_are_told_from_bounces(
    sorted_mails: list[tuple[Mail, Kind]],
) -> None:
    for mail, kind in sorted_mails:
        for expected in mail.expected or ():
            if expected.reason == "feedback":
                assert kind.kind is MessageKind.COMPLAINT, mail.file
                assert kind.extra["feedback_type"] == expected.feedbacktype, mail.file
            elif expected.reason == "vacation":
                assert kind.kind is MessageKind.AUTO_REPLY, mail.file


def test_the_stated_code_is_right_in_95_of_100(sorted_mails: list[tuple[Mail, Kind]]) -> None:
    stated = [each for each in _verdicts(sorted_mails) if each[0].is_stated]
    right = sum(expected.dsn == status for expected, status, _ in stated)
    assert right >= 0.95 * len(stated)


def test_hard_is_told_from_soft_in_92_of_100(sorted_mails: list[tuple[Mail, Kind]]) -> None:
    verdicts = list(_verdicts(sorted_mails))
    right = sum(bool(expected.hardbounce) is permanent for expected, _, permanent in verdicts)
    assert right >= 0.92 * len(verdicts)


def test_at_most_1_in_100_ordinary_mails_is_taken_for_a_machine_s() -> None:
    lines = (SHARED / "quotes" / "cases.jsonl").read_bytes().splitlines()
    bodies = [msgspec.json.decode(each)["input"] for each in lines]
    mails = [path.read_bytes() for path in sorted((SHARED / "mime").rglob("*.eml"))]
    header = "From: Ada <ada@example.com>\nTo: us@example.org\nSubject: {}\n\n{}"
    for subject in ("Order 7", "Re: Undelivered Mail Returned to Sender", "Mail delivery failed"):
        mails += [header.format(subject, body).encode(errors="replace") for body in bodies]
    kinds = [_kind(each) for each in mails]
    # One of the mails is from a mailing list, and says so.
    wrong = sum(each.kind not in {MessageKind.MESSAGE, MessageKind.MAILING_LIST} for each in kinds)
    assert wrong <= 0.01 * len(kinds)
