"""Schema migrations (Alembic), run on the application's own engine by ``setup``."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from webui.extensions import db

HERE = Path(__file__).resolve().parent


def alembic_config() -> AlembicConfig:
    """Alembic's configuration; there is no alembic.ini, everything is here."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(HERE))
    return config


def upgrade(revision: str = "head") -> None:
    """Brings the database to a revision, with the triggers of the current code at head."""
    command.upgrade(alembic_config(), revision)


def downgrade(revision: str) -> None:
    """Takes the database back to a revision."""
    command.downgrade(alembic_config(), revision)


def is_current() -> bool:
    """Whether the database is at the newest revision."""
    with db.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    return revision == _newest()


@cache
def _newest() -> str | None:
    """The newest revision: to find it every step is loaded, which a process does once."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()
