"""What all results share."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..model.plain import plain

if TYPE_CHECKING:
    import pandas
    import polars


@dataclass(frozen=True, slots=True)
class Result:
    """What all results share. A subclass says its table in `records`.

    *protected* is the name of the connection that the command used, where that is a protected one; *elsewhere* is its
    name where another one is in use (`--on`).
    """

    protected: str = field(default="", kw_only=True)
    elsewhere: str = field(default="", kw_only=True)
    is_about_one_connection: ClassVar[bool] = True
    """So that it says when that is a protected one; the others say it of each, or are about none."""

    def records(self) -> list[dict[str, Any]]:
        """The result as a table: one dictionary per row, the same keys in each, in the order shown; may be empty."""
        raise NotImplementedError  # pragma: no cover - every result has its own

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-ready data: dictionaries, lists, strings, numbers, booleans and None."""
        return dict(plain(self))

    def to_frame(self) -> pandas.DataFrame:
        """Return `records` as a DataFrame, complete whatever the display limit; pandas is imported here."""
        import pandas

        frame: pandas.DataFrame = pandas.DataFrame(self.records())
        return frame

    def to_polars(self) -> polars.DataFrame:
        """Return `records` as a DataFrame of polars, which is imported here; what is no plain value is JSON text."""
        import polars

        rows = [{name: _flat(value) for name, value in row.items()} for row in self.records()]
        return polars.DataFrame(rows, infer_schema_length=None, strict=False)

    def __str__(self) -> str:
        from ..display import text  # the one lazy import upward: see design section 4

        return text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from ..display import bundle

        return bundle(self)

    def _mime_(self) -> tuple[str, str]:
        """What marimo shows: it asks for this before anything of Jupyter's."""
        return "text/html", self._repr_mimebundle_()["text/html"]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def _flat(value: Any) -> Any:
    """*value* as a column of one type can hold it beside others."""
    is_nested = isinstance(value, dict) or (
        isinstance(value, (list, tuple)) and not all(isinstance(each, str) for each in value)
    )
    return json.dumps(plain(value), ensure_ascii=False) if is_nested else value
