from alembic import context
from sqlalchemy import MetaData, engine_from_config, pool, text

config = context.config
target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})

connectable = engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)

with connectable.connect() as connection:
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA foreign_keys=ON"))
        connection.execute(text("PRAGMA busy_timeout=1234"))
    elif connection.dialect.name == "postgresql":
        connection.execute(text("SET lock_timeout = '4s'"))
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS extra"))
        connection.execute(text("SET search_path TO extra, public"))
        connection.commit()
        connection.dialect.default_schema_name = "extra"
    else:
        connection.execute(text("SET SESSION lock_wait_timeout = 7"))
    context.configure(connection=connection, target_metadata=target_metadata)
    context.get_context()._ensure_version_table()
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
