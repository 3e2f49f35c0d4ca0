"""Every key can be bound anew: each binding has an id, and its area a title."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import unbrick_tui
from unbrick_tui.bindings import AREAS, area


def owners(kind: type[DOMNode] = DOMNode) -> Iterator[type[DOMNode]]:
    """Every class of the application that binds keys itself."""
    for owner in kind.__subclasses__():
        if owner.__module__.startswith("unbrick_tui") and "BINDINGS" in owner.__dict__:
            yield owner
        yield from owners(owner)


for module in pkgutil.walk_packages(unbrick_tui.__path__, "unbrick_tui."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
OWNERS = sorted(set(owners()), key=lambda owner: owner.__name__)


@pytest.mark.parametrize("owner", OWNERS, ids=lambda owner: owner.__name__)
def test_every_binding_has_an_id_of_a_known_area(owner: type[DOMNode]) -> None:
    for binding in owner.__dict__["BINDINGS"]:
        assert isinstance(binding, Binding)
        assert binding.id, f"{owner.__name__}: {binding.key} has no id, so that nobody can bind it anew"
        assert area(binding) in AREAS.values(), f"{binding.id}: give its area a title in AREAS"


def test_an_id_means_one_thing() -> None:
    said: dict[str, str] = {}
    for owner in OWNERS:
        for binding in owner.__dict__["BINDINGS"]:
            assert said.setdefault(binding.id, binding.description) == binding.description, binding.id
