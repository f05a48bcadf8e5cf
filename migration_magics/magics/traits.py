"""`%config MigrateMagics`: one trait per field of `Settings`, made from it, so that the two cannot part."""

from __future__ import annotations

import ast
import inspect
import textwrap
import typing
from dataclasses import fields, replace
from typing import Any

from traitlets import Bool, CFloat, Float, Int, TraitType, Unicode

from ..settings import Settings


def with_settings(base: type) -> type:
    """Return a subclass of the configurable class *base* that has a trait per setting."""
    return type(base)("SettingTraits", (base,), _traits())


def _traits() -> dict[str, TraitType[Any, Any]]:
    """A configurable trait per setting, with its default and its documentation as help."""
    hints, helps = typing.get_type_hints(Settings), _documentation()
    made: dict[str, TraitType[Any, Any]] = {}
    for field in fields(Settings):
        kinds = typing.get_args(hints[field.name]) or (hints[field.name],)
        kind = {bool: Bool, int: Int, float: CFloat, str: Unicode}[next(k for k in kinds if k is not type(None))]
        allows_none = type(None) in kinds
        if kind is CFloat and allows_none:
            kind = Float  # CFloat would cast None
        trait: TraitType[Any, Any] = kind(field.default, allow_none=allows_none, help=helps.get(field.name, ""))
        made[field.name] = trait.tag(config=True)
    return made


def settings_of(owner: Any) -> Settings:
    """Return the settings that *owner*'s traits have now."""
    return replace(Settings(), **{field.name: getattr(owner, field.name) for field in fields(Settings)})


def vars_of(settings: Settings) -> dict[str, Any]:
    """Return the settings by name."""
    return {field.name: getattr(settings, field.name) for field in fields(Settings)}


def names() -> list[str]:
    """Return the names of all settings."""
    return [field.name for field in fields(Settings)]


def _documentation() -> dict[str, str]:
    """The string below each field of `Settings`: what it does."""
    body: Any = ast.parse(textwrap.dedent(inspect.getsource(Settings))).body[0]
    found: dict[str, str] = {}
    for node, after in zip(body.body, body.body[1:], strict=False):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and is_text:
            found[node.target.id] = str(after.value.value)
    return found
