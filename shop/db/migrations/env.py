"""Alembic's environment: it is given a connection by `shop.db.migrate`."""

from alembic import context

from shop.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
