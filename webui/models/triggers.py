"""What the database itself refuses and keeps in step, as triggers: the one list.

``guard_`` triggers refuse (DESIGN 7); ``sync_`` triggers feed the name search of SQLite.
Created after every migration (a SQLite table that a migration rebuilds loses its triggers),
so a migrated database and a fresh one have the same.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from webui.models import key_triggers
from webui.models.audit import AuditEntry, AuditField, AuditSealed, AuditWord
from webui.models.columns import Audited
from webui.models.proof import AuditCheckpoint
from webui.models.tenant import Tenant

_PLAIN = [c.name for c in Tenant.__table__.columns if c.info["audit"] is Audited.PLAIN]

# table -> the columns that together must not exist yet: what INSERT OR REPLACE would delete.
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
# Two changes in one transaction need two entries: versions have no gaps either.
_VERSION_GAP = (
    "NEW.tenant_version IS NOT NULL AND NEW.tenant_version <> (SELECT coalesce("
    "max(tenant_version), 0) + 1 FROM audit_entries WHERE tenant_id = NEW.tenant_id)"
)
_CHECKPOINT_ORDER = "NEW.seq <= (SELECT coalesce(max(seq), 0) FROM audit_checkpoints)"
_SEALED_KEY = ("entry", "field", "side")


def create(connection: Connection) -> None:
    """Makes every trigger anew; safe to repeat."""
    drop(connection)
    statements = _sqlite() if connection.dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Removes every trigger, for a migration to work on the tables."""
    if connection.dialect.name == "sqlite":
        names = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).scalars()
        for name in list(names):
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    rows = connection.execute(
        text(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgname LIKE 'guard_%'"
        )
    ).all()
    for name, table in rows:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON {table}')
    functions = connection.execute(
        text("SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'guard_%'")
    ).scalars()
    for function in list(functions):
        connection.exec_driver_sql(f"DROP FUNCTION {function}")


def _refuse(message: str) -> str:
    return f"SELECT RAISE(ABORT, '{message}');"


def _sqlite_trigger(name: str, when: str, table: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER guard_{name} {when} ON {table} "
        f"{f'WHEN {condition} ' if condition else ''}BEGIN {_refuse(message)} END"
    )


def _sqlite() -> Iterator[str]:
    for table, keys in _APPEND_ONLY.items():
        yield _sqlite_trigger(
            f"{table}_delete", "BEFORE DELETE", table, "", f"{table} is append-only"
        )
        exists = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} WHERE "
            + " AND ".join(f"{column} = NEW.{column}" for column in key)
            + ")"
            for key in keys
        )
        yield _sqlite_trigger(
            f"{table}_replace", "BEFORE INSERT", table, exists, f"{table} is append-only"
        )
    for table in [name for name in _APPEND_ONLY if name != AuditSealed.__tablename__]:
        yield _sqlite_trigger(
            f"{table}_update", "BEFORE UPDATE", table, "", f"{table} is append-only"
        )
    moved = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _SEALED_KEY)
    yield _sqlite_trigger(
        "audit_sealed_update", "BEFORE UPDATE", "audit_sealed", moved, "audit_sealed is bound"
    )
    yield _sqlite_trigger(
        "audit_entries_gap",
        "BEFORE INSERT",
        "audit_entries",
        "NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)",
        "seq must follow the newest entry",
    )
    yield _sqlite_trigger(
        "audit_entries_version",
        "BEFORE INSERT",
        "audit_entries",
        _VERSION_GAP,
        "versions of a tenant must follow one another",
    )
    yield _sqlite_trigger(
        "audit_checkpoints_order",
        "BEFORE INSERT",
        "audit_checkpoints",
        _CHECKPOINT_ORDER,
        "a checkpoint must be newer than the last one",
    )
    yield from _sqlite_tenants()
    yield from _sqlite_name_search()
    yield from key_triggers.sqlite()


def _sqlite_name_search() -> Iterator[str]:
    """Keeps the trigram index (an external-content FTS5 table) equal to the names."""
    yield (
        "CREATE TRIGGER sync_names_insert AFTER INSERT ON tenants BEGIN "
        "INSERT INTO tenant_names (tenant_id, name_key) VALUES (NEW.id, NEW.name_key); "
        "INSERT INTO tenant_names_trigram (rowid, name_key) "
        "SELECT row, name_key FROM tenant_names WHERE tenant_id = NEW.id; END"
    )
    yield (
        "CREATE TRIGGER sync_names_update AFTER UPDATE OF name_key ON tenants "
        "WHEN NEW.name_key <> OLD.name_key BEGIN "
        "INSERT INTO tenant_names_trigram (tenant_names_trigram, rowid, name_key) "
        "SELECT 'delete', row, name_key FROM tenant_names WHERE tenant_id = OLD.id; "
        "UPDATE tenant_names SET name_key = NEW.name_key WHERE tenant_id = OLD.id; "
        "INSERT INTO tenant_names_trigram (rowid, name_key) "
        "SELECT row, name_key FROM tenant_names WHERE tenant_id = NEW.id; END"
    )


def _sqlite_tenants() -> Iterator[str]:
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _PLAIN)
    yield _sqlite_trigger(
        "tenants_version",
        "BEFORE UPDATE",
        "tenants",
        f"({changed} OR NEW.version <> OLD.version) AND NEW.version <> OLD.version + 1",
        "a change of a tenant must raise its version by one",
    )
    yield _sqlite_trigger(
        "tenants_identity",
        "BEFORE UPDATE",
        "tenants",
        "NEW.id IS NOT OLD.id OR NEW.created_at IS NOT OLD.created_at",
        "a tenant keeps its id",
    )
    yield _sqlite_trigger(
        "tenants_delete", "BEFORE DELETE", "tenants", "", "tenants are never deleted"
    )
    yield _sqlite_trigger(
        "tenants_replace",
        "BEFORE INSERT",
        "tenants",
        "EXISTS (SELECT 1 FROM tenants WHERE id = NEW.id) OR NEW.version <> 1",
        "tenants are never replaced",
    )
    # A connection without foreign keys would not notice a missing entry.
    for verb in ("INSERT", "UPDATE"):
        yield _sqlite_trigger(
            f"tenants_foreign_keys_{verb.lower()}",
            f"BEFORE {verb}",
            "tenants",
            "(SELECT foreign_keys FROM pragma_foreign_keys) = 0",
            "switch foreign_keys on before changing a tenant",
        )


def _function(name: str, condition: str, message: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {condition} THEN RAISE EXCEPTION '{message}' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN NEW; END $$"
    )


def _postgresql() -> Iterator[str]:
    yield _function("refuse", "true", "rows of this table are never changed or removed")
    for table in _APPEND_ONLY:
        events = "DELETE" if table == "audit_sealed" else "UPDATE OR DELETE"
        yield _postgresql_trigger(f"{table}_rows", f"BEFORE {events}", table, "ROW", "refuse")
        yield _postgresql_trigger(
            f"{table}_truncate", "BEFORE TRUNCATE", table, "STATEMENT", "refuse"
        )
    moved = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _SEALED_KEY)
    yield _function("sealed", moved, "audit_sealed is bound")
    yield _postgresql_trigger(
        "audit_sealed_update", "BEFORE UPDATE", "audit_sealed", "ROW", "sealed"
    )
    yield _function(
        "gap",
        "NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)",
        "seq must follow the newest entry",
    )
    yield _postgresql_trigger("audit_entries_gap", "BEFORE INSERT", "audit_entries", "ROW", "gap")
    yield _function("version_gap", _VERSION_GAP, "versions of a tenant must follow one another")
    yield _postgresql_trigger(
        "audit_entries_version", "BEFORE INSERT", "audit_entries", "ROW", "version_gap"
    )
    yield _function("checkpoint", _CHECKPOINT_ORDER, "a checkpoint must be newer than the last one")
    yield _postgresql_trigger(
        "audit_checkpoints_order", "BEFORE INSERT", "audit_checkpoints", "ROW", "checkpoint"
    )
    yield from _postgresql_tenants()
    yield from key_triggers.postgresql()


def _postgresql_tenants() -> Iterator[str]:
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _PLAIN)
    yield _function(
        "version",
        f"({changed} OR NEW.version <> OLD.version) AND NEW.version <> OLD.version + 1",
        "a change of a tenant must raise its version by one",
    )
    yield _postgresql_trigger("tenants_version", "BEFORE UPDATE", "tenants", "ROW", "version")
    yield _function(
        "identity",
        "NEW.id <> OLD.id OR NEW.created_at <> OLD.created_at",
        "a tenant keeps its id",
    )
    yield _postgresql_trigger("tenants_identity", "BEFORE UPDATE", "tenants", "ROW", "identity")
    yield _function("first_version", "NEW.version <> 1", "a tenant starts at version 1")
    yield _postgresql_trigger("tenants_insert", "BEFORE INSERT", "tenants", "ROW", "first_version")
    yield _postgresql_trigger("tenants_delete", "BEFORE DELETE", "tenants", "ROW", "refuse")
    yield _postgresql_trigger(
        "tenants_truncate", "BEFORE TRUNCATE", "tenants", "STATEMENT", "refuse"
    )


def _postgresql_trigger(name: str, when: str, table: str, level: str, function: str) -> str:
    return (
        f"CREATE TRIGGER guard_{name} {when} ON {table} "
        f"FOR EACH {level} EXECUTE FUNCTION guard_{function}()"
    )
