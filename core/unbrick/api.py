"""The Messages API's contract: what a request must hold to, in the API's own words (messages-api-rules)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.request import Request
from unbrick.situation import Violation
from unbrick.target import Target


def lint(request: Request, target: Target) -> Iterator[Violation]:
    """Everything in a request that the API refuses, in order."""
    yield from ()


def estimate(request: Request) -> int:
    """Estimated input tokens of the messages."""
    return 0
