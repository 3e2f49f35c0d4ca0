"""Open, judge and repair the transcripts of AI coding sessions, and the requests of programs that talk to models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unbrick.linting import Problem, lint

__all__ = ["Problem", "lint"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a function or a class
    """What a program may use, imported when it is asked for: the name of the package alone costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from unbrick import linting

    return getattr(linting, name)
