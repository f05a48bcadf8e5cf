import logging.config
from logging.config import fileConfig

from alembic import context
from sqlalchemy import MetaData, engine_from_config, pool, text

config = context.config
target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})
import logging
import sys

fileConfig(config.config_file_name)
logging.config.dictConfig({"version": 1, "disable_existing_loggers": True, "root": {"level": "DEBUG", "handlers": []}})
logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
logging.getLogger().addHandler(logging.NullHandler())
logging.getLogger("of.the.user").setLevel(logging.CRITICAL)
logging.disable(logging.ERROR)
print("env.py says hello")
print("and complains", file=sys.stderr)
connectable = engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)

with connectable.connect() as connection:
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()
