"""Every form of env.py leaves the same database and the same trace, natively and lent, as the `alembic` command does."""

from __future__ import annotations

import pytest

from tests.support.cli import alembic
from tests.support.zoo import FORMS, build, left, opened, shape

SYNC = tuple(form for form in FORMS if not form.startswith("async_") or form == "async_anyio")
ASYNC = tuple(form for form in FORMS if form not in SYNC)
APP = {"app_engine"}


def sqlite(folder, form):
    folder.mkdir(exist_ok=True)
    driver = "sqlite+aiosqlite" if form in ASYNC else "sqlite"
    return f"{driver}:///{folder / 'data.db'}"


@pytest.mark.parametrize("form", [form for form in FORMS if form not in APP])
def test_native_lent_and_the_command_line_leave_the_same_database(form, tmp_path):
    urls = {name: sqlite(tmp_path / name, form) for name in ("cli", "native", "lent")}
    folders = {name: build(tmp_path / name, form, url) for name, url in urls.items() if name != "lent"}
    alembic(folders["cli"], "upgrade", "head")
    native = opened(folders["native"], urls["native"]).upgrade("head")
    lent = opened(folders["native"], urls["lent"]).upgrade("head")
    assert (native.trace.environment, lent.trace.environment) == ("native", "lent")
    assert left(urls["native"]) == left(urls["lent"]) == left(urls["cli"])
    assert shape(native.trace) == shape(lent.trace)
    assert native.after == lent.after == ("b2",)
    assert "runtimes filled" in native.trace.output
    assert "runtimes filled" in lent.trace.output
