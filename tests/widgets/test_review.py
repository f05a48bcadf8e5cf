"""`review` as a form, by pressing its buttons: what is ticked, answered and agreed to is what happens, on each database."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from migration_magics.results import Moved
from migration_magics.widgets import widget
from tests.commands.test_autogenerating import ONE, Notebook, files

NEW = (
    "sa.Table('evaluations', metadata, C('id', sa.Integer, primary_key=True), C('title', sa.String(40), nullable=False),\n"
    "    C('runtime_ms', sa.Integer, index=True))\n"
)
COLUMN, INDEX = "add column evaluations.runtime_ms", "add index evaluations.ix_evaluations_runtime_ms"


SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%%' AND state = 'active'"


class Story(Notebook):
    """A notebook with a form in it."""

    def form(self, *target, **options):
        self.kept = []
        made = widget(self.ws.review(*target, **options), self.ws)
        made.keep = self.kept.append
        return made

    def move(self, upgrade, message="next"):
        """Write a revision by hand; nothing tries it before."""
        written = self.ws.revision("def upgrade():\n    op.f('here')\ndef downgrade():\n    pass\n", message=message)
        path = Path(written.path)
        path.write_text(path.read_text().replace("op.f('here')", upgrade))
        return written

    def protect(self):
        self.ws.connect(self.url, name="app", protected=True)


@pytest.fixture
def story(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Story(database_url)
    made.day_one()
    yield made
    made.ws.close()


@pytest.fixture
def sqlite(sqlite_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Story(sqlite_url)
    made.day_one()
    yield made
    made.ws.close()


def databases(story):
    return set(story.query("SELECT datname FROM pg_database"))


def press(form, text):
    """Press the button called *text*, where it may be pressed, and wait for what comes of it."""
    button = next(each for each in form.buttons.children if each.description.startswith(text))
    assert not button.disabled, f"{text}: {form.alert.value or form.status.value}"
    button.click()
    form.wait()


def pressable(form):
    return [each.description.split()[0] for each in form.buttons.children if not each.disabled]


def tick(form, text, *, value=True):
    form.part.tick(text).value = value
    form.wait()


def agree(form):
    """Tick whatever has to be."""
    for each in form.part.ticks:
        each.value = True


def every(widget):
    """All widgets in *widget*."""
    yield widget
    for each in getattr(widget, "children", ()):
        yield from every(each)


def html(widget):
    """All HTML that *widget* shows, but the style sheet."""
    values = (each.value for each in every(widget) if type(each).__name__ == "HTML")
    return "".join(value for value in values if "<style>" not in value)


def test_a_rename_is_answered_an_operation_unticked_and_all_of_it_applied(story):
    story.models(NEW)
    form = story.form(autogenerate=True)
    assert pressable(form) == ["Look"]  # nothing is written while a question is open
    assert "name 1" in html(form)
    (radio,) = form.part.radios
    assert radio.value is None
    assert [command for _label, command in radio.options] == [
        "--rename evaluations.name=title",
        "--drop evaluations.name",
    ]
    radio.value = "--rename evaluations.name=title"
    form.wait()
    assert "runtime_ms" in form.part.preview.value

    tick(form, COLUMN, value=False)
    assert f"Does not work without: {COLUMN}" in form.part.under(INDEX)
    assert "Write" not in pressable(form)
    tick(form, INDEX, value=False)
    assert "runtime_ms" not in form.part.preview.value
    press(form, "Rehearse")
    assert "passed" in form.outcome.value or "came back" in form.outcome.value
    assert len(files()) == 1
    assert story.kept == []

    press(form, "Write")
    assert len(files()) == 2
    (written,) = (path.read_text() for path in Path("migrations/versions").glob("*.py") if "rename" in path.name)
    assert "new_column_name='title'" in written
    assert "runtime_ms" not in written
    assert [*story.kept[0]] == ["text/plain", "text/html", "application/vnd.jupyter.widget-view+json"] or (
        "Wrote" in story.kept[0]["text/html"]
    )
    press(form, "Apply 1 revision on app")
    assert story.query("SELECT id, title FROM evaluations ORDER BY id") == [(n, f"name {n}") for n in (1, 2, 3)]
    (record,) = (each for each in story.kept if "applied" in each["text/html"])
    assert [*record] == ["text/plain", "text/html"]
    assert "ALTER TABLE" in record["text/html"]
    assert "<button" not in record["text/html"]


def test_the_file_is_the_one_that_the_command_writes(sqlite):
    """One path: what the form leaves out is left out by `--without`, and the result's command says the same."""
    sqlite.models(NEW)
    form = sqlite.form(autogenerate=True)
    form.part.radios[0].value = "--drop evaluations.name"
    form.wait()
    tick(form, COLUMN, value=False)
    tick(form, INDEX, value=False)
    told = form.part.review.next_command
    press(form, "Write")
    mine = form.written.code
    Path(form.written.path).unlink()
    typed = sqlite.ws.run(f"{told.removeprefix('%migrate ')} --rev-id {form.written.revision.id}")

    def body(text):
        return text.partition("Create Date")[2].partition("\n")[2]

    assert body(mine) == body(typed.code)
    assert "title" in mine


def test_what_loses_data_is_unticked_until_somebody_ticks_it(story):
    story.models(
        ONE.replace(", C('name', sa.String(40), nullable=False)", "")
        + "sa.Table('more', metadata, C('id', sa.Integer))\n"
    )
    form = story.form(autogenerate=True)
    drop = "drop column evaluations.name"
    assert not form.part.tick(drop).value
    assert form.part.tick("add table more").value
    assert "3 values" in form.part.under(drop)
    assert "drop_column" not in form.part.preview.value
    tick(form, drop)
    assert "drop_column" in form.part.preview.value
    press(form, "Write")
    assert pressable(form) == ["Rehearse", "Look"]  # and the plan that loses it asks again
    agree(form)
    assert "Apply" in pressable(form)
    press(form, "Apply")
    assert story.query("SELECT * FROM evaluations") == [(1,), (2,), (3,)]


def test_rows_in_the_way_are_told_beside_their_operation(story):
    story.models(ONE.replace("))", "), C('kind', sa.String(5), nullable=False))", 1))
    form = story.form(autogenerate=True)
    under = form.part.under("add column evaluations.kind")
    assert "3 rows need a value" in under
    assert "op." in under  # the code that handles them
    assert "%migrate edit" in under


def test_what_is_written_is_what_was_on_show(sqlite):
    sqlite.models(ONE.replace("))", "), C('kind', sa.String(5)))", 1))
    form = sqlite.form(autogenerate=True)
    sqlite.models(ONE.replace("))", "), C('sort', sa.String(5)))", 1))
    press(form, "Write")
    assert "something else would be written now" in form.alert.value
    assert len(files()) == 1
    assert form.part.tick("add column evaluations.sort").value
    press(form, "Write")
    assert "sort" in form.written.code


def test_a_loss_that_shows_only_when_it_runs_is_agreed_to_then(sqlite):
    sqlite.move("name = 'evalu' + 'ations'\n    op.drop_table(name)")
    form = sqlite.form("head")
    assert form.part.ticks == []
    press(form, "Apply")
    assert "as shows only now that it runs" in form.alert.value
    assert sqlite.query("SELECT count(*) FROM evaluations") == [(3,)]
    assert "Apply" not in pressable(form)
    agree(form)
    press(form, "Apply")
    assert "Reviewed" in sqlite.kept[-1]["text/plain"]


def test_looking_again_forgets_answers_to_what_nobody_asks_any_more(sqlite):
    sqlite.models(NEW)
    form = sqlite.form(autogenerate=True)
    form.part.radios[0].value = "--rename evaluations.name=title"
    form.wait()
    sqlite.models(ONE)
    press(form, "Look again")
    assert form.alert.value == ""
    assert form.part.radios == ()


def test_many_operations_are_a_bounded_number_of_boxes(sqlite):
    columns = ", ".join(f"C('c{number}', sa.Integer)" for number in range(300))
    sqlite.models(ONE.replace("))", f"), {columns})", 1))
    form = sqlite.form(autogenerate=True)
    assert sum(type(each).__name__ == "Checkbox" for each in every(form)) == 200
    assert "100 more" in html(form)
    press(form, "Write")
    assert form.written.code.count("add_column") == 300


def test_a_message_of_ones_own_stays(sqlite):
    sqlite.models(ONE.replace("))", "), C('kind', sa.String(5)))", 1))
    form = sqlite.form(autogenerate=True)
    assert form.part.message.value == "add kind to evaluations"
    form.part.message.value = "what <b>I</b> mean"
    form.wait()
    press(form, "Write")
    assert form.written.revision.message == "what <b>I</b> mean"


def test_nothing_differs(sqlite):
    form = sqlite.form(autogenerate=True)
    assert "%migrate review --autogenerate" in form._repr_mimebundle_()[0]["text/plain"]
    assert pressable(form) == ["Look"]


def test_a_stale_plan_is_refused_and_says_what_moved(story):
    written = story.move("op.add_column('evaluations', sa.Column('a', sa.Integer()))")
    form = story.form("head")
    path = Path(written.path)
    path.write_text(path.read_text() + "\n# more\n")
    with story.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE somebody (id INTEGER)")
    press(form, "Apply")
    assert 'role="alert"' in form.alert.value
    assert "schema was changed by somebody else" in form.alert.value
    assert "Press Look again for the new plan." in form.alert.value
    assert "Next:" not in form.alert.value  # one next step, and in words
    assert f"the file of {written.revision.id} was changed" in form.alert.value
    assert story.ws.current().behind == 1
    assert "Apply" not in pressable(form)
    press(form, "Look again")
    assert form.alert.value == ""
    press(form, "Apply")
    assert story.ws.current().at_head


def test_a_migration_that_fails_says_where_the_database_stands(story):
    story.move(
        "op.add_column('evaluations', sa.Column('a', sa.Integer()))\n    op.execute('no such <b>statement</b>')",
        "fails",
    )
    form = story.form("head")
    press(form, "Apply")
    assert 'role="alert"' in form.alert.value
    assert "<b>statement" not in form.alert.value + form.outcome.value
    assert "did not go through" in form.outcome.value
    assert ("undo by hand what is done" if "mariadb" in story.url else "rolled back") in html(form)
    assert "Look" in pressable(form)
    assert "Apply" not in pressable(form)
    assert story.ws.drawn_error is not None
    (told,) = story.kept  # also in the saved notebook, while the form stays
    assert "Reviewed, and not applied" in told["text/html"]
    assert "fails" in told["text/plain"]
    press(form, "Look again")
    if "mariadb" in story.url:
        assert "undo by hand what is done (add_column evaluations.a)" in html(form.body)
        assert "undo by hand" in str(story.ws.review("head"))
        assert "Apply" not in pressable(form)  # until somebody says that it was undone
        agree(form)
    assert "Apply" in pressable(form)
    path = next(Path("migrations/versions").glob("*fails*.py"))
    path.write_text(path.read_text().replace("op.execute('no such <b>statement</b>')", "pass"))
    if "mariadb" in story.url:
        with story.ws.database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE evaluations DROP COLUMN a")
    press(form, "Look again")
    agree(form)
    press(form, "Apply")
    assert story.ws.current().at_head
    assert story.ws.review("-1").half_done == ""


def test_a_protected_connection_wants_names_typed(story):
    story.move("op.drop_column('evaluations', 'name')", "drops")
    story.protect()
    form = story.form("head")
    agree(form)
    assert "Apply" not in pressable(form)
    fields = {each.description.split()[1].rstrip(","): each for each in form.part.fields}
    assert set(fields) == {"evaluations.name", "app"}
    fields["app"].value = "app"
    fields["evaluations.name"].value = "evaluations.nam"
    assert "Apply" not in pressable(form)
    fields["evaluations.name"].value = "evaluations.name"
    press(form, "Apply")
    assert story.query("SELECT * FROM evaluations") == [(1,), (2,), (3,)]


def test_no_more_is_lost_than_was_agreed_to(story):
    """Rows that came since are counted before it runs; looked at again, the new number is agreed to."""
    story.move("op.drop_column('evaluations', 'name')", "drops")
    form = story.form("head")
    agree(form)
    with story.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO evaluations VALUES (4, 'late')")
    press(form, "Apply")
    assert "More would be lost than was agreed to" in form.alert.value
    assert "3 rows" in form.alert.value
    assert "4 rows" in form.alert.value
    assert story.query("SELECT count(name) FROM evaluations") == [(4,)]
    assert "Apply" not in pressable(form)
    press(form, "Look again")
    agree(form)
    press(form, "Apply")
    assert story.query("SELECT count(*) FROM evaluations") == [(4,)]


def test_less_is_lost_than_was_agreed_to(sqlite):
    sqlite.move("op.drop_column('evaluations', 'name')", "drops")
    form = sqlite.form("head")
    agree(form)
    with sqlite.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM evaluations WHERE id = 3")
    press(form, "Apply")
    assert sqlite.query("SELECT * FROM evaluations") == [(1,), (2,)]


def test_a_downgrade_is_reviewed_too(sqlite):
    sqlite.move("op.add_column('evaluations', sa.Column('a', sa.Integer()))")
    sqlite.ws.upgrade("head")
    form = sqlite.form("-1")
    assert [each.description for each in form.buttons.children] == ["Undo 1 revision on app", "Look again", "Stop"]
    press(form, "Undo")
    assert sqlite.ws.current().behind == 1


def test_a_second_press_does_nothing(sqlite):
    """Two clicks that arrive one after the other are one revision, and what runs disables what can be pressed."""
    sqlite.models(ONE.replace("))", "), C('kind', sa.String(5)))", 1))
    form = sqlite.form(autogenerate=True)
    form.write_button.click()
    form.write_button.click()
    form.wait()
    form.write_button.click()
    form.wait()
    assert len(files()) == 2


def test_what_is_pressed_right_after_a_tick_is_meant_for_what_comes_of_it(sqlite):
    sqlite.models(
        ONE.replace("))", "), C('kind', sa.String(5)))", 1) + "sa.Table('more', metadata, C('id', sa.Integer))\n"
    )
    form = sqlite.form(autogenerate=True)
    form.part.tick("add table more").value = False
    form.write_button.click()
    form.wait()
    assert "kind" in form.written.code
    assert "more" not in form.written.code


def test_stop_interrupts_and_the_database_stands_as_before(sqlite):
    sqlite.move(
        "op.execute('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n')",
        "endless",
    )
    form = sqlite.form("head")
    runs = threading.Event()
    form.status.observe(lambda change: runs.set() if "1 of 1" in change["new"] else None, "value")
    form.apply_button.click()
    assert runs.wait(10)
    assert pressable(form) == ["Stop"]
    form.stop_button.click()
    form.wait()
    assert not form.work.is_going_on
    assert 'role="alert"' in form.alert.value
    assert "Press Look again to see what is left to do." in form.alert.value
    assert sqlite.ws.current().behind == 1


def test_looking_again_forgets_the_rehearsal_of_what_was(sqlite):
    written = sqlite.move("op.add_column('evaluations', sa.Column('a', sa.Integer()))")
    form = sqlite.form("head")
    press(form, "Rehearse")
    assert "Rehearsal" in form.outcome.value
    path = Path(written.path)
    path.write_text(path.read_text().replace("'a'", "'b'"))
    press(form, "Look again")
    assert form.outcome.value == ""


def test_a_rehearsal_shows_the_sql_that_nobody_knew_before(sqlite):
    sqlite.move("count = op.get_bind().execute(sa.text('SELECT 7')).scalar() + 1\n    op.execute(f'SELECT {count}')")
    form = sqlite.form("head")
    assert "it reads from the database." in html(form.body)
    assert "AttributeError" not in html(form.body)
    press(form, "Rehearse")
    sent = re.sub(r"<[^>]*>", "", html(form.body))
    assert "SELECT 8" in sent
    assert "it reads from the database" not in sent


def test_a_connection_that_is_gone_says_how_to_have_it_back(sqlite):
    sqlite.move("op.add_column('evaluations', sa.Column('a', sa.Integer()))")
    form = sqlite.form("head")
    sqlite.ws.connect("sqlite:///other.db", name="other")
    sqlite.ws.disconnect("app")
    press(form, "Apply")
    assert "%migrate connect ... --as app" in form.alert.value
    assert "Apply" not in pressable(form)
    sqlite.ws.connect(sqlite.url, name="app")
    press(form, "Look again")
    press(form, "Apply")
    assert sqlite.ws.current().at_head


def test_a_callback_never_loses_an_exception(sqlite):
    sqlite.models(ONE.replace("))", "), C('kind', sa.String(5)))", 1))
    form = sqlite.form(autogenerate=True)
    sqlite.models("1 / 0\n")
    press(form, "Look again")
    assert "ZeroDivisionError" in form.alert.value
    assert sqlite.ws.drawn_error is not None
    sqlite.models(ONE.replace("))", "), C('kind', sa.String(5)))", 1))
    press(form, "Look again")
    press(form, "Write")
    assert form.alert.value == ""


def test_closing_leaves_nothing_that_works(sqlite):
    sqlite.models(NEW)
    form = sqlite.form(autogenerate=True)
    form.close()
    form.wait()
    assert not form.work.is_going_on


def test_closing_in_the_middle_of_a_rehearsal_drops_its_copy(postgresql_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    story = Story(postgresql_url)
    story.day_one()
    story.move("op.execute('SELECT pg_sleep(60)')")
    before = databases(story)
    form = story.form("head")
    asleep = threading.Event()
    form.rehearse_button.click()
    while not asleep.is_set() and form.work.is_going_on:
        sleeping = story.query(SLEEPING) != [(0,)]
        asleep.set() if sleeping else asleep.wait(0.05)
    assert asleep.is_set()
    form.close()
    form.wait()
    assert not form.work.is_going_on
    assert databases(story) == before
    story.ws.close()


def test_hostile_names_are_text(sqlite):
    name = "<img src=x onerror=alert(1)>"
    with sqlite.ws.database.engine.begin() as connection:
        connection.exec_driver_sql(f'CREATE TABLE "{name}" (id INTEGER, "<script>" TEXT)')
        connection.exec_driver_sql(f"INSERT INTO \"{name}\" VALUES (1, '<b>bold')")
    form = sqlite.form(autogenerate=True)
    shown = html(form)
    assert "<img" not in shown
    assert "<script" not in shown
    assert not form.part.tick(f'drop table "{name}"').value


def test_the_state_holds_no_secret_and_little_of_it(postgresql_url, tmp_path, monkeypatch):
    hidden = "s3cret-w0rd"
    monkeypatch.chdir(tmp_path)
    story = Story(postgresql_url.replace("//postgres@", f"//postgres:{hidden}@"))
    story.day_one()
    story.move("raise RuntimeError(op.get_bind().engine.url.render_as_string(hide_password=False))")
    form = story.form("head")
    states = [str([each.get_state() for each in every(form)])]
    press(form, "Rehearse")
    press(form, "Apply")
    states.append(str([each.get_state() for each in every(form)]))
    assert "RuntimeError" in form.alert.value
    assert hidden in story.url
    assert all(hidden not in state and len(state) < 100_000 for state in (*states, str(story.kept)))
    story.ws.close()


def test_an_undone_review_shows_a_moved_result(sqlite):
    sqlite.move("op.add_column('evaluations', sa.Column('a', sa.Integer()))")
    form = sqlite.form("head")
    press(form, "Apply")
    assert "Reviewed" in sqlite.kept[-1]["text/plain"]
    assert isinstance(sqlite.ws.undo(yes=True), Moved)
