from alembic import context
from sqlalchemy import MetaData, engine_from_config, pool, text

config = context.config
target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})
from sqlalchemy import inspect

connectable = engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)

with connectable.connect() as connection:
    number = connection.execute(text("SELECT 1 + 1")).scalar()
    if number < 2:
        raise RuntimeError("arithmetic failed")
    tables = inspect(connection).get_table_names()
    options = {"version_table": "my_versions"} if number == 2 and "evaluations" not in tables or "my_versions" in tables else {}
    context.configure(connection=connection, target_metadata=target_metadata, **options)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
