"""What a revision does beside the database is said before anybody believes that a rehearsal is harmless."""

from __future__ import annotations

from types import ModuleType

import pytest

from migration_magics.lab.confined import not_confined

CASES = [
    ("op.execute('SELECT 1')", ()),
    ("open('log.txt', 'w').write('x')", ("opens files",)),
    ("from pathlib import Path\n    Path('log.txt').write_text('x')", ("opens files",)),
    ("import os\n    os.remove('log.txt')", ("opens files",)),
    ("import os\n    os.environ.get('HOME')", ()),
    ("import subprocess\n    subprocess.run(['ls'])", ("starts programs",)),
    ("import urllib.request\n    urllib.request.urlopen('http://localhost')", ("calls other servers",)),
    ("from urllib.parse import quote\n    quote('a b')", ()),
    ("import socket, os\n    socket.socket()\n    os.system('ls')", ("starts programs", "calls other servers")),
    ("rows = [requests.get(url) for url in ()]", ("calls other servers",)),
    ("replace('a', 'b')", ()),
]


@pytest.mark.parametrize("body, deeds", CASES)
def test_names_tell_what_leaves_the_copy(body, deeds):
    module = ModuleType("revision")
    requests = ModuleType("requests")
    module.requests = requests
    exec(f"def upgrade():\n    {body}\n", vars(module))  # noqa: S102
    assert not_confined(module) == deeds


def test_functions_of_others_are_not_its_own():
    module = ModuleType("revision")
    other = ModuleType("other")
    exec("def helper():\n    open('x')\n", vars(other))  # noqa: S102
    module.helper = other.helper
    assert not_confined(module) == ()
