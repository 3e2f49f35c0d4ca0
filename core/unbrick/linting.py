"""Judging a request in the program that is about to send it: Python values in, problems out; no file, no client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from unbrick.finding import Finding, Severity
from unbrick.formats.table import FORMATS
from unbrick.jsonspan import Pointer
from unbrick.opening import Choices, Opened, examine
from unbrick.record import compact
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.target import NOWHERE
from unbrick.telling.json_report import pointer


@dataclass(frozen=True)
class Problem:
    """One thing that an API refuses of a request, or that is fragile in it.

    `code` and `name` are the rule's (docs/rules.md), `severity` is `error` or `warning`, `pointer` an RFC 6901 JSON
    pointer into the value that was given (empty: the whole), `message` a sentence, `api_error` the API's own where it
    is refused.
    """

    code: str
    name: str
    severity: str
    pointer: str
    message: str
    api_error: str | None = None


def lint(request: object, *, model: str | None = None, strict: bool = False) -> tuple[Problem, ...]:
    """The problems of a request body, or of a list of messages, as Python values; none where the API takes it.

    Messages may be in the form of Anthropic's Messages API or of OpenAI's Chat Completions API, and may hold what the
    SDKs give back (objects with `model_dump`). `model` stands in for the body's own; `strict` adds what only strict
    endpoints refuse: two messages of one role in a row, a first message that is not the user's. Reads and writes no
    file, and raises nothing: what JSON cannot hold is a problem.
    """
    strange: list[Problem] = []
    try:
        value = _plain(request, (), strange)
    except RecursionError:
        return (_unfit((), "it holds itself, or is nested too deeply for JSON"),)
    if strange:
        return tuple(strange)
    messages = value.get("messages") if isinstance(value, dict) else value
    if not isinstance(messages, list):
        return (_unfit((), "it is neither a list of messages nor a body with a list called messages"),)
    # The messages first: so the beginning of the document tells what it is, however long the rest.
    body = {"messages": messages, **value} if isinstance(value, dict) else messages
    try:
        return tuple(_judged(compact(body), Choices(model=model, strict=strict, surroundings=False, environ={})))
    except RecursionError:
        return (_unfit((), "it is nested too deeply for JSON"),)


def _judged(data: bytes, choices: Choices) -> Iterator[Problem]:
    with Source.of(data, "request.json") as source:
        for format_ in FORMATS:
            framed = format_.frame(source)
            if framed is not None:
                report = finish(examine(Opened(format_, format_.bundle(framed), NOWHERE, choices)))
                yield from (_problem(one) for one in report.findings if one.severity is not Severity.INFO)
                return


def _problem(found: Finding) -> Problem:
    return Problem(
        found.code, found.name, found.severity.value, pointer(found.document), found.message, found.api_error
    )


def _plain(value: Any, at: Pointer, strange: list[Problem]) -> Any:  # noqa: ANN401 - whatever a caller gives
    """A value as JSON holds it. What it cannot hold is noted, and None stands in its place."""
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                strange.append(_unfit(at, f"the name of a member is {_what(key)}, and JSON knows only text there"))
        return {str(key): _plain(part, (*at, str(key)), strange) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, (*at, index), strange) for index, part in enumerate(value)]
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        try:
            return _plain(dump(mode="json", exclude_unset=True), at, strange)
        except RecursionError:
            raise
        except Exception as error:
            strange.append(_unfit(at, f"its model_dump() fails with {type(error).__name__}"))
            return None
    strange.append(_unfit(at, f"it is {_what(value)}, which JSON cannot hold"))
    return None


def _what(value: object) -> str:
    return str(value) if isinstance(value, float) else f"of the Python type {type(value).__name__}"


def _unfit(at: Pointer, message: str) -> Problem:
    return Problem("J013", "flawed-document", Severity.ERROR.value, pointer(at), message)
