"""Published applications that ship their migrations, and where those lie.

Most are installed with the extra `corpora`. Two would bring too much with them; of those only the package itself is
fetched, by the ordinary pip, once per checkout into `.cache/corpora/`, and read from there. None of their code is kept
in this repository.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .need import missing

CACHE = Path(__file__).parents[2] / ".cache" / "corpora"

FETCHED = {"aim": "3.29.1", "apache-airflow-providers-fab": "3.10.2"}


def installed(name: str) -> Path:
    """Return the folder of the installed distribution *name*; where it is absent the test skips or fails (`need`)."""
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        missing("corpora", f'{name} is not installed; `pip install -e ".[corpora]"` brings it')
    return Path(str(distribution.locate_file("")))


def fetched(name: str) -> Path:
    """Return the folder of the unpacked package *name* of `FETCHED`; fetch it first where that was not done yet."""
    version = FETCHED[name]
    target = CACHE / f"{name}-{version}"
    if not target.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        # Unpacked beside its place and then renamed: a second process sees all of it or nothing.
        work = Path(tempfile.mkdtemp(dir=CACHE, prefix=".fetching-"))
        try:
            _fetch(f"{name}=={version}", work)
            try:
                (work / "site").rename(target)
            except OSError:
                if not target.is_dir():  # else another process was first
                    raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return target


def _fetch(requirement: str, work: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run(
        [*command, "--dest", str(work), requirement],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = list(work.glob("*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip().splitlines() or ["no wheel came"])[-1]
        missing("corpora", f"{requirement} could not be fetched: {last}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(work / "site")
