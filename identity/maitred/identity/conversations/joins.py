"""Joins: which conversation stands in which, by an operator's word.

A join is an edge and moves nothing: each conversation keeps what was said in it, and whoever reads
the one that took others in reads them too. So to take the edge away restores all of them, in
whatever order joins are undone. An edge counts while both ends are one customer's: if he is parted
since, so are they.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from maitred.contracts.conversation import Conversation
from maitred.contracts.ids import ConversationId, CustomerId
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.reading import read_customer, require

GROUP_MAX: Final = 16
"""So many conversations at most are seen as one."""
EDGES_MAX: Final = 4 * GROUP_MAX
"""So many joins are followed, those of conversations that hold nothing any more included."""


def followed(
    view: View, subjects: Subjects, conversation: ConversationId
) -> tuple[Conversation, ...]:
    """Return a conversation and those that it went up into; it stands in the last one.

    Nothing where there is none.

    Raises:
        NotRead: the next conversation, or the customer of one, has not been loaded.
    """
    require(view, subjects.conversation(conversation))
    document = view.read(subjects.conversation(conversation), Conversation)
    path: list[Conversation] = []
    while document is not None and len(path) < EDGES_MAX:
        path.append(document)
        if document.joined_into is None:
            break
        subject = subjects.conversation(document.joined_into)
        require(view, subject)
        into = view.read(subject, Conversation)
        is_one = into is not None and _is_one(document.customer, into.customer, view, subjects)
        document = into if is_one else None
    return tuple(path)


def members(conversation: Conversation, view: View, subjects: Subjects) -> tuple[Conversation, ...]:
    """Return the conversations that went up into one, and hold something.

    Those that went up into these are among them.

    Raises:
        NotRead: one of them, or its customer, has not been loaded.
    """
    found: dict[ConversationId, Conversation] = {}
    coming = deque([conversation])
    while coming and len(found) < EDGES_MAX:
        above = coming.popleft()
        require(view, *map(subjects.conversation, above.joined))
        for each in above.joined:
            below = view.read(subjects.conversation(each), Conversation)
            if (
                below is not None
                and below.joined_into == above.id
                and below.id not in found
                and _is_one(below.customer, above.customer, view, subjects)
            ):
                found[below.id] = below
                coming.append(below)
    found.pop(conversation.id, None)
    return tuple(each for each in found.values() if each.turns or each.messages)


def _is_one(one: CustomerId, other: CustomerId, view: View, subjects: Subjects) -> bool:
    if one == other:
        return True
    return read_customer(view, subjects, one)[0] == read_customer(view, subjects, other)[0]
