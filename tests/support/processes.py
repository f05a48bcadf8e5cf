"""Child processes that cannot outlive the tests, in working folders that are swept.

A run of pytest that is killed outright runs no teardown. So the kernel of the operating system ends the children:
`spawn` starts each program through a tiny launcher that asks for a signal on its parent's death (prctl(2),
PR_SET_PDEATHSIG; Linux only, elsewhere a killed run leaves its servers behind). The folders such a run leaves are
removed by the next one.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = os.geteuid() == 0

# The account changes before the death signal is asked for, since a change of account clears it. The parent may be gone
# before the request: then its pid is no longer our parent's.
_LAUNCHER = """
import ctypes, os, sys
parent, death_signal, uid, gid = map(int, sys.argv[1:5])
if uid >= 0:
    os.setgroups([]); os.setgid(gid); os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, death_signal)
    if os.getppid() != parent:
        sys.exit("the parent is gone")
os.execvp(sys.argv[5], sys.argv[5:])
"""


def account(*names: str) -> str | None:
    """Return the account a server runs as: None for our own, or, where we are root, the first of *names* that exists.

    Raises `LookupError` where we are root and none exists: database servers refuse to run as root.
    """
    if not ROOT:
        return None
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    msg = f"running as root, and there is none of the accounts {', '.join(names)}"
    raise LookupError(msg)


def own(path: Path, user: str | None) -> None:
    """Give *path* to *user*; None leaves it ours."""
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
    env: dict[str, str] | None = None,
    cwd: Path | str = "/",
) -> subprocess.Popen[bytes]:
    """Start *command* in a session of its own, output to *log*; it gets *death_signal* when this process ends.

    A session of its own keeps Ctrl-C in the terminal away from it, so that teardown still finds it running.
    """
    entry = pwd.getpwnam(user) if user is not None else None
    ids = (entry.pw_uid, entry.pw_gid) if entry else (-1, -1)
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, os.getpid(), int(death_signal), *ids]
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in (*launcher, *command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=env,
            cwd=cwd,
        )


def stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, timeout_s: float = 15) -> None:
    """End *process* with the signal *how*, and by force when it has not ended after *timeout_s*."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run_as(command: Sequence[str | Path], user: str | None = None, timeout_s: float = 120) -> str:
    """Run *command* to its end as *user* and return what it wrote; a failure is a `RuntimeError` with the output."""
    entry = pwd.getpwnam(user) if user is not None else None
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout_s,
        check=False,
        text=True,
        cwd="/",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
    )
    if done.returncode:
        msg = f"{command[0]} ended with {done.returncode}\n{done.stdout[-4000:]}"
        raise RuntimeError(msg)
    return done.stdout


@contextlib.contextmanager
def work_folder(name: str) -> Iterator[Path]:
    """Give a new folder under /tmp, readable by all, removed at the end.

    Under /tmp and not under pytest's folder because the path of a unix socket has at most 107 bytes (unix(7)).
    """
    _sweep()
    path = Path(tempfile.mkdtemp(prefix=f"mm-{name}-{os.getpid()}-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _sweep() -> None:
    """Remove the work folders of our account whose pytest is gone."""
    for path in Path("/tmp").glob("mm-*-*-*"):
        pid = path.name.rsplit("-", 2)[1]
        with contextlib.suppress(FileNotFoundError):
            if pid.isdigit() and path.stat().st_uid == os.geteuid() and not _alive(int(pid)):
                shutil.rmtree(path, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
