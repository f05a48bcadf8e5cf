from alembic import context
from sqlalchemy import MetaData, engine_from_config, pool, text

config = context.config
target_metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})
from sqlalchemy.orm import Session

connectable = engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool)

with Session(connectable) as session:
    session.execute(text("SELECT 1"))
    session.commit()
    context.configure(connection=session.connection(), target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()
    session.commit()
