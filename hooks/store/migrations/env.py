"""How alembic reaches the database: over the connection that the store hands it, in its transaction."""

from __future__ import annotations

from alembic import context

from hooks.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
