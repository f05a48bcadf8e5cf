"""Accessibility of the widgets: axe-core finds nothing serious in any, in light and in dark, whatever of it is unfolded."""

from __future__ import annotations

import pytest

from tests.support.axe import examine, violations

pytestmark = pytest.mark.browser

MODELS = """%%models
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class Worker(Base):
    __tablename__ = "workers"
    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str]"""

# The last cell makes the widget; it is ready when its part is there.
WIDGETS = {
    "explore": (("%migrate explore",), ".mm-x", ".mm-x-er .mm-box"),
    "review": (("%migrate review",), ".mm-form", "button"),
    "review --autogenerate": (
        ("%migrate upgrade head --yes", MODELS, "%migrate review --autogenerate"),
        ".mm-form",
        "button",
    ),
    "step": (("%migrate step d51e96",), ".mm-form", "button:enabled"),
}


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_is_accessible_in_light_and_dark(notebook_page, name):
    cells, widget, part = WIDGETS[name]
    page = notebook_page.page
    assert notebook_page.run_cells("%load_ext migration_magics\n%migrate demo", *cells)
    page.locator(widget).locator(part).first.wait_for()
    notebook_page.settle()
    page.evaluate("() => document.querySelectorAll('.mm details').forEach(details => (details.open = true))")
    notebook_page.resize(
        1200, 400 + page.evaluate("() => document.querySelector('.jp-WindowedPanel-inner').scrollHeight")
    )
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        notebook_page.theme(theme)
        notebook_page.settle()
        assert violations(page, widget) == []
        assert len([one for one in examine(page, widget)["passes"] if one["id"] == "color-contrast"]) > 10
        notebook_page.shoot(f"axe-{name}-{theme.split()[1]}")
