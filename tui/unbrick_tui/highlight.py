"""Code in colours, as far as its language is known; loads Pygments when there is code to show."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from unbrick_tui.prose import Rich, Run
from unbrick_tui.text import lines_of

if TYPE_CHECKING:
    from pygments.lexer import Lexer  # type: ignore[import-untyped]

_STYLES = (
    ("Token.Comment", "comment"), ("Token.Keyword", "keyword"), ("Token.Name.Tag", "name"),
    ("Token.Literal.String", "string"), ("Token.Literal.Number", "number"), ("Token.Name.Function", "name"),
    ("Token.Name.Class", "name"), ("Token.Name.Builtin", "name"), ("Token.Name.Decorator", "name"),
    ("Token.Generic.Inserted", "plus"), ("Token.Generic.Deleted", "minus"), ("Token.Generic.Heading", "head"),
    ("Token.Operator.Word", "keyword"),
)
"""Kinds of token, by the beginning of their name, and how they are painted."""


def highlighted(text: str, language: str = "", *, path: str = "", lead: str = "") -> Iterator[Rich]:
    """The lines of some code, coloured by its language or its file's name; plain where neither is known."""
    lexer = _lexer(language.lower(), path)
    if lexer is None:
        yield from (Rich((("plain", line),), lead, lead) for line in lines_of(text))
        return
    line: list[Run] = []
    for kind, part in lexer.get_tokens(text):
        style = _style(str(kind))
        first, *others = part.split("\n")
        line.append((style, first))
        for piece in others:
            yield Rich(tuple(line), lead, lead)
            line = [(style, piece)]
    if any(piece for _style_, piece in line):
        yield Rich(tuple(line), lead, lead)


@lru_cache(maxsize=64)
def _lexer(language: str, path: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name, get_lexer_for_filename  # type: ignore[import-untyped]
    from pygments.util import ClassNotFound  # type: ignore[import-untyped]

    how = {"stripnl": False, "ensurenl": False}
    try:
        return get_lexer_by_name(language, **how) if language else get_lexer_for_filename(path, **how) if path else None
    except ClassNotFound:
        return None


@lru_cache(maxsize=512)
def _style(kind: str) -> str:
    return next((style for prefix, style in _STYLES if kind.startswith(prefix)), "plain")
