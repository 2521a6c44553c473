"""Runs the steps on the connection, and in the transaction, that it is given."""

from alembic import context

from masquerade.service.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=False,
)
context.run_migrations()
