"""Sentences about webhooks, except edits of their section."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from webui.history.narrative.fragments import Sentence, new, plain_text
from webui.history.record.actions import Action
from webui.web.number_filters import plural

Changes = Mapping[str, Any]


def _fixed(words: str) -> Callable[[Changes], Sentence]:
    return lambda _changes: [plain_text(words)]


def _rotated(changes: Changes) -> Sentence:
    if changes["webhook_secret"][0] is None:
        return [plain_text("Created a webhook secret")]
    until = changes.get("webhook_secret_previous_until", [None, None])[1]
    if until is None:
        return [plain_text("Replaced the webhook secret")]
    at = datetime.fromisoformat(until)
    words = f"{at.day} {at:%b %Y %H:%M} UTC"
    return [plain_text("Replaced the webhook secret; the old one signs as well until "), new(words)]


def _all_resent(changes: Changes) -> Sentence:
    events = plural(changes["events"][1], "event")
    return [plain_text("Sent "), new(events), plain_text(" again")]


SENTENCES: dict[Action, Callable[[Changes], Sentence]] = {
    Action.WEBHOOK_SECRET_ROTATED: _rotated,
    Action.WEBHOOK_SECRET_ENDED: _fixed("Ended the old webhook secret before its time"),
    Action.WEBHOOK_SECRET_EXPIRED: _fixed("Removed the old webhook secret, whose time was over"),
    Action.WEBHOOK_TESTED: _fixed("Sent a test event"),
    Action.WEBHOOK_RESENT: _fixed("Sent an event again"),
    Action.WEBHOOK_HURRIED: _fixed("Let a waiting event be tried now"),
    Action.WEBHOOK_ALL_RESENT: _all_resent,
    Action.WEBHOOK_STOPPED: _fixed("Stopped deliveries: the receiver said that it is gone (410)"),
    Action.WEBHOOK_RESUMED: _fixed("Resumed deliveries"),
}
