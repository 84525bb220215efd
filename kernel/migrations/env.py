"""Runs migrations against the database that the caller configured, else the one of the environment."""

from alembic import context

from kernel.config import settings_or_end
from kernel.db import Base, Database
from kernel.registry import load_models

load_models()
database = context.config.attributes.get("database") or Database(settings_or_end().database_url)
with database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=database.is_sqlite,
        compare_type=True,
        user_module_prefix="kernel.db.",
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
