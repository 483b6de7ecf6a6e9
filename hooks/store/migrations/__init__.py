"""Changes of the tables, by alembic."""
