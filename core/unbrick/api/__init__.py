"""What a request must hold to, in the words of the API that it goes to."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.api.contracts import CONTRACTS, lint
from unbrick.api.estimate import block_tokens, estimate

__all__ = ["CONTRACTS", "block_tokens", "estimate", "faults", "lint"]


def faults(value: object) -> Iterator[tuple[str, str, str]]:
    """What the Messages API refuses of one block: the rule's code, the place in the block, the API's words.

    Imports the contract only now: pydantic takes longer to load than most checks to run.
    """
    from unbrick.api.contract import faults

    return faults(value)
