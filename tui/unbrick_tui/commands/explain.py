"""`unbrick explain`: what a code means."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator

import click

from unbrick.catalogue import explanation, rule_of
from unbrick.errors import UsageError
from unbrick.rules import BY_CODE
from unbrick_tui.failures import FINE
from unbrick_tui.options import say

WIDEST = 100
"""Columns beyond which lines are hard to read."""


def complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Codes that begin like this, for the shell."""
    return [code for code in BY_CODE if code.startswith(incomplete.upper())]


@click.command()
@click.argument("code", shell_complete=complete)
def explain(code: str) -> int:
    """Explain a finding's CODE: what it means, what the API says to it, which clients it affects."""
    rule = rule_of(code.split("@")[0])
    if rule is None:
        raise UsageError(f"There is no rule {code}. The rules are: {', '.join(sorted(BY_CODE))}.")
    say(folded(explanation(rule, head="").rstrip(), min(shutil.get_terminal_size().columns, WIDEST)))
    return FINE


def folded(text: str, width: int) -> Iterator[str]:
    """Markdown as lines of at most so many columns where its words allow it, without the marks of code in a list."""
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ""
        items = re.split(r"\n(?=- )", paragraph)
        for item in items:
            plain = re.sub(r"`` (.*) ``$", r"\1", " ".join(item.split()))
            hang = "  " if item.startswith("- ") else ""
            yield from textwrap.wrap(
                plain, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False,
            )
