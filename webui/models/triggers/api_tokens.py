"""The triggers of API tokens: a token is never changed but by its end, and never removed.

So a revoked token stays revoked, also for somebody who kept its row with the seal of that time.
"""

from collections.abc import Iterator

from webui.models.api_token import ApiToken
from webui.models.triggers.guards import postgresql_function, postgresql_trigger, sqlite_refusal

_TABLE = ApiToken.__tablename__
_FIXED = [name for name in ApiToken.FACTS if name != "ended_at"]
_CHANGE = "an API token changes only by its end"


def _refused(differs: str) -> str:
    """Returns the condition of a refused UPDATE; ``differs`` is "is not" in a database's words."""
    changed = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in _FIXED)
    revived = f"OLD.ended_at IS NOT NULL AND NEW.ended_at {differs} OLD.ended_at"
    return f"{changed} OR ({revived})"


def sqlite() -> Iterator[str]:
    """Yields the triggers of SQLite."""
    yield sqlite_refusal("api_tokens_change", "BEFORE UPDATE", _TABLE, _refused("IS NOT"), _CHANGE)
    yield sqlite_refusal(
        "api_tokens_delete", "BEFORE DELETE", _TABLE, "", "API tokens are never deleted"
    )
    # INSERT OR REPLACE would delete the row with the same key without firing the trigger above.
    yield sqlite_refusal(
        "api_tokens_insert",
        "BEFORE INSERT",
        _TABLE,
        "EXISTS (SELECT 1 FROM api_tokens WHERE id = NEW.id OR token_hash = NEW.token_hash)",
        _CHANGE,
    )


def postgresql() -> Iterator[str]:
    """Yields the function and triggers of PostgreSQL; created after those of the history."""
    yield postgresql_function("api_token_change", _refused("IS DISTINCT FROM"), _CHANGE)
    yield postgresql_trigger(
        "api_tokens_change", "BEFORE UPDATE", _TABLE, "ROW", "api_token_change"
    )
    yield postgresql_trigger("api_tokens_delete", "BEFORE DELETE", _TABLE, "ROW", "refuse")
    yield postgresql_trigger(
        "api_tokens_truncate", "BEFORE TRUNCATE", _TABLE, "STATEMENT", "refuse"
    )
