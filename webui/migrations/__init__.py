"""Schema migrations (Alembic), run on the application's own engine by ``setup``."""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import column, inspect, select, table

from webui.core.extensions import db

HERE = Path(__file__).resolve().parent
_STORED = table("alembic_version", column("version_num"))


def upgrade(revision: str = "head") -> None:
    """Brings the database to a revision, with the triggers of the current code at head."""
    command, config = _alembic()
    command.upgrade(config, revision)


def downgrade(revision: str) -> None:
    """Takes the database back to a revision."""
    command, config = _alembic()
    command.downgrade(config, revision)


def _alembic() -> tuple[Any, Any]:
    """Alembic's commands and its configuration; there is no alembic.ini, everything is here."""
    # A tenth of every start of the product would go into loading it, and few starts migrate.
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
    """The newest revision: a step's file is called after its revision, and they count up."""
    return max(path.name.partition("_")[0] for path in HERE.glob("versions/[0-9]*_*.py"))
