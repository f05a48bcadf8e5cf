"""`{{expression}}` on a magic line."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_magics.commands.braces import read
from migration_magics.errors import UsageProblem

NAMES = {"x": "a b", "n": 3, "d": {"k": {"j": "}}"}}, "p": Path("a/b"), "o": object(), "none": None}


def filled(text):
    line = read(text, lambda expression: eval(expression, dict(NAMES)))  # noqa: S307 - as in a notebook
    return line.value(line.text)


@pytest.mark.parametrize(
    "text,result",
    [
        ("plain {x} $x", "plain {x} $x"),
        ("{{x}}", "a b"),
        ("-{{n}}:{{ x.upper() }}!", "-3:A B!"),
        ("{{ {'a': {'b': n}}['a']['b'] }}", "3"),
        ("{{ d['k']['j'] }}", "}}"),
        ("{{p}}", str(Path("a/b"))),
        ("}} {{n}} }}", "}} 3 }}"),
    ],
)
def test_an_expression_is_replaced_by_its_value(text, result):
    assert filled(text) == result


@pytest.mark.parametrize(
    "text,message,hint",
    [
        ("{{x", "never closed", "expression"),
        ("{{x +}}", "no Python expression", "{{name}}"),
        ("{{}}", "no Python expression", "{{name}}"),
        ("{{unknown}}", "NameError", ""),
        ("{{none}}", "is None", ""),
        ("{{o}}", "of type object", "%migrate connect o"),
    ],
)
def test_what_is_no_text_is_refused(text, message, hint):
    with pytest.raises(UsageProblem) as caught:
        filled(text)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_failing_expression_keeps_its_cause():
    with pytest.raises(UsageProblem) as caught:
        filled("{{1 / 0}}")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_without_an_evaluator_everything_is_literal():
    line = read("{{x}}", None)
    assert line.value(line.text) == "{{x}}"


def test_it_is_shown_as_it_was_typed():
    line = read("a{{ 1 / 0 }}b", eval)
    assert line.shown(line.text) == "a{{1 / 0}}b"
