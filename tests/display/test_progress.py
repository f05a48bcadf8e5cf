"""One line says how far a move is."""

from __future__ import annotations

from migration_magics.display import progress_bundle


def test_it_names_what_runs_and_how_long_it_has_taken() -> None:
    shown = progress_bundle(2, 12, "ae10", "add status", 61.5)
    assert shown["text/plain"] == "2 of 12 revisions · ae10 add status · 1 min 2 s"
    assert "ae10" in shown["text/html"]


def test_rows_are_counted_as_rows() -> None:
    shown = progress_bundle(12_000, 1_000_000, "evaluations", "", 61.5, unit="row")
    assert shown["text/plain"] == "12,000 of about 1,000,000 rows · evaluations · 1 min 2 s"


def test_hostile_messages_stay_text() -> None:
    shown = progress_bundle(0, 1, "ae10", "<script>\x1b[31m", 2.0)
    assert "<script>" not in shown["text/html"]
    assert "\x1b" not in shown["text/plain"]
