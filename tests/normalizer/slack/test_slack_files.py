"""Files in Slack are listed, and the words that Slack shows of them are read."""

from __future__ import annotations

import pytest

from maitred.contracts.message import Attachment
from tests.normalizer.slack.callbacks import Json, Read, event

URL = "https://files.example.com/F1"
PHOTO = {"id": "F1", "name": "a.jpg", "mimetype": "image/jpeg", "size": 9, "url_private": URL}


@pytest.mark.parametrize(
    ("file", "attachment"),
    [
        (PHOTO, Attachment(name="a.jpg", content_type="image/jpeg", size=9, remote=URL)),
        (
            {**PHOTO, "url_private_download": f"{URL}/download"},
            Attachment(name="a.jpg", content_type="image/jpeg", size=9, remote=f"{URL}/download"),
        ),
        (
            {"title": "Plan", "is_external": True, "external_url": "https://docs.example.com/1"},
            Attachment(name="Plan", content_type="", size=-1, remote="https://docs.example.com/1"),
        ),
    ],
)
def test_a_file_is_an_attachment_that_stays_at_slack(
    read: Read, file: Json, attachment: Attachment
) -> None:
    message = read(event(subtype="file_share", files=[file]))
    assert message.attachments == (attachment,)
    assert message.flags == ()


@pytest.mark.parametrize(
    ("file", "cut"),
    [
        ({"id": "../F1", "file_access": "check_file_info"}, "check_file_info"),
        ({"id": "F1", "file_access": "access_denied"}, "access_denied"),
        ({"id": "F1", "mode": "tombstone"}, "tombstone"),
        ({"id": "F1", "mode": "hidden_by_limit"}, "hidden_by_limit"),
    ],
)
def test_a_file_that_slack_withholds_is_listed_and_flagged(
    read: Read, file: Json, cut: str
) -> None:
    message = read(event(files=[file]))
    named = str(file["id"])
    assert message.attachments == (Attachment(name=named, content_type="", size=-1, cut=cut),)
    assert message.flags == ("file_withheld",)


def test_a_file_that_is_given_when_asked_for_has_where_to_ask(read: Read) -> None:
    file = {"id": "F1", "mode": "file_access", "file_access": "check_file_info"}
    [attachment] = read(event(files=[file])).attachments
    assert attachment.remote == "https://slack.com/api/files.info?file=F1"
    assert attachment.cut == "check_file_info"


SNIPPET = {**PHOTO, "mode": "snippet", "user": "U1", "preview": "boiler: E119\npump: ok"}


def test_the_words_of_a_snippet_are_its_authors(read: Read) -> None:
    message = read(event(text="look", files=[SNIPPET]))
    assert message.text == "look\nboiler: E119\npump: ok"
    theirs = read(event(text="look", files=[{**SNIPPET, "user": "U2"}]))
    assert (theirs.text, theirs.quoted) == ("look", "boiler: E119\npump: ok")


def test_a_snippet_of_which_only_the_start_is_shown_says_so(read: Read) -> None:
    assert read(event(files=[{**SNIPPET, "preview_is_truncated": True}])).flags == ("preview_cut",)


@pytest.mark.parametrize(
    "file",
    [
        {"mode": "post", "preview": "<p>no &amp; cold</p><br>"},
        {"mode": "space", "preview_plain_text": "no & cold", "preview": "<p>-</p>"},
    ],
)
def test_a_post_is_read_without_its_markup(read: Read, file: Json) -> None:
    assert read(event(text="", files=[{"user": "U1", **file}])).text == "no & cold"


def test_a_mail_that_slack_takes_in_is_passed_on(read: Read) -> None:
    file = {"mode": "email", "user": "U1", "plain_text": "Dear all", "subject": "Hi"}
    message = read(event(text="", files=[file]))
    assert (message.text, message.quoted) == ("", "Dear all")


def test_a_voice_clip_is_read_as_far_as_slack_has_heard_it(read: Read) -> None:
    heard = {"status": "complete", "preview": {"content": "where is my order", "has_more": True}}
    clip = {**PHOTO, "name": "clip.m4a", "subtype": "slack_audio", "transcription": heard}
    message = read(event(text="", files=[clip]))
    assert message.text == "where is my order"
    assert message.flags == ("transcribed", "preview_cut")
    waiting = {**clip, "transcription": {"status": "processing"}}
    assert read(event(text="", files=[waiting])).flags == ()
