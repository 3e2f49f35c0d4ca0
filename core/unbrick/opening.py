"""From what a person types to an open session: a path, a folder, a session id or a part of one, `-`."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from unbrick.bundle import Bundle
from unbrick.check import choose_target, judging
from unbrick.disk import is_dir
from unbrick.errors import (
    AmbiguousError,
    CannotReadError,
    NotATranscriptError,
    NotFoundError,
    SourceChangedError,
    UnbrickError,
    UsageError,
)
from unbrick.foreign import foreign
from unbrick.formats import Format
from unbrick.formats.table import FORMATS, recognise
from unbrick.patch import EMPTY, Patch, View
from unbrick.record import Json, cut_out, glance
from unbrick.report import Report
from unbrick.scanning.scan import scan
from unbrick.session import Session, link
from unbrick.source import Source, stdin_source
from unbrick.target import NOWHERE, Surroundings, Target, Version

STDIN = "-"
HEAD = 64
"""So many readable records decide the format."""
ENOUGH = 1 << 24
"""Or fewer, once they have so many bytes: they are held together."""


@dataclass(frozen=True)
class Choices:
    """What the person decides about the judgement: client (a version, `installed` or `recorded`), model, strict,
    the client's configuration folder, whether configuration and environment are looked at, and the way to resume."""

    client: str | None = None
    model: str | None = None
    strict: bool = False
    config_dir: Path | None = None
    surroundings: bool = True
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    way: str | None = None
    format: str | None = None

    def version(self) -> Version | str | None:
        """The client as `choose_target` takes it. Raises UsageError for what is neither a version nor a word."""
        if self.client is None or self.client in ("installed", "recorded"):
            return self.client
        try:
            return Version.parse(self.client)
        except ValueError:
            raise UsageError(
                f"--client takes a version such as 2.1.139, `installed` or `recorded`, not {self.client!r}."
            ) from None


@dataclass(frozen=True)
class Opened:
    """A session that is open: its format, its files and what surrounds them."""

    format: Format
    bundle: Bundle
    surroundings: Surroundings
    choices: Choices

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _place: object) -> None:
        """Close the file. Raises SourceChangedError when it was rewritten while it was read: then nothing that was
        said of it holds, and a failure of our own comes from that."""
        main = self.bundle.main
        torn = not main.file.closed and not main.private and not main.intact()
        main.close()
        if torn and (error is None or (isinstance(error, Exception) and not isinstance(error, UnbrickError | OSError))):
            raise SourceChangedError(
                f"{main.path} was rewritten while it was read, so what was said of it may be wrong. Do this again."
            ) from error

    def target(self, session: Session) -> Target:
        """The target to judge for. Raises UsageError when the choice cannot be met."""
        choices = self.choices
        try:
            return choose_target(
                self.format, session, self.surroundings,
                client=choices.version(), model=choices.model, strict=choices.strict, way=choices.way,
            )
        except ValueError as error:
            raise UsageError(f"{error}.") from error


def examine(opened: Opened, patch: Patch = EMPTY) -> Generator[int, None, Report]:
    """Judge an open session as a patch leaves it, for the target that the person chose. Yields rows read so far."""
    scanned = yield from scan(View(opened.bundle.main, patch), opened.format.bare)
    session = link(scanned)
    return (yield from judging(opened.format, opened.bundle, session, opened.target(session), opened.surroundings))


def open_word(word: str, choices: Choices, cwd: Path) -> Opened:
    """Open what a person typed. Raises NotFoundError, AmbiguousError, CannotReadError or NotATranscriptError."""
    if word == STDIN:
        return open_source(stdin_source(), choices)
    return open_source(Source.open(resolve(word, choices, cwd)), choices)


def open_source(source: Source, choices: Choices) -> Opened:
    """Take a file that is open for a session. Raises NotATranscriptError when no format knows it, and CannotReadError;
    the file is closed then."""
    try:
        return _recognised(source, choices)
    except BaseException:
        source.close()
        raise


def _recognised(source: Source, choices: Choices) -> Opened:
    source, format_ = framed(source, choices.format)
    strange = None
    if choices.format is None and source.pointer(1) is None:
        strange = foreign(source, [value for value, _size in islice(_values(source), 2)])
    if format_ is None or strange is not None:
        raise NotATranscriptError(
            strange or f"{source.path} is not a transcript that unbrick knows: none of its first lines is a record of "
            "one. Claude Code keeps its own under ~/.claude/projects; name one of those."
        )
    bundle = format_.bundle(source)
    around = NOWHERE
    if choices.surroundings:
        around = format_.surroundings(bundle, choices.config_dir, choices.environ)
    return Opened(format_, bundle, around, choices)


def framed(source: Source, name: str | None = None) -> tuple[Source, Format | None]:
    """A file, read as the format that knows it frames its records, and that format: the one of a name where one is
    given. Raises UsageError for a name that is none."""
    named = None
    if name is not None:
        named = next((format_ for format_ in FORMATS if format_.client == name), None)
        if named is None:
            raise UsageError(f"--format takes {', '.join(format_.client for format_ in FORMATS)}, not {name!r}.")
    for format_ in FORMATS if named is None else (named,):
        found = format_.frame(source)
        if found is not None and (named or _holds_messages(found)):
            return found, format_
    return source, named or detect(source)


def _holds_messages(source: Source) -> bool:
    """Whether the pieces of a document are messages, as far as they can be read; none at all may become some."""
    head = _head(source)
    if head:
        return any("role" in value or "content" in value for value in head)
    return not len(source) or b'"role"' in source.read(0, 1 << 16)


def detect(source: Source) -> Format | None:
    """The format of a file, by its first readable records."""
    return recognise(_head(source), source.path)


def readable(source: Source) -> bool:
    """Whether any of the first lines holds a record."""
    return any(True for _ in _values(source))


def _head(source: Source) -> list[Json]:
    """The records that decide the format."""
    found: list[Json] = []
    held = 0
    for value, size in islice(_values(source), HEAD):
        found.append(value)
        held += size
        if held > ENOUGH:
            break
    return found


def _values(source: Source) -> Iterator[tuple[Json, int]]:
    """The first records, as far as they can be read, and the bytes of their lines."""
    for raw in islice(source.lines(), HEAD * 16):
        value, fault = glance(raw)
        if value is not None:
            yield value, len(raw)
        elif fault is not None:
            size, cut, raw = len(raw), cut_out(raw, fault), b""
            yield from ((found, size) for found, _ in map(glance, cut) if found is not None)


def resolve(word: str, choices: Choices, cwd: Path) -> Path:
    """The one transcript that a word names. Raises UsageError, CannotReadError, NotFoundError or AmbiguousError."""
    if not word:
        raise UsageError("The path is empty; name a transcript, a folder or a session id.")
    path = expanded(word)
    for format_ in FORMATS:
        main = format_.entrance(path)
        if main is not None:
            return main
    if is_dir(path):
        found = main_transcripts(path)
        if len(found) == 1:
            return found[0]
        if found:
            listed = "\n".join(f"  {one}" for one in found[:12])
            raise AmbiguousError(f"{word} holds {len(found)} transcripts; name one:\n{listed}", found)
        _insist_listable(path)
        raise NotFoundError(f"{word} holds no transcript (*.jsonl). Name the file itself if it is of another kind.")
    if _stands(path):
        return path
    if os.sep in word or word.endswith((".jsonl", ".json")):
        raise NotFoundError(f"{word} does not exist.")
    from unbrick.sessions.listing import find

    return find(word, cwd, choices.config_dir)


def expanded(word: str) -> Path:
    """The path that a word spells, with the home folder in the place of `~` where there is such a person."""
    return Path(os.path.expanduser(word))  # noqa: PTH111 - pathlib's raises for a person that is not there


def _stands(path: Path) -> bool:
    """Whether anything is at a path, also a link to nothing. Raises CannotReadError where that cannot be seen."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise CannotReadError.from_os(path, error) from error
    return True


def _insist_listable(folder: Path) -> None:
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        raise CannotReadError.from_os(folder, error) from error


def main_transcripts(folder: Path) -> list[Path]:
    """The transcripts of a folder: those right in it, else those of the folders below, subagents' left out."""
    direct = sorted(path for path in folder.glob("*.jsonl") if _is_transcript(path))
    if direct:
        return direct
    below = (path for path in folder.rglob("*.jsonl") if "subagents" not in path.relative_to(folder).parts)
    return sorted(path for path in below if _is_transcript(path))


def _is_transcript(path: Path) -> bool:
    """Whether a format knows the file; a file that cannot be read counts, so that it is reported."""
    if is_dir(path):
        return False
    try:
        with Source.open(path) as source:
            return detect(source) is not None
    except CannotReadError:
        return True
