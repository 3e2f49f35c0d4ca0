"""What a patch changes, in words and in bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from unbrick.patch import Patch
from unbrick.printable import around, printable, shorten
from unbrick.record import END, FRAME, compact, read
from unbrick.source import Source
from unbrick.telling.json_report import pointer

CONTEXT = 160
STEP = 1 << 12
"""Characters that are compared at once."""
NOWHERE: Mapping[str, int] = {}


class ValueChange(NamedTuple):
    """One JSON value that differs: an RFC 6901 pointer and both spellings, None where there is no value."""

    pointer: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class LineChange:
    """What becomes of one line: `before` its bytes without terminator (None when `line` is END, for lines
    appended), `after` the lines that stand in its place. A line that only got company is `kept`. `unit` says what
    counts as a line of this file."""

    line: int
    before: bytes | None
    after: tuple[bytes, ...]
    unit: str = "line"

    @property
    def kept(self) -> bool:
        """Whether the original line is among the new ones, byte for byte."""
        return self.before is not None and self.before in self.after

    @property
    def inserted(self) -> tuple[bytes, ...]:
        """Lines that are new beside a kept or rewritten line, or appended."""
        if self.before is None:
            return self.after
        if not self.kept:
            return self.after[1:]
        index = self.after.index(self.before)
        return self.after[:index] + self.after[index + 1 :]

    @property
    def rewritten(self) -> bool:
        """Whether the first new line is the original record with changed values."""
        if self.before is None or self.kept or not self.after:
            return False
        old, new = read(self.before)[0], read(self.after[0])[0]
        return old is not None and new is not None and old.get("uuid") == new.get("uuid")

    def values(self) -> list[ValueChange]:
        """The values that differ between the original record and the rewritten one."""
        if not self.rewritten or self.before is None:
            return []
        return list(compare(read(self.before)[0], read(self.after[0])[0]))

    @property
    def where(self) -> str:
        """`line 214`, `end`, or what stands around the records of a document."""
        if self.line == FRAME:
            return f"around the {self.unit}s"
        return "end" if self.line >= END else f"{self.unit} {self.line:,}"

    def words(self, moved: Mapping[str, int] = NOWHERE) -> Iterator[str]:
        """What happens here, a sentence each. `moved` says from which lines records came (see `moves`)."""
        if self.before is not None and not self.after:
            if _uuid(self.before) not in moved:
                yield f"{self.where}: removed ({describe(self.before)})"
        elif self.rewritten:
            names = [printable(change.pointer) or "/" for change in self.values()]
            shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
            what = "" if self.line == FRAME else f" ({describe(self.before or b'')})"
            yield f"{self.where}: {shown or 'spelling'} changed{what}"
        elif self.before is not None and not self.kept:
            yield f"{self.where}: {describe(self.before)}, replaced by {describe(self.after[0])}"
        place = "at the end" if self.line >= END else f"behind {self.unit} {self.line:,}"
        if self.before is not None and self.kept and self.after[-1] == self.before:
            place = f"before {self.unit} {self.line:,}"
        for raw in self.inserted:
            origin = moved.get(_uuid(raw) or "")
            said = "added" if origin is None else f"moved here from {self.unit} {origin:,}"
            yield f"{place}: {said} ({describe(raw)})"


def moves(found: Iterable[LineChange]) -> dict[str, int]:
    """Id → line of the records that a patch takes out in one place and puts back in another."""
    found = list(found)
    gone = {uuid: c.line for c in found if c.before and not c.after and (uuid := _uuid(c.before)) is not None}
    new = {_uuid(raw) for change in found for raw in change.inserted}
    return {uuid: line for uuid, line in gone.items() if uuid in new}


def changes(source: Source, patch: Patch) -> list[LineChange]:
    """The lines that a patch touches, in file order, without those it leaves as they are."""
    found = []
    for line in sorted(patch):
        before = None if line >= END else source[line - 1].rstrip(b"\r\n")
        after = tuple(piece.rstrip(b"\r\n") for piece in patch[line])
        if line == FRAME:
            before, after = b"".join(source.frame()), (b"".join(patch[line]),)
        if after != ((before,) if before is not None else ()):
            found.append(LineChange(line, before, after, source.unit))
    return found


def _uuid(raw: bytes) -> str | None:
    value, _fault = read(raw)
    uuid = None if value is None else value.get("uuid")
    return uuid if isinstance(uuid, str) else None


def describe(raw: bytes) -> str:
    """A record in a few words: its type, what its blocks are, and how its text begins."""
    value, _fault = read(raw)
    if value is None:
        return f"{len(raw):,} bytes that are no record"
    kind = value.get("type") or value.get("role") or "record"
    subtype = value.get("subtype")
    words = f"{kind} {subtype}" if isinstance(subtype, str) else str(kind)
    message = value.get("message", value)
    content = message.get("content") if isinstance(message, dict) else None
    text = content if isinstance(content, str) else ""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        names = [str(part.get("type", "?")) for part in parts]
        counted = [f"{names.count(name)} {name}" for name in dict.fromkeys(names) if name != "text"]
        words += ": " + ", ".join(counted) if counted else ""
        text = next((str(part.get("text")) for part in parts if part.get("type") == "text"), "")
    if text:
        words += f" “{shorten(' '.join(text[:400].split()), 60)}”"
    return printable(words)[:CONTEXT]


def compare(before: object, after: object, path: tuple[str | int, ...] = ()) -> Iterator[ValueChange]:
    """The smallest values that differ between two JSON values, with their pointers."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if key not in after:
                yield ValueChange(pointer((*path, key)), _text(before[key]), None)
            elif key not in before:
                yield ValueChange(pointer((*path, key)), None, _text(after[key]))
            else:
                yield from compare(before[key], after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from compare(old, new, (*path, index))
    elif before != after or type(before) is not type(after):
        yield ValueChange(pointer(path), _text(before), _text(after))


def _text(value: object) -> str:
    return compact(value).decode("utf-8", "replace")


def difference(before: str, after: str) -> tuple[int, int, int]:
    """Where two texts begin to differ, and the end of the differing part in each."""
    start, limit = 0, min(len(before), len(after))
    while start < limit and before[start : start + STEP] == after[start : start + STEP]:
        start += STEP
    start = min(start, limit)
    while start < limit and before[start] == after[start]:
        start += 1
    end = 0
    was, is_ = len(before), len(after)
    while end + STEP <= limit - start and before[was - end - STEP : was - end] == after[is_ - end - STEP : is_ - end]:
        end += STEP
    while end < limit - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return start, was - end, is_ - end


def lines(change: LineChange, width: int = CONTEXT) -> list[str]:
    """A change as lines with `-` and `+` in front; long ones are abbreviated around what differs."""

    def plain(raw: bytes) -> str:
        return raw.decode("utf-8", "replace")

    shown: list[str] = [f"@@ {change.where} @@"]
    if change.rewritten and change.before is not None:
        old, new = plain(change.before), plain(change.after[0])
        start, old_end, new_end = difference(old, new)
        shown.append("-" + printable(around(old, start, old_end, width)))
        shown.append("+" + printable(around(new, start, new_end, width)))
        values = change.values()
        if len(values) > 1 or max(old_end, new_end) - start > width:
            for value in values[:8]:
                before = "(none)" if value.before is None else _clip(value.before, width // 3)
                after = "(none)" if value.after is None else _clip(value.after, width // 3)
                shown.append(f"    {printable(value.pointer)}: {before} → {after}")
    elif change.before is not None and not change.kept:
        shown.append("-" + _beginning(change.before, width))
        shown += ["+" + _beginning(raw, width) for raw in change.after[:1]]
    shown += ["+" + _beginning(raw, width) for raw in change.inserted]
    return shown


def _beginning(raw: bytes, width: int) -> str:
    """How a line begins; of a long one no more is decoded than is shown."""
    return _clip(raw[: 4 * width + 4].decode("utf-8", "replace"), width)


def _clip(text: str, width: int) -> str:
    return printable(shorten(text, width))


def count(found: list[LineChange], source: Source) -> str:
    """How much a patch of a source changes, in one sentence."""
    total, unit = len(source), source.unit
    removed = sum(c.before is not None and not c.after for c in found)
    changed = sum(c.before is not None and bool(c.after) and not c.kept and c.line != FRAME for c in found)
    added = sum(len(c.inserted) for c in found)
    said = [
        text for number, text in (
            (changed, f"{changed:,} changed"), (added, f"{added:,} added"), (removed, f"{removed:,} removed"),
            (any(c.line == FRAME for c in found), f"what stands around the {unit}s changed"),
        ) if number
    ]
    kept = total - removed - changed
    return f"{', '.join(said) or f'no {unit}s touched'}; {kept:,} of {total:,} {unit}s keep their bytes."
