"""Blocks as a client reads them from the file when it sends them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from unbrick.entry import BlockFlag
from unbrick.formats.claude_code import records
from unbrick.formats.claude_code.behaviour import Behaviour
from unbrick.record import FaultKind, Json
from unbrick.request import Request
from unbrick.session import Session

_HALF = re.compile("[\ud800-\udfff]")
_CALL = {"type", "id", "name", "input"}


def reader(session: Session, traits: Behaviour, *, glance: bool = False) -> Callable[[int], list[dict[str, Any]]]:
    """Reads the blocks of a row, or has a glance at them; halves of surrogate pairs become U+FFFD in clients that clean
    them."""
    faults, of = session.scan.faults, session.glance if glance else session.of
    stored = records.blocks if traits.call_members_sent else _called

    def cleaned(value: Json) -> list[dict[str, Any]]:
        return [_clean(block) for block in stored(value)]

    def read(row: int) -> list[dict[str, Any]]:
        fault = faults.get(row)
        if fault is None or fault.kind is not FaultKind.SURROGATE:
            return of(row, stored)
        # A glance takes halves for what they are cleaned to.
        return of(row, cleaned) if traits.surrogates_cleaned else session.of(row, stored)

    return read


def _called(value: Json) -> list[dict[str, Any]]:
    """The blocks of a record, calls with the members that the API knows."""
    return [_bare(block) for block in records.blocks(value)]


def _bare(block: dict[str, Any]) -> dict[str, Any]:
    """A call with the members that the API knows; other blocks as they are."""
    if block.get("type") != "tool_use" or block.keys() <= _CALL:
        return block
    return {key: value for key, value in block.items() if key in _CALL}


def _clean(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return value


def mark_surrogates(session: Session, request: Request) -> None:
    """Flag the parts that hold half of a surrogate pair."""
    rows = {row for row, fault in session.scan.faults.items() if fault.kind is FaultKind.SURROGATE}
    if not rows:
        return
    for part, row in enumerate(request.row):
        if row in rows:
            try:
                json.dumps(request.piece(part), ensure_ascii=False).encode("utf-8")
            except UnicodeEncodeError:
                request.flags[part] |= BlockFlag.SURROGATE
