"""Message: what somebody said, in one shape for every channel."""

from __future__ import annotations

import msgspec

from maitred.contracts.identifiers import Observed
from maitred.contracts.ids import IdentifierKey, MessageId, Tenant
from maitred.contracts.inbound import BlobRef, ReplyTo, Verification
from maitred.contracts.vocabulary import Vocabulary


class MessageKind(Vocabulary):
    """What sort of message it is; only some are for people."""

    MESSAGE = "message"
    EDIT = "edit"
    DELETE = "delete"
    REACTION = "reaction"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    MAILING_LIST = "mailing_list"
    """Written to many by a list or a newsletter, not to us."""
    READ_RECEIPT = "read_receipt"
    CALENDAR_ANSWER = "calendar_answer"
    VERIFICATION = "verification"
    """That the sender proved in his session who he is; there is nothing to answer."""
    UNKNOWN = "unknown"

    @property
    def wants_an_answer(self) -> bool:
        """Whether it may open, reopen or route a conversation.

        What machines send never does (RFC 3834, section 2: no loops), nor do changes to what
        was said before.
        """
        return self in {MessageKind.MESSAGE, MessageKind.UNKNOWN}


class MoodLabel(Vocabulary):
    """A mood in one word, from best to worst."""

    DELIGHTED = "delighted"
    CALM = "calm"
    FRUSTRATED = "frustrated"
    ANGRY = "angry"
    UNKNOWN = "unknown"


class EntityKind(Vocabulary):
    """What a piece of the text names."""

    ORDER = "order"
    EMAIL = "email"
    PHONE = "phone"
    LINK = "link"
    AMOUNT = "amount"
    DATE = "date"
    TRACKING = "tracking"
    UNKNOWN = "unknown"


class PartKind(Vocabulary):
    """Whose words a part of the body holds."""

    TEXT = "text"
    """New words of the sender."""
    QUOTE = "quote"
    """What he answers, with the line that introduces it."""
    FORWARD = "forward"
    """What somebody else wrote and he passes on."""
    SIGNATURE = "signature"
    """Signature, disclaimer, or what his mail program adds."""
    UNKNOWN = "unknown"


class TextPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the body in its order, by where its words stand.

    `start` and `end` count characters in the field that holds this kind: `text` for TEXT,
    `quoted` for QUOTE and FORWARD, `signature` for SIGNATURE.
    """

    kind: PartKind
    start: int
    end: int


class Correspondent(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as the message itself names him: a claim; either may be empty."""

    address: str = ""
    name: str = ""


class BouncedRecipient(msgspec.Struct, frozen=True, kw_only=True):
    """One address that a bounce speaks of.

    `status` is the enhanced status code (RFC 3463) as `5.1.1`, empty when none is known.
    `permanent` tells that the address itself is dead: nothing will ever reach it. A full mailbox
    or a refused content is a failure too, but says nothing of that sort.
    """

    recipient: str
    status: str = ""
    permanent: bool = False
    action: str = ""
    """`failed`, `delayed`, `delivered`, `relayed` or `expanded` (RFC 3464, section 2.3.3)."""


class ThreadEvidenceKind(Vocabulary):
    """How a message says which conversation it belongs to, from surest to least."""

    REPLY_TOKEN = "reply_token"  # noqa: S105  (the name of a kind of evidence)
    """Our own signed token in the address that it was sent to."""
    ANSWERS = "answers"
    """It names the message that it answers (In-Reply-To, a Slack thread)."""
    REFERS = "refers"
    """It names a message further up (References)."""
    SHARED_REFERENCE = "shared_reference"
    """It refers to a message that we never saw, as another one of the conversation does."""
    SUBJECT = "subject"
    """Same subject, same participants, soon after."""
    UNKNOWN = "unknown"


class ThreadEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One reason to put a message into a thread: its kind, the id it rests on, and 0 to 1."""

    kind: ThreadEvidenceKind
    id: str = ""
    score: float


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a message.

    `blob` is missing while the bytes are still at the provider (`remote` then names them there)
    or were beyond a limit (`cut` says which). `size` is in bytes, -1 when unknown.
    """

    name: str
    content_type: str
    size: int
    blob: BlobRef | None = None
    inline: bool = False
    remote: str = ""
    cut: str = ""


class ThreadHints(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel says about what belongs together, in its own ids.

    `own` are the ids by which later messages may refer to this one, `refers_to` those that it
    refers to, nearest first. `fingerprint` is equal when the same content is delivered again on
    another way (a mail through two aliases); empty where the provider's id is enough. `proof` names
    the token by which the sender proved himself: it does so once, for who brings it first.
    """

    own: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()
    fingerprint: str = ""
    proof: str = ""
    evidence: tuple[ThreadEvidence, ...] = ()
    """What `refers_to` and the rest of the message say, the surest first."""


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """A language (ISO 639-1) and how sure that is, 0 to 1."""

    code: str
    confidence: float


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A named thing in the text, in normal form."""

    kind: EntityKind
    value: str
    label: str = ""
    """Which sort of its kind, where that is known: the name of the configured pattern or what the
    text calls it (`order`, `ticket`, `invoice`, `return`, `booking`), or who carries a parcel."""


class Affect(msgspec.Struct, frozen=True, kw_only=True):
    """The mood of one message: valence -1 to 1, arousal 0 to 1, confidence 0 to 1."""

    valence: float
    arousal: float
    label: MoodLabel
    confidence: float
    because: tuple[str, ...] = ()
    """The words that drove it."""


class RawReference(msgspec.Struct, frozen=True, kw_only=True):
    """Where the message stands as received: its sequence in INBOUND."""

    sequence: int


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="message"):
    """A message in canonical shape; times are UTC milliseconds.

    `text` holds the new words only; `quoted` and `signature` hold the rest, so that together
    nothing is missing; `parts` tells the order in which they stood (empty when all of it is new
    words), so what an inline reply answers stands just before it. `sender`, `to` and `cc` are as
    the message itself names them. `target` names the message that an edit, a delete or a reaction
    is about. `bounce` lists the addresses that could not be reached. `proven_at` is when the sender
    last proved in this session who he is (0: he did not).
    `flags` are short words for what a reader should know (`text_cut`, `charset_guessed`).
    """

    version: int = 1
    id: MessageId
    tenant: Tenant
    channel: str
    account: str
    kind: MessageKind
    actor: Observed
    actor_key: IdentifierKey
    verification: Verification = Verification.NONE
    observed: tuple[Observed, ...] = ()
    proven_at: int = 0
    name: str = ""
    sender: Correspondent = Correspondent()
    to: tuple[Correspondent, ...] = ()
    cc: tuple[Correspondent, ...] = ()
    recipients: tuple[str, ...] = ()
    text: str = ""
    quoted: str = ""
    signature: str = ""
    parts: tuple[TextPart, ...] = ()
    html: str = ""
    subject: str = ""
    attachments: tuple[Attachment, ...] = ()
    thread: ThreadHints = ThreadHints()
    target: MessageId | None = None
    bounce: tuple[BouncedRecipient, ...] = ()
    language: Language | None = None
    entities: tuple[Entity, ...] = ()
    affect: Affect | None = None
    sent_at: int | None = None
    received_at: int
    raw: RawReference | None = None
    reply_to: ReplyTo
    flags: tuple[str, ...] = ()
    channel_extra: dict[str, str] = {}
