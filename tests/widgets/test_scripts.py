"""Scripts joined to one module: nothing imported, nothing lost, no name twice."""

from __future__ import annotations

import re

import pytest

from migration_magics.widgets.scripts import FOLDER, script, styles

TOP = [path.name for path in FOLDER.glob("*.js") if "export default" in path.read_text(encoding="utf-8")]
NAME = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


@pytest.mark.parametrize("name", TOP)
def test_a_widget_is_one_module_that_loads_nothing(name):
    joined = script(name)
    assert not re.search(r"^\s*import\b|^export (?!default)", joined, re.MULTILINE)
    assert joined.count("export default") == 1
    assert "http" not in joined.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("name", TOP)
def test_no_name_is_defined_twice_in_the_one_scope(name):
    names = NAME.findall(script(name))
    assert sorted(names) == sorted(set(names))


def test_explore_has_all_its_modules():
    assert "explore.js" in TOP
    joined = script("explore.js")
    for each in ("class List", "class Diagram", "class Slider", "function channel", "class Tabs", "class Panel"):
        assert each in joined


def test_its_styles_have_those_of_results():
    assert ".mm-er" in styles("explore.css")
    assert "@container" in styles("explore.css")
    assert "url(" not in styles("explore.css")
