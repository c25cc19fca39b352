"""The triggers that keep the history append-only and in order (DESIGN 7)."""

from collections.abc import Iterator

from webui.models.audit import AuditEntry, AuditField, AuditSealed, AuditWord
from webui.models.proof import AuditCheckpoint
from webui.models.triggers.guards import postgresql_function, postgresql_trigger, sqlite_refusal

# Table -> its unique keys. A new row must not repeat one: INSERT OR REPLACE would delete a row.
_APPEND_ONLY = {
    AuditEntry.__tablename__: (
        ("seq",),
        ("id",),
        ("hash",),
        ("tenant_id", "tenant_version"),
    ),
    AuditField.__tablename__: (("seq", "field"),),
    AuditWord.__tablename__: (("word", "seq"),),
    AuditSealed.__tablename__: (("entry", "field", "side"),),
    AuditCheckpoint.__tablename__: (("seq",),),
}
# Table, trigger, function of PostgreSQL, the condition that refuses a new row, the message.
_ORDER = (
    (
        "audit_entries",
        "gap",
        "gap",
        "NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)",
        "seq must follow the newest entry",
    ),
    # Versions have no gaps either, so two changes in one transaction need two entries.
    (
        "audit_entries",
        "version",
        "version_gap",
        "NEW.tenant_version IS NOT NULL AND NEW.tenant_version <> (SELECT coalesce("
        "max(tenant_version), 0) + 1 FROM audit_entries WHERE tenant_id = NEW.tenant_id)",
        "versions of a tenant must follow one another",
    ),
    (
        "audit_checkpoints",
        "order",
        "checkpoint",
        "NEW.seq <= (SELECT coalesce(max(seq), 0) FROM audit_checkpoints)",
        "a checkpoint must be newer than the last one",
    ),
)
# A sealed value may be encrypted again or erased, but its key columns may not change.
_SEALED_KEY = ("entry", "field", "side")
_SEALED_MOVED = "audit_sealed is bound"


def sqlite() -> Iterator[str]:
    """Yields the triggers of SQLite."""
    for table, keys in _APPEND_ONLY.items():
        yield from _sqlite_append_only(table, keys)
    moved = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _SEALED_KEY)
    yield sqlite_refusal(
        "audit_sealed_update", "BEFORE UPDATE", "audit_sealed", moved, _SEALED_MOVED
    )
    for table, name, _, condition, message in _ORDER:
        yield sqlite_refusal(f"{table}_{name}", "BEFORE INSERT", table, condition, message)


def _sqlite_append_only(table: str, keys: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    message = f"{table} is append-only"
    same = [" AND ".join(f"{column} = NEW.{column}" for column in key) for key in keys]
    exists = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same)
    yield sqlite_refusal(f"{table}_delete", "BEFORE DELETE", table, "", message)
    yield sqlite_refusal(f"{table}_replace", "BEFORE INSERT", table, exists, message)
    if table != AuditSealed.__tablename__:
        yield sqlite_refusal(f"{table}_update", "BEFORE UPDATE", table, "", message)


def postgresql() -> Iterator[str]:
    """Yields the functions and triggers of PostgreSQL; ``refuse`` is used by other tables too."""
    yield postgresql_function("refuse", "true", "rows of this table are never changed or removed")
    for table in _APPEND_ONLY:
        events = "DELETE" if table == AuditSealed.__tablename__ else "UPDATE OR DELETE"
        yield postgresql_trigger(f"{table}_rows", f"BEFORE {events}", table, "ROW", "refuse")
        yield postgresql_trigger(
            f"{table}_truncate", "BEFORE TRUNCATE", table, "STATEMENT", "refuse"
        )
    moved = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _SEALED_KEY)
    yield postgresql_function("sealed", moved, _SEALED_MOVED)
    yield postgresql_trigger(
        "audit_sealed_update", "BEFORE UPDATE", "audit_sealed", "ROW", "sealed"
    )
    for table, name, function, condition, message in _ORDER:
        yield postgresql_function(function, condition, message)
        yield postgresql_trigger(f"{table}_{name}", "BEFORE INSERT", table, "ROW", function)
