"""How every result looks, word for word: the golden files, written by `python -m tests.display.golden --update`."""

from __future__ import annotations

import pytest

from migration_magics import results
from migration_magics.display import bundle, text
from tests.display.examples import EXAMPLES
from tests.display.golden import FOLDER, golden_html, golden_text


@pytest.mark.parametrize("name", EXAMPLES)
def test_text_is_as_read(name: str) -> None:
    assert golden_text(EXAMPLES[name]) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_html_is_as_read(name: str) -> None:
    assert golden_html(EXAMPLES[name]) == (FOLDER / f"{name}.html").read_text(encoding="utf-8")


def test_every_result_has_an_example() -> None:
    every = {kind for kind in vars(results).values() if isinstance(kind, type) and issubclass(kind, results.Result)}
    assert every - {results.Result} == {type(result) for result in EXAMPLES.values()}


def test_every_golden_file_has_its_example_and_can_be_read_at_a_sitting() -> None:
    files = [path for path in FOLDER.iterdir() if path.suffix in (".txt", ".html")]
    assert {path.name for path in files} == {f"{name}{suffix}" for name in EXAMPLES for suffix in (".txt", ".html")}
    assert [path.name for path in files if len(path.read_text(encoding="utf-8").splitlines()) >= 200] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_result_shows_itself(name: str) -> None:
    """`str`, IPython's bundle and the pretty printer lead here, and give exactly text and HTML, the same each time."""
    result = EXAMPLES[name]
    shown = result._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/html"}
    assert shown == bundle(result)
    assert str(result) == text(result) == shown["text/plain"]
