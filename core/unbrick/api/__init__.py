"""The Messages API's contract: what a request must hold to, in the API's own words (messages-api-rules)."""

from __future__ import annotations

from unbrick.api.estimate import block_tokens, estimate
from unbrick.api.lint import lint

__all__ = ["block_tokens", "estimate", "lint"]
