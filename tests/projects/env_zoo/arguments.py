from alembic import context
from sqlalchemy import MetaData, engine_from_config, pool, text

config = context.config
target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})

given = context.get_x_argument(as_dictionary=True)
print("x", sorted(given.items()), "tag", context.get_tag_argument(), "revision", bool(context.get_revision_argument()))
connectable = engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)

with connectable.connect() as connection:
    context.configure(connection=connection, target_metadata=target_metadata, version_table=given.get("table", "alembic_version"))
    with context.begin_transaction():
        context.run_migrations()
