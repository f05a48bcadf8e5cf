"""The shortcut leaves out what is known to be equal, and finds what Alembic finds, in every case."""

from __future__ import annotations

import contextlib
import re
import warnings
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from migration_magics.engine.shortcut import Shortcut
from tests.engine.autogenerate_models import metadata_of, models
from tests.engine.shortcut_changes import CHANGES, TABLES, changed, many, refill

EXAMPLES = {"sqlite": 25, "postgresql": 4, "mysql": 3, "mariadb": 3}


def only_some(item, name, kind, reflected, other):
    return not (kind == "table" and name.endswith("s")) and not item.info.get("skip")


def not_notes(name, kind, parents):
    return kind != "column" or name not in {"note", "c1"}


def is_any_text(context, reflected, model, reflected_type, model_type):
    return False if isinstance(model_type, sa.String) else None


OPTIONS = (
    {},
    {"include_object": only_some},
    {"include_name": not_notes, "compare_server_default": True},
    {"compare_type": is_any_text},
    {"compare_type": False},
    {"include_schemas": True, "compare_server_default": True},
)


class Watched:
    """A database, compared by Alembic alone and with the shortcut."""

    def __init__(self, url):
        self.engine = sa.create_engine(url, poolclass=sa.pool.StaticPool)
        self.kind = sa.make_url(url).get_backend_name()
        self.shortcut, self.statements = Shortcut(), 0
        sa.event.listen(self.engine, "before_cursor_execute", self._count)

    def _count(self, *_):
        self.statements += 1

    def fill(self, metadata):
        refill(self.engine, metadata)

    def _found(self, metadata, options, around):
        with self.engine.connect() as connection:
            told = SimpleNamespace(warned=[], setups=())
            scripts = []
            context = MigrationContext.configure(
                connection,
                opts={
                    "target_metadata": metadata,
                    "process_revision_directives": lambda _context, _revision, directives: scripts.extend(directives),
                    **options,
                },
            )

            def work(heads, context):
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    script = produce_migrations(context, context.opts["target_metadata"])
                    context.opts["process_revision_directives"](context, heads, [script])
                told.warned += (str(each.message) for each in caught)
                return ()

            before = self.statements
            try:
                around(work, told)((), context)
            except sa.exc.ProgrammingError as error:  # Alembic lets PostgreSQL compare defaults of types that it cannot
                return re.sub(r"\s+", " ", str(error.orig)), []
            self.count = self.statements - before
            return plainly(scripts[0].upgrade_ops.as_diffs()), sorted(told.warned)

    def stock(self, metadata, **options):
        """What Alembic finds, and warns of."""
        return self._found(metadata, options, lambda work, _told: work)

    def ours(self, metadata, **options):
        """The same with the shortcut."""
        project = SimpleNamespace(env_py=None)
        return self._found(metadata, options, lambda work, told: self.shortcut.around(work, told, project))


def plainly(diffs):
    """As text and in one order: the objects are other ones in each run, and so is the order of what is dropped."""
    return sorted(re.sub(r" at 0x[0-9a-f]+", "", repr(each)) for each in diffs)


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def shared(request, tmp_path_factory):
    """One database of each kind for all tests of this module."""
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('shortcut') / 'test.db'}"
        else:
            url = stack.enter_context(request.getfixturevalue(request.param).new_database())
        made = Watched(url)
        stack.callback(made.engine.dispose)
        yield made


@pytest.fixture
def watched(shared):
    """A database that remembers nothing yet."""
    shared.shortcut = Shortcut()
    return shared


def test_it_finds_what_alembic_finds(watched):
    """Models and databases come and go, back to what was there before too, under all options, with one memory."""

    @settings(
        max_examples=EXAMPLES[watched.kind],
        deadline=None,
        phases=(Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(models, models, st.sampled_from(OPTIONS))
    def holds(before, after, options):
        one, other = metadata_of(before), metadata_of(after)
        for held in (one, other, one):
            watched.fill(held)
            for wanted in (one, other, metadata_of(before)):
                expected = watched.stock(wanted, **options)
                assert watched.ours(wanted, **options) == expected
                assert watched.ours(wanted, **options) == expected

    holds()


def test_what_is_equal_is_remembered(watched):
    watched.fill(many())
    assert watched.ours(many()) == ([], [])
    few = watched.count
    for _ in range(2):
        assert watched.ours(many()) == ([], [])
        assert watched.count <= few
    sa.Table("fresh", (models_ := many()), sa.Column("id", sa.Integer, primary_key=True))
    assert watched.ours(models_) == watched.stock(models_)
    (known,) = watched.shortcut._known.values()
    assert {name for _, name in known} >= {f"t{number}" for number in range(TABLES)}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_models_is_found(watched, change):
    options = {"compare_server_default": True}
    watched.fill(many())
    assert watched.ours(many(), **options) == ([], [])
    for _ in range(2):
        assert watched.ours(changed(change), **options) == watched.stock(changed(change), **options)
    assert watched.ours(many(), **options) == ([], [])


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_database_is_found(watched, change):
    options = {"compare_server_default": True}
    watched.fill(many())
    assert watched.ours(many(), **options) == ([], [])
    watched.fill(changed(change))
    for _ in range(2):
        assert watched.ours(many(), **options) == watched.stock(many(), **options)
    watched.fill(many())
    assert watched.ours(many(), **options) == ([], [])
