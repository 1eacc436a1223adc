"""Who wrote it: a person, an app, a workflow, or somebody of another company."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Correspondent, MessageKind
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.slack.decoder import decode
from tests.normalizer.slack.callbacks import TS, Json, Read, callback, event, said


def test_sender_and_receiver_are_named(read: Read) -> None:
    message = read(event(user_profile={"display_name": "", "real_name": "Kim Vo"}))
    assert message.sender == Correspondent(address="U1", name="Kim Vo")
    assert message.to == (Correspondent(address="C1"),)
    assert message.name == "Kim Vo"


def test_a_profile_that_the_door_asked_for_names_the_sender(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    inbound = received("slack", name="Kim")
    message = decode(inbound, event(text="I am <@U1>"), 1, context).message
    assert message.sender.name == "Kim"
    assert message.text == "I am @Kim"


@pytest.mark.parametrize(
    ("fields", "app"),
    [
        ({"subtype": "bot_message", "username": "Forms", "user": None, "bot_id": "B1"}, "Forms"),
        ({"bot_id": "B1", "bot_profile": {"name": "Helpdesk"}}, "Helpdesk"),
        ({"user": "USLACKBOT"}, None),
    ],
)
def test_what_an_app_posts_is_automatic_and_names_the_app(
    read: Read, fields: Json, app: str | None
) -> None:
    message = read(event(**fields))
    assert message.kind is MessageKind.AUTO_REPLY
    assert message.channel_extra.get("app") == app


def test_a_workflow_is_flagged(read: Read) -> None:
    profile = {"name": "Support form", "is_workflow_bot": True}
    message = read(event(subtype="bot_message", bot_id="B1", user=None, bot_profile=profile))
    assert message.kind is MessageKind.AUTO_REPLY
    assert message.flags == ("workflow",)


def test_an_emote_is_a_message(read: Read) -> None:
    message = read(event(subtype="me_message", text="waits"))
    assert (message.kind, message.text) == (MessageKind.MESSAGE, "waits")
    assert message.channel_extra["subtype"] == "me_message"


@pytest.mark.parametrize(
    ("author", "envelope", "foreign"),
    [
        ({"team": "T1"}, {}, ""),
        ({"user_team": "T2", "team": "T1"}, {"is_ext_shared_channel": True}, "T2"),
        ({"team": "T2"}, {}, "T2"),
        ({"source_team": "T2"}, {"is_ext_shared_channel": True}, "T2"),
        ({"user_team": "E1", "team": "T1"}, {"context_enterprise_id": "E1"}, ""),
        ({"user_team": "T2"}, {"context_enterprise_id": "E1"}, ""),
        ({"user_team": "T2"},
         {"context_enterprise_id": "E1", "is_ext_shared_channel": True}, "T2"),
        ({"user_team": "E1"}, {"authorizations": [{"enterprise_id": "E1", "team_id": "T1"}]}, ""),
    ],
)  # fmt: skip
def test_an_author_of_another_company_is_marked(
    read: Read, author: Json, envelope: Json, foreign: str
) -> None:
    message = read(callback(said(**author), **envelope))
    assert message.channel_extra.get("foreign_team", "") == foreign
    assert ("foreign_team" in message.flags) is bool(foreign)


def test_in_a_shared_channel_a_thread_is_named_by_our_workspace(
    received: Callable[..., Inbound], context: DecodeContext, read: Read
) -> None:
    theirs = callback(said(user_team="T2"), team_id="T2", context_team_id="T1")
    assert read(theirs).thread.own == (f"T1:C1:{TS}",)
    told = received("slack", facts={"team": "T9"})
    assert decode(told, theirs, 1, context).message.thread.own == (f"T9:C1:{TS}",)


def test_an_answer_goes_by_the_organisations_installation_that_brought_the_message(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    told = received("slack", facts={"team": "T1", "organisation": "E1"})
    where = decode(told, event(), 1, context).message.reply_to.extra
    assert where == {"channel": "C1", "team": "T1", "organisation": "E1"}
    plain = received("slack", facts={"team": "T1"})
    assert "organisation" not in decode(plain, event(), 1, context).message.reply_to.extra
