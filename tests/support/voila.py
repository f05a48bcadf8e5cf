"""A Voila on the loopback interface: a notebook as a page without code, its kernel behind it."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

from .jupyter import environment
from .processes import spawn, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_TIMEOUT_S = 60.0


@contextlib.contextmanager
def running_voila(home: Path, folder: Path) -> Iterator[str]:
    """Give the address of a Voila that shows the notebooks in *folder*, and keeps all else below *home*."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = spawn(
        [
            *(sys.executable, "-m", "voila", folder, "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}"),
            "--VoilaConfiguration.show_tracebacks=True",
        ],
        log=home / "voila.log",
        env=environment(home),
        death_signal=signal.SIGTERM,
        cwd=folder,
    )
    try:
        end = time.monotonic() + START_TIMEOUT_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                msg = f"Voila did not start:\n{(home / 'voila.log').read_text(errors='replace')[-4000:]}"
                raise RuntimeError(msg)
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
