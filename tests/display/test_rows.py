"""What is said of the rows of a table, above what is said of its columns."""

from __future__ import annotations

import pytest

from migration_magics.display.view import View
from migration_magics.display.views.rehearse import row_diff
from migration_magics.model.rowdiff import ColumnChange, RowDiff
from migration_magics.settings import Settings

ONE = ColumnChange("n", 1, 1, presence="dropped")
MANY = ColumnChange("ms", 1204, 1204, presence="dropped")
NONE = ColumnChange("empty", 0, presence="dropped")


@pytest.mark.parametrize(
    "diff, said",
    [
        (RowDiff("a", unchanged=1), ["no row changed"]),
        (RowDiff("a", unchanged=1, columns=(NONE,)), ["no row changed"]),
        (RowDiff("a", unchanged=1, columns=(ONE,)), ["1 value dropped with n"]),
        (RowDiff("a", unchanged=1204, columns=(MANY, NONE)), ["1,204 values dropped with ms"]),
        (RowDiff("a", unchanged=1204, columns=(ONE, MANY)), ["1 value dropped with n", "1,204 values dropped with ms"]),
        (RowDiff("a", updated=3, unchanged=1, columns=(ONE,)), ["3 of 4 updated", "1 value dropped with n"]),
        (
            RowDiff("a", unchanged=1, columns=(*(ColumnChange(c, 2, 2, presence="dropped") for c in "bcde"), NONE)),
            [*(f"2 values dropped with {c}" for c in "bcd"), "and values of 1 more column"],
        ),
    ],
)
def test_values_that_went_with_a_column_are_not_called_no_change(diff: RowDiff, said: list[str]) -> None:
    (view,) = row_diff(diff, Settings())
    assert isinstance(view, View)
    assert [chip.text for chip in view.chips] == said
