"""The transcript of a subagent as a workspace of its own, which is only read."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from unbrick.entry import BareEntry, Entry, Flag
from unbrick.formats import Format
from unbrick.held import Handed
from unbrick.record import Json
from unbrick.source import Source
from unbrick_tui.outline import Outline
from unbrick_tui.workspace import Result, Work, Workspace

_SIDE = int(Flag.SIDECHAIN)


class Whole:
    """A format whose records are all of the conversation, none a subagent's: for files that are one's own."""

    def __init__(self, format_: Format) -> None:
        self._format = format_

    def __getattr__(self, name: str) -> object:
        return getattr(self._format, name)

    def entry(self, value: Json) -> Entry:
        """What a record means to the subagent itself."""
        found = self._format.entry(value)
        return found._replace(flags=found.flags & ~_SIDE)

    def bare(self, value: Json) -> BareEntry:
        """The same without names."""
        return self.entry(value)


def opened(parent: Workspace, handed: Handed) -> Work[ReadOnly]:
    """Open one, in a thread: its disk may not answer. Called off meanwhile, it is closed again. Raises CannotReadError
    and OSError."""
    workspace = ReadOnly(parent, handed)
    try:
        yield 0
    except BaseException:
        workspace.close()
        raise
    return workspace


class ReadOnly(Workspace):
    """The transcript of a subagent. It is judged as a conversation of its own; nothing is offered to mend it, since
    nothing of it is sent when the session goes on."""

    def __init__(self, parent: Workspace, work: Handed) -> None:
        source = Source.open(work.path)
        format_ = cast("Format", Whole(parent.format))
        bundle = format_.bundle(format_.frame(source) or source)
        target = parent.outline.report.target if parent.outline is not None else None
        super().__init__(
            format_, bundle, target=target, surroundings=parent.surroundings, clock=parent.clock, glyphs=parent.glyphs,
        )
        self.work = work

    def check(self) -> Work[Result]:
        """Judge it, without ways to mend it; nobody resumes it, and nothing of it is sent."""
        result = yield from super().check()
        report = result.outline.report
        found = tuple(replace(finding, fixes=(), advice=()) for finding in report.findings)
        outline = Outline.of(replace(report, findings=found))
        return Result(replace(outline, start=None, sent=False))
