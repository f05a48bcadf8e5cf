"""The package's own names."""

from __future__ import annotations

import importlib.metadata

import pytest

import migration_magics


def test_version_is_that_of_the_installed_package():
    assert migration_magics.__version__ == importlib.metadata.version("migration_magics")


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = migration_magics.nonsense
