"""Every bound of the house in one place, and the relations between them.

Units are last in the name. A relation that does not hold stops the import: a limit that is
changed without its neighbours is a fault of the change, not of the day it shows.
"""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

# -- the bus ------------------------------------------------------------------------------
NATS_PAYLOAD_BYTES_MAX: Final = 1 * MIB
"""The server's `max_payload`; it counts headers too, and closes the connection above it."""
NATS_HEADER_BYTES_MAX: Final = 16 * KIB
BODY_INLINE_BYTES_MAX: Final = 256 * KIB
"""A raw body above this goes to BLOBS and the inbound message refers to it."""
BLOB_CHUNK_BYTES: Final = 512 * KIB
BLOB_BYTES_MAX: Final = 64 * MIB
NATS_BATCH_MESSAGES_MAX: Final = 1_000
"""The server's own bound of an atomic batch (NATS ADR-50)."""
BATCH_MESSAGES_MAX: Final = 900
BATCH_BYTES_MAX: Final = 8 * MIB
GROUP_INPUTS_MAX: Final = 128
"""How many inputs one group commit folds together."""
DIRECT_GET_SUBJECTS_MAX: Final = 500
"""Subjects asked for in one batched direct read; the server answers 413 above 1,024."""
PULL_MESSAGES_MAX: Final = 256
PARTITIONS_MAX: Final = 64
PUBLISH_WINDOW_MAX: Final = 1_024
PUBLISH_TIMEOUT_MS: Final = 2 * SECOND_MS
"""How long a door holds its sender before it refuses in its protocol's words."""
COMMIT_TIMEOUT_MS: Final = 10 * SECOND_MS
READ_TIMEOUT_MS: Final = 5 * SECOND_MS
DEDUPLICATION_WINDOW_MS: Final = 24 * HOUR_MS
LEASE_RENEW_MS: Final = 1 * SECOND_MS
LEASE_EXPIRES_MS: Final = 4 * SECOND_MS

# -- what providers do ----------------------------------------------------------------------
SLACK_RETRY_MS_MAX: Final = 1 * HOUR_MS
"""Slack sends an event three more times, the last about an hour after the first."""
TWILIO_RETRY_MS_MAX: Final = 1 * HOUR_MS

# -- doors ----------------------------------------------------------------------------------
EMAIL_BYTES_MAX: Final = 25 * MIB
EMAIL_RECIPIENTS_MAX: Final = 100
EMAIL_LINE_BYTES_MAX: Final = 1_001
"""RFC 5321 section 4.5.3.1.6: 1,000 octets with CRLF (aiosmtpd counts one more)."""
WEBHOOK_BYTES_MAX: Final = 1 * MIB
CHAT_FRAME_BYTES_MAX: Final = 64 * KIB
CHAT_TEXT_CHARACTERS_MAX: Final = 16_000
CHAT_FRAMES_PER_MINUTE_MAX: Final = 120
CHAT_HEARTBEAT_MS: Final = 25 * SECOND_MS
CHAT_TOKEN_AGE_MS_MAX: Final = 180 * DAY_MS
CHAT_SOCKETS_MAX: Final = 20_000
CHAT_IDENTITY_CHARACTERS_MAX: Final = 8 * KIB
CHAT_IDENTIFIERS_SIGNED_MAX: Final = 3
"""An account, an address and a telephone number."""
CHAT_IDENTITY_AGE_MS_MAX: Final = 24 * HOUR_MS
"""How far ahead a site's signed word about its user may expire."""
CHAT_FILES_MAX: Final = 10
"""Files that come with one chat message, or go out with one reply."""
CHAT_FILE_BYTES_MAX: Final = 25 * MIB
CHAT_UPLOAD_BYTES_MAX: Final = 32 * MIB
"""A chat message and all its files, in one request."""
CHAT_UPLOADS_AT_ONCE_MAX: Final = 8
"""Uploads that a gateway holds in memory at a time, and as many downloads."""
CHAT_UPLOADS_PER_SOURCE_MAX: Final = 3
"""How many of these places visitors from one address may have, and one visitor:"""
CHAT_UPLOADS_PER_VISITOR_MAX: Final = 2
CHAT_UPLOAD_TIMEOUT_MS: Final = 2 * MINUTE_MS
CHAT_UPLOAD_GRACE_MS: Final = 10 * SECOND_MS
"""How long an upload may stand still; the pace is asked of it after as long."""
CHAT_UPLOAD_BYTES_PER_SECOND_MIN: Final = 8 * KIB
CHAT_SOCKETS_PER_SOURCE_MAX: Final = 500
"""Sockets from one address: an office or a telephone company may hide behind it."""
CHAT_HELLOS_PER_SOURCE_PER_MINUTE_MAX: Final = 300
CHAT_CODES_SHARE_PER_SOURCE: Final = 10
"""One address may ask for one in so many of the codes that a house sends in an hour."""
CHAT_VISITOR_FILE_BYTES_PER_HOUR_MAX: Final = 128 * MIB
SLACK_PROFILE_TIMEOUT_MS: Final = 1 * SECOND_MS

# -- signals --------------------------------------------------------------------------------
SIGNAL_BYTES_MAX: Final = 1 * KIB
SIGNALS_AT_ONCE_MAX: Final = 5
"""Signals from one endpoint, and to one, that are passed on at once, and one more after each:"""
SIGNAL_EVERY_MS: Final = 1 * SECOND_MS
SIGNALS_WAITING_MAX: Final = 1_024
"""Signals that wait for a connector; beyond, they are dropped."""
SIGNALLERS_MAX: Final = 20_000
"""Of so many endpoints and conversations it is remembered how much they signalled."""

# -- messages -------------------------------------------------------------------------------
MESSAGE_TEXT_BYTES_MAX: Final = 128 * KIB
"""Longer text is cut in the journal entry and flagged; the raw message stays whole."""
MESSAGE_QUOTED_BYTES_MAX: Final = 128 * KIB
MESSAGE_SIGNATURE_BYTES_MAX: Final = 32 * KIB
MESSAGE_HTML_BYTES_MAX: Final = 96 * KIB
MESSAGE_REST_BYTES_MAX: Final = 192 * KIB
"""What all other fields of a message may take together, escaped."""
TEXT_PARTS_MAX: Final = 64
BOUNCED_RECIPIENTS_MAX: Final = 100
SUBJECT_CHARACTERS_MAX: Final = 998
MIME_DEPTH_MAX: Final = 30
MIME_PARTS_MAX: Final = 500
ATTACHMENTS_MAX: Final = 100
THREAD_REFERENCES_MAX: Final = 50
OBSERVED_IDENTIFIERS_MAX: Final = 16
ENTITIES_MAX: Final = 64

# -- conversations and briefs -----------------------------------------------------------------
CONVERSATION_TURNS_MAX: Final = 20
"""Last turns kept in the conversation document; the journal holds all of them."""
CLAIMED_TURNS_MAX: Final = 4
"""Turns of claimed participants kept beside them, and how many an hour may add."""
SYSTEM_TURNS_MAX: Final = 4
"""Reports of mail systems kept beside them, since whoever knows an id can write one."""
TURN_TEXT_CHARACTERS_MAX: Final = 2_000
BRIEF_BYTES_MAX: Final = 64 * KIB
MOOD_SAMPLES_MAX: Final = 20
MOOD_WORDS_MAX: Final = 3
"""Words kept of what drove the mood of a message, each of so many characters at most:"""
MOOD_WORD_CHARACTERS_MAX: Final = 40
MOOD_EARLIER_MAX: Final = 3
"""Last messages of a customer whose mood goes on into his next conversation."""
CONTACTS_MAX: Final = 8
"""Times kept at which an identifier opened a conversation."""
CONTACTS_WINDOW_MS: Final = 7 * DAY_MS
"""Who comes again within this has come before lately."""
OPEN_CONVERSATIONS_MAX: Final = 32

# -- identity ---------------------------------------------------------------------------------
COMPONENT_MEMBERS_MAX: Final = 500
STATEMENTS_MAX: Final = 500
"""Operators' words about one component."""
CLAIMANTS_MAX: Final = 32
CLAIM_AGE_MS: Final = 30 * DAY_MS
PROOF_AGE_MS: Final = 15 * MINUTE_MS
"""How long a proof lets its session act: refund, change an address, add an identifier."""
PROOF_READ_AGE_MS: Final = 12 * HOUR_MS
"""How long it stays with its session: so long an answer there may draw on the history."""
PROOFS_PER_SESSION_MAX: Final = 8
PROOF_REPLY_AGE_MS: Final = 1 * HOUR_MS
"""How soon an answer must come to a mail that asks its reader to prove himself by answering."""
CODE_DIGITS: Final = 6
CODE_AGE_MS: Final = 10 * MINUTE_MS
CODE_TRIES_MAX: Final = 3
CODES_PER_ADDRESS_MAX: Final = 3
CODES_PER_SESSION_MAX: Final = 6
CODES_WINDOW_MS: Final = 1 * HOUR_MS
"""The window in which codes to one address, and from one session, are counted."""

# -- routing ----------------------------------------------------------------------------------
OFFER_TIMEOUT_MS: Final = 30 * SECOND_MS
OFFERS_MISSED_MAX: Final = 2
"""After so many unanswered offers in a row an agent counts as away."""
EVENT_SAID_MAX: Final = 120
"""An event that has told and noted so much hands nothing more on: what it does is one batch."""
EVENT_HANDED_MAX: Final = 60
"""So many conversations at most are taken from agents in one event, and placed."""
EVENT_RAMPS_MAX: Final = 100
"""So many ramps at most end in one event."""
AGENTS_MAX: Final = 10_000
RULES_MAX: Final = 1_000
SKILLS_PER_AGENT_MAX: Final = 100
COMMAND_BYTES_MAX: Final = 128 * KIB
REPLY_CHARACTERS_MAX: Final = 50_000
REPLY_FILES_MAX: Final = 10
FILE_NAME_CHARACTERS_MAX: Final = 200
TEMPLATE_VARIABLES_MAX: Final = 50
UTTERED_MAX: Final = 8
"""Replies of a conversation that can still be edited."""
SCHEDULED_MAX: Final = 8
"""Replies of a conversation that may wait to be sent."""
SCHEDULED_MS_MAX: Final = 14 * DAY_MS
"""How far ahead a reply may be sent; half of what closed conversations live, if that is less."""
HANDOFF_SUMMARY_CHARACTERS_MAX: Final = 1_000
HANDOFF_ENTRIES_MAX: Final = 8
"""Of each kind: what was tried, promised, and could not be found out."""
HANDOFF_ENTRY_CHARACTERS_MAX: Final = 200

# -- keeping ----------------------------------------------------------------------------------
INBOUND_AGE_MS: Final = 30 * DAY_MS
LOG_AGE_MS: Final = 400 * DAY_MS
CLOSED_AGE_MS: Final = 30 * DAY_MS
"""Documents of closed conversations, and of threads, live so long after their last write."""

# -- caches -----------------------------------------------------------------------------------
DOCUMENT_CACHE_ENTRIES_MAX: Final = 20_000
DOCUMENT_CACHE_BYTES_MAX: Final = 16 * MIB
"""Of each stage, as JSON; read and taken apart it is about three times as much in memory."""
PROFILE_CACHE_ENTRIES_MAX: Final = 5_000

# -- stopping -----------------------------------------------------------------------------------
STOP_TIMEOUT_MS: Final = 15 * SECOND_MS


def _hold(relation: object, says: str) -> None:
    if not relation:
        raise AssertionError(f"limits.py: {says}")


_hold(
    max(SLACK_RETRY_MS_MAX, TWILIO_RETRY_MS_MAX) < DEDUPLICATION_WINDOW_MS,
    "the deduplication window must outlast every provider's last retry",
)
_hold(
    DEDUPLICATION_WINDOW_MS <= INBOUND_AGE_MS,
    "the deduplication table is rebuilt from what INBOUND still holds",
)
_hold(
    BODY_INLINE_BYTES_MAX * 4 // 3 + NATS_HEADER_BYTES_MAX < NATS_PAYLOAD_BYTES_MAX,
    "an inline body in base64 and its headers must fit into one NATS payload",
)
_hold(
    BLOB_CHUNK_BYTES + NATS_HEADER_BYTES_MAX < NATS_PAYLOAD_BYTES_MAX,
    "a blob chunk and its headers must fit into one NATS payload",
)
_hold(
    2
    * (
        MESSAGE_TEXT_BYTES_MAX
        + MESSAGE_QUOTED_BYTES_MAX
        + MESSAGE_SIGNATURE_BYTES_MAX
        + MESSAGE_HTML_BYTES_MAX
    )
    + MESSAGE_REST_BYTES_MAX
    + NATS_HEADER_BYTES_MAX
    < NATS_PAYLOAD_BYTES_MAX,
    # Two bytes each: what would take six, controls, is removed before.
    "a message whose every character JSON escapes must fit into one NATS payload",
)
_hold(EMAIL_BYTES_MAX <= BLOB_BYTES_MAX, "the largest mail must fit into a blob")
_hold(
    CHAT_FILE_BYTES_MAX + 2 * CHAT_FRAME_BYTES_MAX <= CHAT_UPLOAD_BYTES_MAX <= BLOB_BYTES_MAX,
    "the largest file must fit into an upload, and an upload into a blob",
)
_hold(
    CHAT_UPLOADS_PER_VISITOR_MAX <= CHAT_UPLOADS_PER_SOURCE_MAX < CHAT_UPLOADS_AT_ONCE_MAX,
    "nobody alone may take all places for files",
)
_hold(CHAT_SOCKETS_PER_SOURCE_MAX < CHAT_SOCKETS_MAX, "nobody alone may take all sockets")
_hold(CHAT_UPLOAD_GRACE_MS < CHAT_UPLOAD_TIMEOUT_MS, "a pace must be asked for in time")
_hold(CHAT_FILES_MAX <= ATTACHMENTS_MAX, "no file of a chat message may be cut")
_hold(
    BATCH_MESSAGES_MAX < NATS_BATCH_MESSAGES_MAX,
    "a batch must stay below what the server takes",
)
_hold(
    # A document beside each thing said; one more offer may be to several; and what is put right.
    2 * EVENT_SAID_MAX + (3 + 4) * EVENT_HANDED_MAX + EVENT_RAMPS_MAX < BATCH_MESSAGES_MAX,
    "what one event does must fit into one batch",
)
_hold(
    # Entry, customer, conversation, and a mail's threads; what writes more is halved.
    GROUP_INPUTS_MAX * 7 <= BATCH_MESSAGES_MAX,
    "a full group of ordinary messages must fit into one batch",
)
_hold(
    6 * (CONVERSATION_TURNS_MAX + CLAIMED_TURNS_MAX + SYSTEM_TURNS_MAX) * TURN_TEXT_CHARACTERS_MAX
    < NATS_PAYLOAD_BYTES_MAX,
    "a full conversation document must fit into one NATS payload",
)
_hold(
    4 * (HANDOFF_SUMMARY_CHARACTERS_MAX + 3 * HANDOFF_ENTRIES_MAX * HANDOFF_ENTRY_CHARACTERS_MAX)
    < BRIEF_BYTES_MAX // 2,
    # Four bytes each: controls, which would take more, are removed before.
    "a brief must have room for a handoff and for the last turn",
)
_hold(CODE_AGE_MS <= CODES_WINDOW_MS, "a code that may still come back must be counted")
_hold(PROOF_AGE_MS <= PROOF_READ_AGE_MS, "who may act for a customer may read what he wrote")
_hold(
    PROOFS_PER_SESSION_MAX + CHAT_IDENTIFIERS_SIGNED_MAX < OBSERVED_IDENTIFIERS_MAX,
    "a chat message must have room for all that its session proved, and for a claim",
)
_hold(2 * LEASE_RENEW_MS < LEASE_EXPIRES_MS, "a lease must survive one lost renewal")
_hold(
    SCHEDULED_MS_MAX < INBOUND_AGE_MS,
    "a file of a reply that is sent later must still be there",
)
_hold(COMMAND_BYTES_MAX < NATS_PAYLOAD_BYTES_MAX, "a command is one NATS message")
_hold(COMMIT_TIMEOUT_MS < STOP_TIMEOUT_MS, "a stop must outlast the commit under way")
