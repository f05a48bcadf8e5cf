"""Functions that mean the same are equal, others are not, and what reads more than its arguments is unknowable."""

from __future__ import annotations

import importlib
import os
import re
import sys

import pytest

from migration_magics.engine.shortcut_code import Unknowable, signed

ENDS = re.compile("_old$")
LEFT_OUT = {"spatial_ref_sys"}


def made(source, **known):
    """The function *f* of a module with *source*, as env.py is executed anew in each run."""
    space = {"LEFT_OUT": {"spatial_ref_sys"}, "ENDS": ENDS, "re": re, "os": os, "__name__": "env_py", **known}
    exec(source, space)  # noqa: S102 - the source is in this file
    return space["f"]


KNOWN = (
    "def f(o, name, kind, r, c): return name not in LEFT_OUT",
    "def f(o, name, kind, r, c): return not ENDS.search(name) and not o.info.get('skip')",
    "def g(name): return name.startswith('x')\ndef f(name, kind, parents): return not g(name)",
    "f = lambda o, name, kind, r, c: not any(name.endswith(e) for e in ('_a', '_b'))",
    "def f(name, *, kind='table'): return re.match('a', name)",
)

UNKNOWABLE = (
    "def f(name): return os.environ['X'] == name",
    "def f(name): return open('names').read()",
    "def f(o): return o.metadata.tables",
    "def f(name):\n    global seen\n    seen = name",
    "def f(name):\n    import random\n    return random.random()",
    "def f(name, seen=[]): seen.append(name)",
    "def f(name): return unheard_of",
    "class F:\n    def __call__(self): pass\nf = F()",
    "def f(o): return getattr(o, 'metadata')",
)


@pytest.mark.parametrize("source", KNOWN)
def test_a_function_made_anew_is_the_same(source):
    assert signed(made(source)) == signed(made(source))


def test_no_two_of_them_are_the_same():
    assert len({signed(made(source)) for source in KNOWN}) == len(KNOWN)


@pytest.mark.parametrize("source", UNKNOWABLE)
def test_what_reads_more_is_unknowable(source):
    with pytest.raises(Unknowable):
        signed(made(source))


def test_what_it_reads_is_part_of_it():
    assert signed(made(KNOWN[0])) != signed(made(KNOWN[0], LEFT_OUT={"other"}))
    assert signed(made(KNOWN[1])) != signed(made(KNOWN[1], ENDS=re.compile("_new$")))


@pytest.mark.parametrize("one, other", [(1, True), (1, 1.0), ([1], (1,)), ("1", 1), (-1, -2), ({"a": 1}, {"a": 2})])
def test_values_differ_by_type_too(one, other):
    assert signed(one) != signed(other)


def test_a_module_of_the_project_may_be_called_like_one_of_python_s(tmp_path, monkeypatch):
    (tmp_path / "this.py").write_text("import os\n\ndef f(name):\n    return os.environ['X'] == name\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "this", raising=False)
    try:
        with pytest.raises(Unknowable):
            signed(importlib.import_module("this").f)
    finally:
        sys.modules.pop("this")
