"""What tests ask of the history."""

import json
from typing import Any

from flask import current_app
from sqlalchemy import select

from tests import verifier
from webui.core.extensions import db, keyring
from webui.crypto import signing
from webui.history.record.actions import Action
from webui.history.verification import verifier as verify
from webui.history.verification.verdict import Verdict
from webui.models import AuditEntry, Tenant


def last_entry() -> AuditEntry | None:
    """The newest entry, or None while there is none."""
    return db.session.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))


def last_body() -> dict[str, Any]:
    """The newest entry's body."""
    entry = last_entry()
    assert entry, "the history is empty"
    return json.loads(entry.body)


def count_entries() -> int:
    """How many entries there are: the newest one's number."""
    entry = last_entry()
    return entry.seq if entry else 0


def assert_audited(
    action: Action, tenant: Tenant | None = None, /, **expected: Any
) -> dict[str, Any]:
    """The newest entry says this; returns its body.

    `expected` names keys of the body: `changes={"name": ["old", "new"]}`, `reason=...`,
    `outcome=...`; `actor` may be a part of the body's.
    """
    body = last_body()
    assert body["action"] == action, f"the newest entry is {body['action']}"
    if tenant is not None:
        assert body["tenant"] and body["tenant"]["id"] == str(tenant.id)
    actor = expected.pop("actor", {})
    assert body["actor"] == {**body["actor"], **actor}
    assert {name: body[name] for name in expected} == expected
    return body


def assert_verified() -> None:
    """`audit verify` finds nothing wrong with the history, and rows that are as it says."""
    config = current_app.extensions["webui_config"]
    db.session.rollback()
    url = db.engine.url.render_as_string(hide_password=False)
    key = signing.public_key(config.audit_key)
    verdict = verify.verify_history(url, key, config.checkpoints)
    assert verdict.holds, [problem.text for problem in verdict.problems]


def assert_history_holds() -> None:
    """The independent verifier finds nothing wrong with the whole history."""
    url = db.engine.url.render_as_string(hide_password=False)
    assert verifier.judge(url, keyring().to_json()) == []


def of_the_history(judged: Verdict) -> list[tuple[str, int | None, int | None]]:
    """A verdict's problems as (kind, first, last), without those of rows and their seals."""
    return [(p.kind, p.first, p.last) for p in judged.problems if p.kind not in ("row", "seal")]
