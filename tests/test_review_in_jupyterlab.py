"""`review` in a real JupyterLab: answered, unticked, written, applied; stale and failing; light, dark, narrow, untrusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.axe import examine
from tests.support.kernel import notebook_of
from tests.test_tour_in_jupyterlab import TROUBLE

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.support.lab import NotebookPage

pytestmark = pytest.mark.browser

SET_UP = """\
%load_ext migration_magics
%migrate init migrations
%migrate connect sqlite:///evaluations.db --as eval"""
FIRST = """\
%%models
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class Evaluation(Base):
    __tablename__ = "evaluations"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))"""
ROWS = """\
%migrate revision --autogenerate -m "Create evaluations"
%migrate upgrade head
import sqlite3
with sqlite3.connect("evaluations.db") as raw:
    for number in range(1, 1205):
        raw.execute("INSERT INTO evaluations VALUES (?, ?)", (number, f"run {number}"))
    raw.execute("CREATE TABLE notes (id INTEGER)")
    raw.executemany("INSERT INTO notes VALUES (?)", [(number,) for number in range(12)])
del raw"""
NEXT = """\
%%models
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class Evaluation(Base):
    __tablename__ = "evaluations"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    runtime_ms: Mapped[int | None] = mapped_column(index=True)
    worker: Mapped[str] = mapped_column(String(40))"""
REVISION = """\
%%revision -m "Count the tokens"
op.add_column("evaluations", sa.Column("tokens", sa.Integer()))
op.drop_column("evaluations", "name")"""
REVIEW = "%migrate review"
MOVE = """\
with sqlite3.connect("evaluations.db") as raw:
    raw.execute("CREATE TABLE somebody (id INTEGER)")
del raw"""
BREAK = """\
from pathlib import Path
path = next(Path("migrations/versions").glob("*count_the_tokens.py"))
path.write_text(path.read_text().replace("op.drop_column(", "op.execute('no such statement')\\n    op.drop_column(", 1))
del path"""


@dataclass(frozen=True, slots=True)
class Form:
    """The form below one cell, as a person finds things in it: by their names."""

    root: Locator

    def press(self, text: str) -> None:
        """Press a button once it may be pressed."""
        self.root.get_by_role("button", name=re.compile(text)).click()

    def tick(self, text: str) -> None:
        self.root.get_by_role("checkbox", name=re.compile(text)).click()

    def answer(self, text: str) -> None:
        self.root.get_by_role("radio", name=re.compile(text)).click()

    def alert(self) -> Locator:
        return self.root.get_by_role("alert")


def form(page: NotebookPage, number: int) -> Form:
    root = page.output(number).locator(".mm-form")
    root.wait_for()
    return Form(root)


def in_both_themes(page: NotebookPage, number: int, name: str) -> None:
    """Nothing is hard to read or sticks out, nobody is shut out, in light and dark; a picture of each."""
    for theme in ("Light", "Dark"):
        page.theme(f"JupyterLab {theme}")
        found = examine(page.page, ".mm-form, .jp-OutputArea-output .mm")
        serious = [each for each in found["violations"] if each["impact"] in {"serious", "critical"}]
        assert serious == []
        assert page.page.evaluate(TROUBLE) == []
        page.shoot(f"review-{name}-{theme.lower()}", page.cell(number))
    page.theme("JupyterLab Light")


def test_the_models_are_decided_about_written_and_applied(notebook_page: NotebookPage) -> None:
    page = notebook_page
    assert page.run_cells(SET_UP, FIRST, ROWS, NEXT, "%migrate review --autogenerate", "%migrate status")
    made = form(page, 4)
    expect(made.root.get_by_role("button", name="Write revision")).to_be_disabled()
    in_both_themes(page, 4, "asks")
    made.answer("it is title now")
    preview = made.root.get_by_text("The file, ", exact=False).first
    preview.wait_for()
    expect(made.root.get_by_role("checkbox", name="drop table notes")).not_to_be_checked()
    made.tick("add column worker")
    expect(made.root.get_by_role("button", name="Write revision")).to_be_enabled()
    made.press("Rehearse")
    made.root.get_by_text("Rehearsal").first.wait_for()
    page.shoot("review-rehearsed", page.cell(4))
    made.press("Write revision")
    apply = made.root.get_by_role("button", name="Apply 1 revision on eval")
    apply.wait_for()
    in_both_themes(page, 4, "plan")
    apply.click()
    record = page.output(4).locator(".mm", has_text="Reviewed, written and applied")
    record.wait_for()
    assert page.cell(4).locator("button:visible", has_text="Apply").count() == 0
    in_both_themes(page, 4, "done")
    assert page.run(5)
    expect(page.output(5)).to_contain_text("behind: none")
    saved = page.saved()
    html = "".join(output.get("data", {}).get("text/html", "") for output in saved.cells[4].outputs)
    assert "Reviewed, written and applied" in html
    assert "new_column_name" in html
    record = html.split("Reviewed, written and applied")[1]
    left_out = record.split("Left out: ")[1].split(".</li>")[0]
    assert set(left_out.split(", ")) == {"add column evaluations.worker", "drop table notes"}
    assert record.count("worker") == 1
    page.reopen_untrusted()
    expect(page.output(4).last).to_contain_text("Reviewed, written and applied")
    page.shoot("review-untrusted", page.cell(4))
    assert (page.foreign, page.errors) == ([], [])


def test_a_plan_is_agreed_to_found_stale_and_fails_in_the_open(notebook_page: NotebookPage) -> None:
    page = notebook_page
    page.open("plan.ipynb", notebook_of((SET_UP, FIRST, ROWS, REVISION, "%migrate review", MOVE, BREAK, "6 * 7")))
    assert all(page.run(number) for number in range(5))
    made = form(page, 4)
    apply = made.root.get_by_role("button", name="Apply 1 revision on eval")
    expect(apply).to_be_disabled()
    made.tick("drops column evaluations.name, which has a value in 1,204 rows")
    expect(apply).to_be_enabled()
    in_both_themes(page, 4, "agree")

    assert page.run(5)
    apply.click()
    expect(made.alert()).to_contain_text("Nothing was changed")
    expect(made.alert()).to_contain_text("its schema was changed by somebody else")
    expect(apply).to_be_disabled()
    in_both_themes(page, 4, "stale")

    assert page.run(6)
    made.press("Look again")
    expect(made.alert()).to_have_count(0)
    expect(made.root.get_by_role("checkbox")).not_to_be_checked()  # that of the new plan: the old one was ticked
    made.tick("drops column")
    apply.click()
    expect(made.alert()).to_contain_text("no such statement")
    expect(made.root).to_contain_text("rolled back")
    in_both_themes(page, 4, "failed")
    page.resize(620)
    assert page.page.evaluate(TROUBLE) == []
    page.shoot("review-narrow", page.cell(4))
    assert page.run(7)
    expect(page.output(7)).to_contain_text("42")
    assert (page.foreign, page.errors) == ([], [])


def test_the_keyboard_is_enough(notebook_page: NotebookPage) -> None:
    page = notebook_page
    assert page.run_cells(SET_UP, FIRST, ROWS, REVISION, "%migrate review")
    made = form(page, 4)
    made.root.get_by_role("checkbox").focus()
    page.page.keyboard.press("Space")
    apply = made.root.get_by_role("button", name="Apply 1 revision on eval")
    expect(apply).to_be_enabled()
    while not apply.evaluate("button => button === document.activeElement"):
        page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    page.output(4).locator(".mm", has_text="Reviewed, applied").wait_for()
    assert (page.foreign, page.errors) == ([], [])
