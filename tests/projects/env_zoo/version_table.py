from alembic import context
from sqlalchemy import MetaData, engine_from_config, pool, text

config = context.config
target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})

connectable = engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)

with connectable.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        version_table="chain_version",
        version_table_pk=False,
        transaction_per_migration=True,
        render_as_batch=True,
        include_object=lambda *_: True,
    )
    with context.begin_transaction():
        context.run_migrations()
