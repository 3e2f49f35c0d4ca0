"""The bindings of a screen, as its layers declare them. An id is `area.action`; it never changes, keys may."""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Protocol, runtime_checkable

from textual import events
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from unbrick_tui import screens, widgets

AREAS = {
    "act": "Acting", "edits": "Edits", "keep": "Keeping", "find": "Finding", "filter": "Filters", "go": "Going",
    "look": "Looking", "copy": "Copying", "timeline": "Moving", "app": "unbrick", "pick": "Sessions",
    "preview": "Preview", "write": "Writing", "cut": "Cutting", "list": "Lists", "text": "Texts", "record": "Record",
    "request": "Request", "review": "Review", "prove": "Proof", "chart": "Chart", "export": "Sharing",
    "dialog": "Dialogs", "path": "Dialogs", "help": "Help", "error": "Error",
}
"""What the part of an id before the dot stands for, in the order of the help."""


@runtime_checkable
class TakesKeys(Protocol):
    """A screen to which keys may mean something else than what they are bound to."""

    async def typed(self, event: events.Key) -> bool:
        """Whether a key was taken, before its bindings are looked at."""


HELP = Binding(
    "question_mark,f1", "app.help", "help", show=False, key_display="?", tooltip="these keys", id="app.help",
)
"""For dialogs, which the application's own keys do not reach."""


_OFFERED = {
    "f": "act.fix", "F": "act.fix-all", "p": "look.problems", "w": "keep.save", "b": "keep.back-up", "u": "act.undo",
    "R": "act.read-again", "q": "app.leave",
}
"""The keys that a line of a session offers, or a sentence names, and their actions."""


_NAMES = {
    "question_mark": "?", "slash": "/", "percent_sign": "%", "left_square_bracket": "[", "ampersand": "&",
    "right_square_bracket": "]", "escape": "esc", "pagedown": "page down", "pageup": "page up",
    "exclamation_mark": "!", "greater_than_sign": ">", "less_than_sign": "<", "plus": "+", "minus": "-",
    "equals_sign": "=", "full_stop": ".", "comma": ",", "colon": ":", "semicolon": ";", "asterisk": "*",
}
"""What people call keys."""


def shown(key: str) -> str:
    """What people call a key."""
    return _NAMES.get(key.strip(), key.strip())


def told(node: DOMNode, sentence: str, **ids: str) -> str:
    """A sentence that names keys, with those that the person has in their place; `ids` says which binding a key that
    the sentence names is of: `told(self, "esc goes back", esc="dialog.back")`."""
    keymap: Mapping[str, str] = getattr(getattr(node.app, "settings", None), "keys", {})
    for name, id_ in ids.items():
        if id_ in keymap:
            parts = re.split(rf"(?<!\w){re.escape(name)}(?= [a-z])", sentence)
            sentence = shown(keymap[id_].split(",")[0]).join(parts)
    return sentence


def called(keymap: Mapping[str, str]) -> dict[str, str]:
    """Offered keys in whose place the person has another: what to show for each, the first where there are several."""
    return {key: shown(keymap[name].split(",")[0]) for key, name in _OFFERED.items() if keymap.get(name)}


def area(binding: Binding) -> str:
    """The title of what a binding belongs to."""
    return AREAS.get((binding.id or "").partition(".")[0], "")


def bindings(owner: type[DOMNode]) -> Iterator[Binding]:
    """Bindings with a description, of a class and what it is made of here, the first layer first."""
    for layer in reversed(owner.__mro__):
        if layer.__module__.startswith("unbrick_tui"):
            for binding in layer.__dict__.get("BINDINGS", ()):
                if isinstance(binding, Binding) and binding.description:
                    yield binding


def owners(kind: type[DOMNode] = DOMNode) -> Iterator[type[DOMNode]]:
    """Every class of the application that binds keys itself, once its module is loaded."""
    for owner in kind.__subclasses__():
        if owner.__module__.startswith("unbrick_tui") and "BINDINGS" in owner.__dict__:
            yield owner
        yield from owners(owner)


@cache
def ids() -> dict[str, Binding]:
    """Every id that there is, with what is bound to it unless the person says otherwise."""
    for package in (screens, widgets):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("unbrick_tui.app")
    bound = (binding for owner in owners() for binding in owner.__dict__["BINDINGS"] if isinstance(binding, Binding))
    return {binding.id: binding for binding in bound if binding.id}


_MODIFIERS = {"ctrl", "alt", "shift", "super", "meta", "hyper"}
_NAMED = {*(key.value for key in Keys), *KEY_NAME_REPLACEMENTS.values(), "space"}


def is_key(name: str) -> bool:
    """Whether a key can be called that: `x`, `ctrl+x`, `question_mark`, `?`."""
    *modifiers, key = name.split("+") if name != "+" else [name]
    if not set(modifiers) <= _MODIFIERS or not key:
        return False
    if len(key) == 1 or key in _NAMED:
        return True
    try:
        unicodedata.lookup(key.replace("_", " ").upper())
    except KeyError:
        return False
    return True
