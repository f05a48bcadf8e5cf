from alembic import context
from sqlalchemy import MetaData, engine_from_config, pool, text

config = context.config
target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})
from sqlalchemy import create_engine


def get_url():
    return config.get_main_option("sqlalchemy.url")


with create_engine(get_url(), poolclass=pool.NullPool).begin() as connection:
    context.configure(connection=connection, target_metadata=target_metadata)
    context.run_migrations()
