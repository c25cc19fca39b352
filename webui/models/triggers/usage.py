"""The triggers that keep the rows of ``usage_ranks`` equal to their tenants.

They copy what the list of tenants can be narrowed by, so that no way of writing a tenant can
forget it. The rank itself is written by webui/usage.
"""

from collections.abc import Iterator

from webui.models.tenant.constraints import FILTERED

_OPEN = "NEW.onboarded_at IS NULL"
_COLUMNS = ("tenant_id", *FILTERED, "onboarding_open")
_VALUES = ("NEW.id", *(f"NEW.{name}" for name in FILTERED), _OPEN)
_INSERT = f"INSERT INTO usage_ranks ({', '.join(_COLUMNS)}) VALUES ({', '.join(_VALUES)});"
_CHANGES = ", ".join(f"{name} = {value}" for name, value in zip(_COLUMNS, _VALUES, strict=True))
_UPDATE = f"UPDATE usage_ranks SET {_CHANGES} WHERE tenant_id = NEW.id;"
_NAMES = ", ".join((*FILTERED, "onboarded_at"))
_EVENTS = {"insert": ("INSERT", _INSERT), "update": (f"UPDATE OF {_NAMES}", _UPDATE)}


def sqlite() -> Iterator[str]:
    """Yields the triggers of SQLite."""
    for name, (event, change) in _EVENTS.items():
        yield f"CREATE TRIGGER sync_ranks_{name} AFTER {event} ON tenants BEGIN {change} END"


def postgresql() -> Iterator[str]:
    """Yields the functions and triggers of PostgreSQL."""
    for name, (event, change) in _EVENTS.items():
        yield (
            f"CREATE OR REPLACE FUNCTION sync_ranks_{name}() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN {change} RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER sync_ranks_{name} AFTER {event} ON tenants "
            f"FOR EACH ROW EXECUTE FUNCTION sync_ranks_{name}()"
        )
