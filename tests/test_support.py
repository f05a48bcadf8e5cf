"""The fixtures do what they say: a broken one would let other tests pass for nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support import corpora, need, processes
from tests.support.cli import alembic, run_alembic, started

ROOT = Path(__file__).parents[1]


def test_each_database_takes_a_table_and_gives_its_rows_back(database_url):
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE evaluations (id INTEGER PRIMARY KEY, name VARCHAR(40))"))
        connection.execute(sa.text("INSERT INTO evaluations VALUES (1, 'Zürich ✓')"))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT id, name FROM evaluations")).all() == [(1, "Zürich ✓")]
    engine.dispose()


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_has_a_database_of_its_own(database_url, round_):
    """Both rounds find nothing and leave a table: in a shared database the second would find it."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE leftover (id INTEGER PRIMARY KEY)"))
    engine.dispose()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_database_is_dropped_under_an_open_transaction(request, kind):
    """A failing test leaves its connection open; its teardown must not wait for it."""
    server = request.getfixturevalue(kind)
    with server.new_database() as url:
        engine = sa.create_engine(url)
        connection = engine.connect()
        connection.execute(sa.text("CREATE TABLE held (id INTEGER PRIMARY KEY)"))
        connection.execute(sa.text("SELECT * FROM held"))
    with pytest.raises(sa.exc.DBAPIError):
        connection.execute(sa.text("SELECT 1"))
    connection.invalidate()
    connection.close()
    engine.dispose()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_url_has_no_percent_sign(request, kind):
    """Configparser reads `%` as a reference; our URLs stand in alembic.ini as they are."""
    assert "%" not in request.getfixturevalue(kind).url("x")


def test_what_is_missing_skips_and_what_is_required_fails(monkeypatch):
    monkeypatch.delenv("MM_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="mariadb: not installed"):
        need.missing("mariadb", "not installed")
    monkeypatch.setenv("MM_REQUIRE", "pg, mariadb")
    with pytest.raises(pytest.fail.Exception, match="MM_REQUIRE wants mariadb: not installed"):
        need.missing("mariadb", "not installed")
    monkeypatch.setenv("MM_REQUIRE", "postgres")
    with pytest.raises(ValueError, match="MM_REQUIRE names"):
        need.missing("mariadb", "not installed")


KILLED = """
import os, signal, sys
from tests.support.databases import {kind}_server
with {kind}_server() as server:
    print(server.process.pid, server.socket.parent, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_killed_run_leaves_no_server_and_its_folder_is_swept(request, kind):
    request.getfixturevalue(kind)  # skips where the server is not installed
    run = subprocess.run(
        [sys.executable, "-c", KILLED.format(kind=kind)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    pid, folder = run.stdout.split()
    wait_until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in state_of(pid))
    assert Path(folder).is_dir()
    with processes.work_folder("next"):
        assert not Path(folder).exists()


def state_of(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "Z"


def wait_until(fact, timeout_s=20):
    end = time.monotonic() + timeout_s
    while not fact():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def test_a_work_folder_is_kept_while_its_owner_lives():
    with processes.work_folder("one") as one, processes.work_folder("two"):
        assert one.is_dir()
    assert not one.exists()
    assert str(os.getpid()) in one.name


def test_the_alembic_command_runs_in_a_project(tmp_path):
    alembic(tmp_path, "init", "migrations")
    assert "base" not in alembic(tmp_path, "heads")
    assert run_alembic(tmp_path, "upgrade", "no-such-revision").code != 0


ENV_PY = """
import atexit, logging, os, sys, time
print(os.getcwd(), sys.path[0], sys.argv, os.environ["TOLD"], time.strftime("%z"), sys.stdin.read(), list(logging.root.handlers))
atexit.register(print, "the end")
import beside
"""


@pytest.mark.parametrize(
    "arguments, beside",
    [
        (["current"], ""),
        (["-x", "a=b", "upgrade", "head"], "raise SystemExit(7)"),
        (["--raiseerr", "current"], "raise ValueError(__file__)"),
        (["current"], "import os; os._exit(3)"),
        (["heads", "-z"], ""),
    ],
)
def test_a_forked_alembic_does_what_one_started_for_it_does(tmp_path, monkeypatch, arguments, beside):
    monkeypatch.setenv("TOLD", "ü")
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    alembic(tmp_path, "init", "migrations")
    (tmp_path / "migrations" / "env.py").write_text(ENV_PY)
    (tmp_path / "beside.py").write_text(beside)
    forked, whole = run_alembic(tmp_path, *arguments), started(tmp_path, arguments, os.environ)
    assert (forked.code, forked.out) == (whole.code, whole.out)
    assert forked.err.splitlines()[-5:] == whole.err.splitlines()[-5:]  # above stands how Python came to run it


@pytest.mark.kernel
def test_a_kernel_runs_completes_and_fails_as_in_a_notebook(kernel, tmp_path):
    assert kernel.ok("import os\nos.getcwd()")[0].data["text/plain"] == repr(str(tmp_path))
    assert [output.text for output in kernel.ok("print('a')\nprint('b')")] == ["a\nb\n"]
    assert "getcwd" in kernel.complete("os.getc")["matches"]
    reply, outputs = kernel.run("1 / 0")
    assert (reply["status"], reply["ename"], outputs[0].ename) == ("error", "ZeroDivisionError", "ZeroDivisionError")


@pytest.mark.kernel
def test_a_kernel_can_be_interrupted(kernel):
    cell = kernel.start("import threading\nprint('waiting', flush=True)\nthreading.Event().wait()")
    kernel.wait_for_text("waiting")
    kernel.interrupt()
    assert kernel.wait_for(cell)["ename"] == "KeyboardInterrupt"
    assert kernel.ok("1 + 1")[0].data["text/plain"] == "2"


@pytest.mark.kernel
def test_a_notebook_runs_from_first_to_last(run_notebook):
    notebook = run_notebook("x = 20", "x + 1")
    assert notebook.cells[1].outputs[0].data["text/plain"] == "21"


@pytest.mark.corpora
@pytest.mark.parametrize(
    "name, folder",
    [
        ("aim", "aim/storage/migrations/versions"),
        ("apache-airflow-providers-fab", "airflow/providers/fab/migrations/versions"),
    ],
)
def test_a_published_application_is_fetched_once_and_kept(name, folder):
    place = corpora.fetched(name)
    assert list((place / folder).glob("*.py"))
    before = place.stat().st_mtime_ns
    assert corpora.fetched(name) == place
    assert place.stat().st_mtime_ns == before


@pytest.mark.corpora
@pytest.mark.parametrize(
    "name, folder",
    [
        ("optuna", "optuna/storages/_rdb/alembic/versions"),
        ("keystone", "keystone/common/sql/migrations/versions"),
        ("jupyterhub", "jupyterhub/alembic/versions"),
    ],
)
def test_a_published_application_is_installed(name, folder):
    assert list((corpora.installed(name) / folder).rglob("*.py"))


def test_an_application_that_is_not_installed_skips(monkeypatch):
    monkeypatch.delenv("MM_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-application is not installed"):
        corpora.installed("no-such-application")
