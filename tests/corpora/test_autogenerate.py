"""For published applications `revision --autogenerate` writes what Alembic's command writes, byte for byte but for the date."""

from __future__ import annotations

import importlib
import itertools
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.corpora.applications import KEYSTONE, MARKS, OPTUNA, configure_keystone
from tests.corpora.process import left_as_it_was
from tests.corpora.stock import alembic, engine
from tests.support.corpora import installed

pytestmark = MARKS

CASES = [("jupyterhub", kind) for kind in ("sqlite", "postgresql", "mariadb")]
CASES += [(application.name, kind) for application in (OPTUNA, KEYSTONE) for kind in application.databases]
ADDED = {
    "optuna": {
        "with op.get_context().autocommit_block():",
        "op.execute(\"ALTER TYPE trialstate ADD VALUE IF NOT EXISTS 'WAITING'\")",
    }
}
"""What our comparators find on PostgreSQL, and rightly: optuna's v1.2.0.a adds that value nowhere but on MySQL."""


def jupyterhub(folder, url):
    """A copy of jupyterhub's history and an ini file for it; its tables are made by its models, and stamped."""
    from jupyterhub import dbutil, orm

    ini = folder / "alembic.ini"
    dbutil.write_alembic_ini(str(ini), url)
    own = installed("jupyterhub") / "jupyterhub/alembic"
    ini.write_text(ini.read_text().replace(str(own), str(copied(own, folder))))
    with engine(url) as made:
        orm.Base.metadata.create_all(made)
    alembic(ini, "stamp", "head")
    return ini


def upgraded(application, folder, url):
    """A copy of the application's history and an ini file for it, on a database that Alembic upgraded."""
    scripts = copied(Path(application.options()["script_location"]), folder)
    places = sorted({str(file.parent) for file in (scripts / "versions").rglob("*.py")})  # as keystone's commands do
    more = {"script_location": str(scripts), "version_locations": os.pathsep.join(places)}
    ini = application.ini(folder, url, **more)
    alembic(ini, "upgrade", "heads")
    return ini


def copied(own, folder):
    return shutil.copytree(own, folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def keystone_writes_here(monkeypatch, tmp_path):
    """Keystone's own hook makes two revisions, each in a folder of its package: here, in folders of the copy."""
    configure_keystone()
    from keystone.common.sql import upgrades
    from keystone.common.sql.migrations import autogen

    def place(release, branch):
        del release  # nothing is there for the newest yet
        return str(max((tmp_path / "project/scripts/versions").glob(f"*/{branch}")))

    package = installed("keystone")
    for file in sorted((package / "keystone").rglob("*backends/sql*.py")):  # its models
        importlib.import_module(".".join(file.relative_to(package).with_suffix("").parts))
    ids = itertools.cycle(("aaaaaaaaaaaa", "bbbbbbbbbbbb"))
    monkeypatch.setattr(upgrades, "get_version_branch_path", place)
    monkeypatch.setattr(autogen, "new_rev_id", lambda: next(ids))


@pytest.fixture(params=CASES, ids="-".join)
def project(request, databases, tmp_path, keystone_writes_here):
    """The name of an application, the ini file of a copy that may be written into, its database, and one of its heads."""
    name, kind = request.param
    url, folder = databases(kind), tmp_path / "project"
    folder.mkdir()
    if name == "jupyterhub":
        return name, jupyterhub(folder, url), url, "head"
    application = {each.name: each for each in (OPTUNA, KEYSTONE)}[name]
    return name, upgraded(application, folder, url), url, application.heads[0]


def taken(folder, before):
    """The texts of the files that are new in *folder*, without their dates; they are gone afterwards."""
    texts = {}
    for file in {*folder.rglob("*.py")} - before:
        texts[str(file.relative_to(folder))] = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+", "DATE", file.read_text())
        file.unlink()
    return texts


@pytest.mark.parametrize("extras", [False, True], ids=["plain", "with our comparators"])
def test_a_revision_is_alembics(extras, project, opened):
    """Also with our comparators, but for what they find rightly. Where Alembic's file does nothing, we write none."""
    name, ini, url, head = project
    right = ADDED.get(name, set()) if extras and url.startswith("postgresql") else set()
    folder = ini.parent
    before = {*folder.rglob("*.py")}
    alembic(ini, "revision", message="a day", autogenerate=True, rev_id="abcdef012345", head=head)
    theirs = taken(folder, before)
    ws = opened(url, project=ini)
    ws.settings = type(ws.settings)(extra_comparators=extras)
    with left_as_it_was():
        written = ws.revision(message="a day", autogenerate=True, rev_id="abcdef012345", head=head)
    ours = taken(folder, before)
    if not any("op." in text for text in theirs.values()):
        assert (written.revision, ours) == (None, {})  # Alembic writes an empty file
        return
    added = {line.strip() for file, text in ours.items() for line in text.splitlines() if line not in theirs[file]}
    assert {line for line in added if "op." in line} == right
    if not added:
        assert ours == theirs
