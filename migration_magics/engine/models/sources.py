"""Models by name: a variable of the notebook or `package.module:attribute`, as the MetaData they are in."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm

from ...errors import ModelsProblem, NoModels
from .. import failures
from ..places import module_of
from ..workplace import workplace
from . import fresh
from .registry import missing_names, unique

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..project import Project

_USUAL = ("Base", "metadata", "target_metadata", "SQLModel")
_WANTED = "a declarative base, a MetaData, a registry, or a list of these"


def metadatas_of(value: object, name: str) -> tuple[sa.MetaData, ...]:
    """Return the MetaData that *value*, called *name*, stands for: a base or mapped class, a MetaData, a registry, a list.

    Raises ModelsProblem for anything else.
    """
    if isinstance(value, (list, tuple, set, frozenset)) and value:
        return unique(found for each in value for found in metadatas_of(each, name))
    found = value if isinstance(value, sa.MetaData) else getattr(value, "metadata", None)
    if not isinstance(found, sa.MetaData):
        raise ModelsProblem(
            f"{name} is a {type(value).__name__}, and models are {_WANTED}.",
            hint="--models Base, or package.module:Base",
        )
    return (found,)


def by_name(
    name: object, lookup: Callable[[str], object | None], project: Callable[[], Project]
) -> tuple[tuple[sa.MetaData, ...], str]:
    """Return the models called *name*, and in words what that is. *project* says from where modules are imported.

    Python code may give the models themselves instead of a name.
    Raises NoModels where there is nothing of that name, ModelsProblem where it is something else or does not import.
    """
    if not isinstance(name, str):
        return metadatas_of(name, "the value"), f"the {type(name).__name__} given"
    module, colon, attribute = name.partition(":")
    if not colon:
        first, *rest = name.split(".")
        value = lookup(first)
        for each in rest:
            value = getattr(value, each, None)
        if value is not None:
            return metadatas_of(value, name), f"the variable {name}"
        if not rest:
            raise NoModels(
                f"There is no variable {name!r}.",
                hint="--models takes a variable of the notebook or package.module:attribute; "
                "in Python code also what it is: models=Base",
            )
    return _imported(module, attribute, name, project()), name


def _imported(module: str, attribute: str, name: str, project: Project) -> tuple[sa.MetaData, ...]:
    with workplace(project):
        found = _attribute(_module(module), module, attribute)
        _require_mapped(found, name)
        return fresh.lasting(metadatas_of(found, name))


def _require_mapped(value: object, name: str) -> None:
    """Raise ModelsProblem for classes that import and do not map: a relationship to a class that nobody defines.

    Only where a base or a registry is given: a MetaData does not know its classes.
    """
    registry = value if isinstance(value, orm.registry) else getattr(value, "registry", None)
    if not isinstance(registry, orm.registry):
        return
    for missing, (class_, attribute) in missing_names(registry.mappers).items():
        raise ModelsProblem(
            f"The models of {name} do not fit together: {class_.__name__}.{attribute} refers to {missing}, "
            "and no model is called so.",
            hint=f"is the module of {missing} imported where {name} is defined?",
        )


def _module(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise _broken(module, error) from error
        raise NoModels(
            f"There is no module {error.name!r}.",
            hint="is it importable? prepend_sys_path in alembic.ini says from where",
        ) from error
    except (Exception, SystemExit) as error:
        raise _broken(module, error) from error


def _attribute(found: Any, module: str, attribute: str) -> Any:
    names = attribute.split(".") if attribute else [each for each in _USUAL if hasattr(found, each)][:1]
    if not names:
        raise NoModels(f"{module} has none of {', '.join(_USUAL[:3])}.", hint=f"say which: {module}:ATTRIBUTE")
    for each in names:
        if not hasattr(found, each):
            raise NoModels(f"{module} has no {'.'.join(names)}.", hint="name a base or a MetaData of it")
        found = getattr(found, each)
    return found


def _broken(module: str, error: BaseException) -> ModelsProblem:
    place = module_of(error, "")
    return ModelsProblem(
        f"{module} cannot be imported{f' ({place})' if place else ''}: {type(error).__name__}: {failures.words(error)}",
        hint="%migrate why shows the whole traceback",
    )
