"""The triggers of tenants: fixed id, version + 1 with every change, never deleted.

One exception, for sealed values: during key rotation a value may be encrypted again with another
key that is not retired, at the same version. Then no value may be added or removed, and the
row's seal must change as well (webui/keys/resealing.py).

On SQLite, triggers also update the name search.
"""

from collections.abc import Iterator

from webui.models.columns import Audited
from webui.models.key import EncryptionKey
from webui.models.seals.sealed_columns import key_sql, sealed_columns
from webui.models.tenant.tenant import Tenant
from webui.models.triggers.guards import postgresql_function, postgresql_trigger, sqlite_refusal

_PLAIN = [c.name for c in Tenant.__table__.columns if c.info["audit"] is Audited.PLAIN]
_SEALED = [
    column.name
    for place in sealed_columns()
    for column in (place.column, place.index)
    if column is not None and place.table is Tenant.__table__
]
_MESSAGE = "a change of a tenant must raise its version by one"


def _version_not_raised(is_not: str, *, sqlite: bool) -> str:
    """Returns SQL for what is refused: a change whose version is not the next one."""
    changed = [f"NEW.{column} {is_not} OLD.{column}" for column in _PLAIN]
    for column in _SEALED:
        fresh, old = (key_sql(f"{row}.{column}", sqlite=sqlite) for row in ("NEW", "OLD"))
        changed.append(
            f"(NEW.{column} {is_not} OLD.{column} AND (NEW.{column} IS NULL OR OLD.{column} IS NULL"
            f" OR {fresh} = {old} OR NOT NEW.seal {is_not} OLD.seal"
            f" OR NOT EXISTS (SELECT 1 FROM {EncryptionKey.__tablename__}"
            f" WHERE kid = {fresh} AND retired_at IS NULL)))"
        )
    either = " OR ".join(["NEW.version <> OLD.version", *changed])
    return f"({either}) AND NEW.version <> OLD.version + 1"


def sqlite() -> Iterator[str]:
    """Yields the triggers of SQLite."""
    yield from _sqlite_guards()
    yield from _name_search()


def _sqlite_guards() -> Iterator[str]:
    refused = _version_not_raised("IS NOT", sqlite=True)
    yield sqlite_refusal("tenants_version", "BEFORE UPDATE", "tenants", refused, _MESSAGE)
    yield sqlite_refusal(
        "tenants_identity",
        "BEFORE UPDATE",
        "tenants",
        "NEW.id IS NOT OLD.id OR NEW.created_at IS NOT OLD.created_at",
        "a tenant keeps its id",
    )
    yield sqlite_refusal(
        "tenants_delete", "BEFORE DELETE", "tenants", "", "tenants are never deleted"
    )
    yield sqlite_refusal(
        "tenants_replace",
        "BEFORE INSERT",
        "tenants",
        "EXISTS (SELECT 1 FROM tenants WHERE id = NEW.id) OR NEW.version <> 1",
        "tenants are never replaced",
    )
    # With foreign keys off, a missing history entry would not be noticed.
    for verb in ("INSERT", "UPDATE"):
        yield sqlite_refusal(
            f"tenants_foreign_keys_{verb.lower()}",
            f"BEFORE {verb}",
            "tenants",
            "(SELECT foreign_keys FROM pragma_foreign_keys) = 0",
            "switch foreign_keys on before changing a tenant",
        )


def _name_search() -> Iterator[str]:
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


def postgresql() -> Iterator[str]:
    """Yields the functions and triggers of PostgreSQL; created after those of the history."""
    yield postgresql_function(
        "version", _version_not_raised("IS DISTINCT FROM", sqlite=False), _MESSAGE
    )
    yield postgresql_trigger("tenants_version", "BEFORE UPDATE", "tenants", "ROW", "version")
    yield postgresql_function(
        "identity",
        "NEW.id <> OLD.id OR NEW.created_at <> OLD.created_at",
        "a tenant keeps its id",
    )
    yield postgresql_trigger("tenants_identity", "BEFORE UPDATE", "tenants", "ROW", "identity")
    yield postgresql_function("first_version", "NEW.version <> 1", "a tenant starts at version 1")
    yield postgresql_trigger("tenants_insert", "BEFORE INSERT", "tenants", "ROW", "first_version")
    yield postgresql_trigger("tenants_delete", "BEFORE DELETE", "tenants", "ROW", "refuse")
    yield postgresql_trigger(
        "tenants_truncate", "BEFORE TRUNCATE", "tenants", "STATEMENT", "refuse"
    )
