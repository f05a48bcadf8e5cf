"""The evaluation platform: workers run evaluations, which give results in metrics.

What the migrations make.
"""

from datetime import datetime
from typing import Optional

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
        }
    )


class Worker(Base):
    __tablename__ = "workers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    region: Mapped[Optional[str]] = mapped_column(sa.String(20))


class Evaluation(Base):
    __tablename__ = "evaluations"

    id: Mapped[int] = mapped_column(primary_key=True)
    worker_id: Mapped[int] = mapped_column(sa.ForeignKey("workers.id"))
    name: Mapped[str] = mapped_column(sa.String(80))
    status: Mapped[str] = mapped_column(sa.String(20), server_default="pending")
    started_at: Mapped[datetime] = mapped_column(sa.DateTime, index=True)
    finished_at: Mapped[Optional[datetime]] = mapped_column(sa.DateTime)
    runtime_ms: Mapped[Optional[int]] = mapped_column(sa.Integer, index=True)


class Metric(Base):
    __tablename__ = "metrics"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    unit: Mapped[str] = mapped_column(sa.String(10), server_default="")


class EvaluationResult(Base):
    __tablename__ = "results"

    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(sa.ForeignKey("evaluations.id"), index=True)
    metric_id: Mapped[int] = mapped_column(sa.ForeignKey("metrics.id"))
    value: Mapped[float] = mapped_column(sa.Float)
