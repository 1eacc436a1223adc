"""Undoing: a split or a join is taken back, by whoever, whenever, and once."""

from __future__ import annotations

import msgspec

from maitred.contracts.errors import Permanent
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.identity.operators.orders import Order, Outcome
from maitred.identity.operators.retelling import Teller
from maitred.identity.operators.splitting import split_undone
from maitred.identity.operators.uniting import join_undone
from maitred.identity.reading import require


def undo(order: Order, record: OperationDoc, teller: Teller) -> Outcome:
    """Return what takes a split or a join back; `order` says who undoes it, why and when.

    Raises:
        NotRead: a document has not been loaded.
        Unread: messages of the conversations have not been read.
        Permanent: it is no split and no join (`not_here`), it is undone already (`undone`), one of
            the two is gone (`not_found`), or they are of different customers by now
            (`different_customers`).
    """
    view, subjects = teller.view, teller.tools.subjects
    if record.conversation is None or record.other is None:
        raise Permanent("this operation is not about conversations", code="not_here")
    conversation, other = record.conversation, record.other
    subject = subjects.operation(conversation, record.id)
    require(view, subject)
    record = view.read(subject, OperationDoc) or record
    if record.undone_at:
        raise Permanent(f"it was undone already, by {record.undone_by}", code="undone")
    marked = msgspec.structs.replace(
        record, undone_by=order.by, undone_why=order.why, undone_at=order.at
    )
    if record.kind is OperationKind.SPLIT:
        return split_undone(marked, conversation, other, teller)
    if record.kind is OperationKind.JOIN:
        return join_undone(marked, conversation, other, teller)
    raise Permanent("this operation is not about conversations", code="not_here")
