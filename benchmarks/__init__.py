"""The same question to Alembic and to us, in the same process and run: `python -m benchmarks`."""
