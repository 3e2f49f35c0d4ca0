"""A session as the messages of a request body, in the form of the Messages API, that other programs read."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, BinaryIO

from unbrick.entry import Kind
from unbrick.export.content import What
from unbrick.formats import Format
from unbrick.printable import printable_json
from unbrick.record import compact
from unbrick.report import Report

_ROLES = {Kind.USER: "user", Kind.ASSISTANT: "assistant"}


def write(format_: Format, report: Report, what: What, file: BinaryIO) -> Generator[int, None, None]:
    """Write the messages that will be sent, or every message of the file as it is stored. Yields messages written.

    Nothing is cut or hidden, whatever `what` says: signatures stand for the exact words. What a terminal acts on is
    escaped, as JSON may.
    """
    head = {"model": report.target.model} if report.target.model else {}
    file.write(b"{" + printable_json(compact(head))[1:-1] + (b",\n" if head else b"\n") + b'"messages": [')
    messages = _stored(format_, report) if what.everything else report.situation.request.messages()
    for count, message in enumerate(messages, 1):
        file.write((b",\n" if count > 1 else b"\n") + printable_json(compact(message)))
        yield count
    file.write(b"\n]}\n")


def _stored(format_: Format, report: Report) -> Iterator[dict[str, Any]]:
    session = report.situation.session
    for row in range(len(session)):
        role = _ROLES.get(session.kind(row))
        if role is not None:
            yield {"role": role, "content": format_.blocks(session.value(row))}
