"""What OpenAI's Responses API refuses of calls and their outputs, as its users report it (amplifier.md §4).

Where an output stands does not matter to it, thinking and empty texts do not either. Reasoning items that lack what
followed them are refused, too ("Item 'rs_…' of type 'reasoning' was provided without its required following item",
vercel/ai#7099); no client that is known here sends any from its transcript.
"""

from __future__ import annotations

from collections.abc import Iterator

from unbrick.api.chat import misnamed, too_long
from unbrick.entry import BlockFlag, BlockKind
from unbrick.request import Request
from unbrick.situation import Violation
from unbrick.target import Target

ID_LIMIT = 64
"""Characters of a call's id (AnswerDotAI/fastllm#45, decolua/9router#393)."""

_USE, _RESULT = int(BlockKind.TOOL_USE), int(BlockKind.TOOL_RESULT)


def unmatched(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """Calls without an output, and outputs of a call that does not stand before them. Strict endpoints want one output
    for each call (NousResearch/hermes-agent#102629)."""
    calls: dict[str, int] = {}
    answered: set[str] = set()
    for index, (kind, ref) in enumerate(zip(request.kind, request.refs, strict=True)):
        if ref is None:
            continue
        if kind == _USE:
            calls.setdefault(ref, index)
        elif kind == _RESULT:
            if ref not in calls:
                text = f"No tool call found for function call output with call_id {ref}."
                yield Violation("T002", *request.locate(index), text, ref)
            elif ref in answered and target.strict:
                text = (
                    f"Duplicate function_call_output for call_id '{ref}'. Each function_call must have exactly one "
                    "matching function_call_output"
                )
                yield Violation("T003", *request.locate(index), text, ref)
            answered.add(ref)
    for ref, index in calls.items():
        if ref not in answered:
            yield Violation("T001", *request.locate(index), f"No tool output found for function call {ref}.", ref)


def items(request: Request, target: Target, complete: bool) -> Iterator[Violation]:
    """Ids and names of calls. A message is one item of the input, and so is each of its calls and outputs."""
    item = -1
    before = -1
    for index, kind in enumerate(request.kind):
        message, block = request.locate(index)
        tool = kind in (_USE, _RESULT)
        item += tool or message != before
        before = -1 if tool else message
        if not tool:
            continue
        ref = request.refs[index]
        if ref is not None and len(ref) > ID_LIMIT:
            yield Violation("T007", message, block, too_long(f"input[{item}].call_id", ID_LIMIT, ref), ref)
        if kind == _USE and request.flags[index] & BlockFlag.BAD_NAME:
            said = misnamed(request.piece(index), f"input[{item}].name")
            if said is not None:
                yield Violation("T008", message, block, said, ref)


CHECKS = (unmatched, items)
