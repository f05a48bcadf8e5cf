from alembic import context
from sqlalchemy import MetaData, engine_from_config, pool, text

config = context.config
target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})
import asyncio

from sqlalchemy.ext.asyncio import async_engine_from_config


def go(connection):
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    connectable = async_engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)
    await asyncio.sleep(0)
    await asyncio.sleep(0.001)
    async with connectable.begin() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar() != 2
        await connection.run_sync(go)
    await connectable.dispose()


asyncio.run(main())
