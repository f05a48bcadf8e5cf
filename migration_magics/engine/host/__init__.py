"""Every private Alembic name, in one place: what breaks when Alembic changes breaks here and nowhere else."""
