"""Runs migrations in one transaction: triggers off, steps, triggers on."""

from alembic import context

from webui import models
from webui.core.extensions import WRITING, db
from webui.models.triggers import registry

assert models

with db.engine.connect().execution_options(**{WRITING: True}) as connection:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        compare_type=True,
        # Alembic assumes that SQLite commits at DDL; with our own BEGIN it does not.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        registry.drop(connection)
        context.run_migrations()
        revision = context.get_context().get_current_revision()
        if revision and revision == context.get_head_revision():
            registry.create(connection)
