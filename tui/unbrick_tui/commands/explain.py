"""`unbrick explain`: what a code means."""

from __future__ import annotations

import click

from unbrick.catalogue import explanation, rule_of
from unbrick.errors import UsageError
from unbrick.rules import BY_CODE
from unbrick_tui.failures import FINE
from unbrick_tui.options import say


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
    say([explanation(rule, head="").rstrip()])
    return FINE
