"""Runs migrations in one transaction: triggers off, steps, triggers on."""

from typing import Any, cast

from alembic import context

from webui import models
from webui.core.extensions import WRITING, db
from webui.models.triggers import registry

assert models


def settle(ctx: Any, **_step: Any) -> None:
    """After each step: PostgreSQL checks what is deferred, or it would alter no such table again."""
    if ctx.dialect.name == "postgresql":
        ctx.connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        ctx.connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")


with db.engine.connect().execution_options(**{WRITING: True}) as connection:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        compare_type=True,
        # Alembic assumes that SQLite commits at DDL; with our own BEGIN it does not.
        transactional_ddl=True,
        on_version_apply=cast(Any, settle),
    )
    with context.begin_transaction():
        registry.drop(connection)
        context.run_migrations()
        revision = context.get_context().get_current_revision()
        if revision and revision == context.get_head_revision():
            registry.create(connection)
