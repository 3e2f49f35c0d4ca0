"""Every key can be bound anew: each binding has an id, and its area a title."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen

import unbrick_tui
from unbrick_tui.bindings import _OFFERED, AREAS, area, bindings, called, ids, is_key, owners, told
from unbrick_tui.screens.help import HelpScreen
from unbrick_tui.screens.session import SessionScreen

ids()
OWNERS = sorted(set(owners()), key=lambda owner: owner.__name__)


@pytest.mark.parametrize("owner", OWNERS, ids=lambda owner: owner.__name__)
def test_every_binding_has_an_id_of_a_known_area(owner: type[DOMNode]) -> None:
    for binding in owner.__dict__["BINDINGS"]:
        assert isinstance(binding, Binding)
        assert binding.id, f"{owner.__name__}: {binding.key} has no id, so that nobody can bind it anew"
        assert area(binding) in AREAS.values(), f"{binding.id}: give its area a title in AREAS"


MODAL = [owner for owner in OWNERS if issubclass(owner, ModalScreen) and owner is not HelpScreen]


@pytest.mark.parametrize("owner", MODAL, ids=lambda owner: owner.__name__)
def test_help_stands_on_every_dialog(owner: type[ModalScreen[object]]) -> None:
    """What stands behind a dialog, the application included, gets no keys."""
    assert any(binding.action == "app.help" for binding in owner.__dict__["BINDINGS"])


def test_an_id_means_one_thing() -> None:
    said: dict[str, str] = {}
    for owner in OWNERS:
        for binding in owner.__dict__["BINDINGS"]:
            assert said.setdefault(binding.id, binding.description) == binding.description, binding.id


KEYS = [("x", True), ("?", True), ("ctrl+x", True), ("question_mark", True), ("f5", True), ("+", True), ("", False),
        ("ctlr+x", False), ("enterr", False)]


@pytest.mark.parametrize(("name", "known"), KEYS)
def test_what_a_key_is_called(name: str, known: bool) -> None:
    assert is_key(name) is known


def test_a_key_in_the_place_of_another_is_the_one_that_is_offered() -> None:
    assert called({}) == {}
    assert called({"act.fix": "z,ctrl+f", "act.cut": "x"}) == {"f": "z"}


def test_every_key_that_can_be_offered_is_one_of_a_session() -> None:
    keys = {binding.id: binding.key for binding in bindings(SessionScreen)}
    assert all(keys[name] == key for key, name in _OFFERED.items())


async def test_sentences_name_the_keys_that_are_bound() -> None:
    class Rebound(App[None]):
        settings = SimpleNamespace(keys={"dialog.back": "f9,x", "filter.narrow": "question_mark"})

    async with Rebound().run_test() as pilot:
        node = pilot.app
        assert told(node, "enter chooses, esc goes back", esc="dialog.back") == "enter chooses, f9 goes back"
        assert told(node, "/ narrows, / or", **{"/": "filter.narrow"}) == "? narrows, ? or"
        assert told(node, "esc goes back, descent", esc="path.back") == "esc goes back, descent"


SOURCES = sorted(Path(unbrick_tui.__file__).parent.rglob("*.py"))
SAYING = [path for path in SOURCES if "told(" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", SAYING, ids=lambda path: path.stem)
def test_sentences_name_bindings_that_are_there(path: Path) -> None:
    named = re.findall(r'(?:=|: )"([a-z]+\.[a-z-]+)"', path.read_text("utf-8"))
    assert {name for name in named if name.split(".")[0] in AREAS} <= ids().keys()
