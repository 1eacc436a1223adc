"""Every channel of the house, and an example of somebody else's, does what a connector must."""

from __future__ import annotations

from examples.telegram.maitred_telegram.testing import TelegramDoor
from maitred.connectors.testing.with_pytest import conformance
from tests.connectors.conformance.chat_door import ChatDoor
from tests.connectors.conformance.email_door import EmailDoor
from tests.connectors.conformance.slack_door import SlackDoor
from tests.connectors.conformance.sms_door import SmsDoor
from tests.connectors.conformance.webhook_door import WebhookDoor

test_webhook = conformance(WebhookDoor)
test_example = conformance(TelegramDoor)
test_sms = conformance(SmsDoor)
test_slack = conformance(SlackDoor)
test_chat = conformance(ChatDoor)
test_email = conformance(EmailDoor)
