from alembic import context
from sqlalchemy import MetaData, engine_from_config, pool, text

config = context.config
target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})

connectable = engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)

with connectable.connect() as connection:
    for table in ("one_version", "two_version"):
        context.configure(connection=connection, target_metadata=target_metadata, version_table=table)
        with context.begin_transaction():
            if table == "one_version":
                context.run_migrations()
