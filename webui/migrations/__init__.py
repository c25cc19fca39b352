"""Schema migrations (Alembic); ``setup`` runs them on the application's own engine."""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import column, inspect, select, table

from webui.core.extensions import db

HERE = Path(__file__).resolve().parent
_STORED = table("alembic_version", column("version_num"))


def upgrade(revision: str = "head") -> None:
    """Upgrades the database to a revision; at head it also gets the triggers of the code."""
    command, config = _alembic()
    command.upgrade(config, revision)


def downgrade(revision: str) -> None:
    """Downgrades the database to a revision."""
    command, config = _alembic()
    command.downgrade(config, revision)


def _alembic() -> tuple[Any, Any]:
    """Returns Alembic's commands and its configuration, which replaces an alembic.ini."""
    # Imported here: it would take a tenth of every start, and few starts migrate.
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(HERE))
    return import_module("alembic.command"), config


def is_current() -> bool:
    """Whether the database is at the newest revision."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table(_STORED.name):
            return False
        return connection.scalars(select(_STORED.c.version_num)).all() == [newest_revision()]


@cache
def newest_revision() -> str:
    """Returns the newest revision: file names begin with the revision, which is a number."""
    return max(path.name.partition("_")[0] for path in HERE.glob("versions/[0-9]*_*.py"))
