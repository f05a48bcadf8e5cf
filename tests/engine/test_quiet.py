"""What is printed, logged and imported in a run stays in it."""

# ruff: noqa: T201 - printing is what is tested

from __future__ import annotations

import logging
import logging.config
import sys
import threading

import pytest

from migration_magics.engine import quiet
from migration_magics.engine.belonging import belongs, run_here


def test_prints_of_the_run_are_collected_and_those_of_others_are_not(capsys):
    go, done = threading.Event(), threading.Event()

    def other():
        assert go.wait(20)
        print("theirs")
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with run_here(), quiet.printed() as output:
        print("ours")
        child = threading.Thread(target=lambda: print("our thread's", file=sys.stderr))
        child.start()
        child.join()
        go.set()
        assert done.wait(20)
        kept = sys.stdout
    thread.join()
    print("kept on printing", file=kept)
    assert output.getvalue() == "ours\nour thread's\n"
    assert capsys.readouterr().out == "theirs\nkept on printing\n"


def test_endless_printing_is_cut():
    with quiet.printed() as output:
        for _ in range(30):
            print("x" * 9_999)
    assert len(output.getvalue()) == 100_000


def test_a_module_that_kept_dictconfig_can_use_it_later():
    with run_here(), quiet.logging_as_it_was():
        kept = logging.config.dictConfig
        kept({"version": 1, "loggers": {"zoo.kept": {"level": "ERROR"}}})
    assert logging.getLogger("zoo.kept").level == logging.NOTSET
    kept({"version": 1, "incremental": True, "loggers": {"zoo.kept": {"level": "ERROR"}}})
    assert logging.getLogger("zoo.kept").level == logging.ERROR


def test_belonging_ends_with_the_run():
    """Also for threads that the run started and that live on."""
    seen, end = [], threading.Event()

    def lives_on():
        seen.append(belongs())
        assert end.wait(20)
        seen.append(belongs())
        with run_here():
            seen.append(belongs())

    assert not belongs()
    with run_here():
        assert belongs()
        thread = threading.Thread(target=lives_on)
        thread.start()
        while not seen:
            end.wait(0.001)
    end.set()
    thread.join()
    assert seen == [True, False, True]


@pytest.fixture
def projects(tmp_path):
    for name in ("red", "blue"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "zoo_models.py").write_text(f"NAME = {name!r}\n")
    yield tmp_path
    sys.modules.pop("zoo_models", None)


def test_modules_of_one_name_step_aside_for_each_other(projects):
    modules, first = quiet.ProjectModules(), {}

    def use(name):
        folder = projects / name
        with quiet.path_as_it_was((str(folder),)), modules.of(name, (folder,)):
            import zoo_models

            assert name == zoo_models.NAME
            assert first.setdefault(name, zoo_models) is zoo_models

    for name in ("red", "blue", "red", "blue", "red"):
        use(name)
    assert not any("zoo" in entry for entry in sys.path[:1])
