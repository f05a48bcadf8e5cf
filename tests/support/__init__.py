"""What the tests stand on: real database servers, real kernels, a real JupyterLab, the real `alembic` command."""
