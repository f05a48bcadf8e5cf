"""Databases and projects as they are: the only room that imports alembic; with lab, the only one that touches databases."""
