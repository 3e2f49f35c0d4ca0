"""What an edit would change, told before it is done: in the conversation, in words and counts, and in bytes with the
changed part marked. The marks `[-gone-]{+new+}` say it without colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from unbrick.edit import Edit, Redact
from unbrick.finding import Fix
from unbrick.patch import Patch
from unbrick.record import END, FRAME
from unbrick.repair import Applied
from unbrick.report import Report
from unbrick.source import Source
from unbrick.telling import diff, wording
from unbrick.telling.consequence import consequence
from unbrick.telling.marks import Mark, marks
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.prose import Passage, Rich, Run
from unbrick_tui.text import count

MOST = 200
"""Changed lines that are shown as bytes."""


def conversation(
    before: Report, after: Report, glyphs: Glyphs, done: Iterable[Fix] = (),
) -> Iterator[Passage]:
    """The verdict before and after, and what changes of what is loaded, by which fixes where that is known."""
    old, _style = wording.verdict(before)
    new, style = wording.verdict(after)
    yield style, f"{old} {glyphs.arrow} {new}" if old != new else f"{new}, as before"
    for kind, sentence in consequence(before, after, done).lines():
        yield kind, f"  {sentence}"


def applied(done: Sequence[Applied]) -> Iterator[Passage]:
    """Several fixes by name, each with its price."""
    for number, one in enumerate(done, 1):
        yield "plain", f" {number}. {one.fix.title}: {one.fix.price}"


def in_bytes(source: Source, before: Patch, after: Patch, edits: Iterable[Edit] = ()) -> Iterator[Passage]:
    """The lines that one patch leaves otherwise than another, each change in its place. What was redacted is named by
    its place alone: the lines hold what is not to be shown."""
    found = changes(source, before, after)
    if redacts(edits):
        yield "plain", f"{', '.join(change.where for change in found[:MOST])}: redacted, and not shown here"
        return
    for change in found[:MOST]:
        for mark in marks(change):
            yield "dim", mark.where
            yield marked(mark)
    if len(found) > MOST:
        yield "dim", f"and {count(len(found) - MOST, f'more {source.unit}')}"


def redacts(edits: Iterable[Edit]) -> bool:
    """Whether edits take something out that is not to be shown."""
    return any(isinstance(edit, Redact) for edit in edits)


def changes(source: Source, before: Patch, after: Patch) -> list[diff.LineChange]:
    """The lines that differ between two patches, from what the first shows to what the second does."""
    found: list[diff.LineChange] = []
    for line in sorted({*before, *after}):
        old, new = before.get(line), after.get(line)
        if old == new:
            continue
        if line == FRAME:
            was, is_ = (b"".join(source.frame() if one is None else one) for one in (old, new))
            found.append(diff.LineChange(FRAME, was, (is_,), source.unit))
        elif line == END or old is not None:
            found += _parts(line, old or (), _pieces(source, line, new), source.unit)
        else:
            found += diff.changes(source, {line: _pieces(source, line, new)})
    return found


def _pieces(source: Source, line: int, pieces: tuple[bytes, ...] | None) -> tuple[bytes, ...]:
    if pieces is not None:
        return pieces
    return () if line == END else (source[line - 1],)


def _parts(line: int, old: tuple[bytes, ...], new: tuple[bytes, ...], unit: str) -> Iterator[diff.LineChange]:
    """What becomes of each piece that a patch has already put in the place of a line."""
    was = [piece.rstrip(b"\r\n") for piece in old]
    is_ = [piece.rstrip(b"\r\n") for piece in new]
    if len(was) == len(is_):
        yield from (diff.LineChange(line, a, (b,), unit) for a, b in zip(was, is_, strict=True) if a != b)
        return
    yield from (diff.LineChange(line, piece, (), unit) for piece in was if piece not in is_)
    fresh = tuple(piece for piece in is_ if piece not in was)
    if fresh:
        yield diff.LineChange(line, None, fresh, unit)


def marked(mark: Mark) -> Rich:
    """One change on one line: what goes between `[-` and `-]`, what comes between `{+` and `+}`."""
    runs: list[Run] = [("dim", mark.before)]
    if mark.gone:
        runs.append(("minus", f"[-{mark.gone}-]"))
    if mark.new:
        runs.append(("plus", f"{{+{mark.new}+}}"))
    runs.append(("dim", mark.behind))
    return Rich(tuple(runs), "  ", "  ")
