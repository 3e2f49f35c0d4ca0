"""What OpenAI's Responses API refuses of calls and their outputs, as its users report it (amplifier.md §4). Where an
output stands does not matter to it, thinking and empty texts do not either; what else it refuses is not known here."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.entry import BlockKind
from unbrick.request import Request
from unbrick.situation import Violation

API = "openai-responses"


def unmatched(request: Request) -> Iterator[Violation]:
    """Calls without an output, and outputs of a call that does not stand before them."""
    use, result = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)
    calls: dict[str, int] = {}
    answered: set[str] = set()
    for index, (kind, ref) in enumerate(zip(request.kind, request.refs, strict=True)):
        if ref is None:
            continue
        if kind == use:
            calls.setdefault(ref, index)
        elif kind == result:
            answered.add(ref)
            if ref not in calls:
                text = f"No tool call found for function call output with call_id {ref}."
                yield Violation("T002", *request.locate(index), text, ref)
    for ref, index in calls.items():
        if ref not in answered:
            yield Violation("T001", *request.locate(index), f"No tool output found for function call {ref}.", ref)
