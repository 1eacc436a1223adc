"""Thread evidence: how much each way of naming a thread is worth, in one place.

A score orders the conversations that one message names; it says nothing of whether its sender may
be there. In the order of RFC 5322, section 3.6.4, what a mail answers is nearer than what it
merely descends from. Whatever both sides chose outweighs what anybody could have written alike:

* a reply token (1.0) is our own word, signed;
* the message that is answered (0.9) is named by the writer's program;
* a reference further up (0.8, and 0.01 less for each step, at least 0.6) may belong to a thread
  that forked, the more likely the farther it is;
* a shared reference (0.4) joins two messages by a third that we never saw;
* an equal subject (0.3 behind a reply prefix, else 0.2) may be chance.
"""

from __future__ import annotations

from typing import Final

from maitred.contracts.ids import ConversationId
from maitred.contracts.message import ThreadEvidence, ThreadEvidenceKind

TOKEN_SCORE: Final = 1.0
ANSWERS_SCORE: Final = 0.9
REFERS_SCORE: Final = 0.8
REFERS_SCORE_MIN: Final = 0.6
REFERS_STEP: Final = 0.01
SHARED_SCORE: Final = 0.4
SUBJECT_REPLY_SCORE: Final = 0.3
SUBJECT_SCORE: Final = 0.2


def token(conversation: ConversationId) -> ThreadEvidence:
    """Return the evidence of a verified reply token; its id is the conversation itself."""
    return ThreadEvidence(kind=ThreadEvidenceKind.REPLY_TOKEN, id=conversation, score=TOKEN_SCORE)


def answers(foreign_id: str) -> ThreadEvidence:
    """Return the evidence of naming the message that is answered."""
    return ThreadEvidence(kind=ThreadEvidenceKind.ANSWERS, id=foreign_id, score=ANSWERS_SCORE)


def refers(foreign_id: str, steps: int) -> ThreadEvidence:
    """Return the evidence of a reference; `steps` is 0 for the nearest one."""
    score = max(REFERS_SCORE_MIN, round(REFERS_SCORE - REFERS_STEP * steps, 2))
    return ThreadEvidence(kind=ThreadEvidenceKind.REFERS, id=foreign_id, score=score)


def shares(foreign_id: str) -> ThreadEvidence:
    """Return the evidence of a reference to what another message of the conversation refers to."""
    return ThreadEvidence(
        kind=ThreadEvidenceKind.SHARED_REFERENCE, id=foreign_id, score=SHARED_SCORE
    )


def subject(base: str, *, is_reply: bool) -> ThreadEvidence:
    """Return the evidence of a subject, reduced to its base; `is_reply` tells of a prefix."""
    score = SUBJECT_REPLY_SCORE if is_reply else SUBJECT_SCORE
    return ThreadEvidence(kind=ThreadEvidenceKind.SUBJECT, id=base, score=score)
