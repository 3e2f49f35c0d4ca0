"""The bindings of a screen, as its layers declare them."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding
from textual.dom import DOMNode


def bindings(owner: type[DOMNode]) -> Iterator[Binding]:
    """Bindings with a description, of a class and what it is made of here, the first layer first."""
    for layer in reversed(owner.__mro__):
        if layer.__module__.startswith("unbrick_tui"):
            for binding in layer.__dict__.get("BINDINGS", ()):
                if isinstance(binding, Binding) and binding.description:
                    yield binding
