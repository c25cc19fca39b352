"""The triggers of accounts: sealed facts change only with a history entry not yet written.

The row contains the id of that entry (``seal_entry``, a deferred foreign key), so no transaction
can commit without it, and no earlier state can be restored with its old entry.
"""

from collections.abc import Iterator

from webui.models.seals.user_seals import FACTS
from webui.models.triggers.guards import postgresql_function, postgresql_trigger, sqlite_refusal

_WRITTEN = "EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.seal_entry)"
_UNSEALED = "NEW.seal IS NULL OR NEW.seal_entry IS NULL"
_CHANGE = "a change of an account needs a new history entry"
_IDENTITY = "an account keeps its id"


def sqlite() -> Iterator[str]:
    """Yields the triggers of SQLite."""
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in FACTS)
    yield sqlite_refusal(
        "users_change",
        "BEFORE UPDATE",
        "users",
        f"({changed}) AND (NEW.seal_entry IS NULL OR {_WRITTEN})",
        _CHANGE,
    )
    yield sqlite_refusal(
        "users_identity",
        "BEFORE UPDATE",
        "users",
        "NEW.id IS NOT OLD.id OR NEW.created_at IS NOT OLD.created_at"
        " OR EXISTS (SELECT 1 FROM users WHERE username_key = NEW.username_key AND id <> NEW.id)",
        _IDENTITY,
    )
    yield sqlite_refusal("users_delete", "BEFORE DELETE", "users", "", "accounts are never deleted")
    # INSERT OR REPLACE would delete the row with the same key without firing the trigger above.
    yield sqlite_refusal(
        "users_insert",
        "BEFORE INSERT",
        "users",
        f"{_UNSEALED} OR {_WRITTEN} OR EXISTS"
        " (SELECT 1 FROM users WHERE id = NEW.id OR username_key = NEW.username_key)",
        _CHANGE,
    )


def postgresql() -> Iterator[str]:
    """Yields the functions and triggers of PostgreSQL; created after those of the history."""
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FACTS)
    yield postgresql_function(
        "user_change", f"({changed}) AND (NEW.seal_entry IS NULL OR {_WRITTEN})", _CHANGE
    )
    yield postgresql_trigger("users_change", "BEFORE UPDATE", "users", "ROW", "user_change")
    yield postgresql_function(
        "user_identity", "NEW.id <> OLD.id OR NEW.created_at <> OLD.created_at", _IDENTITY
    )
    yield postgresql_trigger("users_identity", "BEFORE UPDATE", "users", "ROW", "user_identity")
    yield postgresql_function("user_insert", f"{_UNSEALED} OR {_WRITTEN}", _CHANGE)
    yield postgresql_trigger("users_insert", "BEFORE INSERT", "users", "ROW", "user_insert")
    yield postgresql_trigger("users_delete", "BEFORE DELETE", "users", "ROW", "refuse")
    yield postgresql_trigger("users_truncate", "BEFORE TRUNCATE", "users", "STATEMENT", "refuse")
