"""The Messages API's contract: what a request must hold to, in the API's own words (messages-api-rules)."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.api.estimate import block_tokens, estimate
from unbrick.api.lint import lint

__all__ = ["block_tokens", "estimate", "faults", "lint"]


def faults(value: object) -> Iterator[tuple[str, str, str]]:
    """What the contract refuses of one block: the rule's code, the place in the block, the API's words.

    Imports the contract only now: pydantic takes longer to load than most checks to run.
    """
    from unbrick.api.contract import faults

    return faults(value)
