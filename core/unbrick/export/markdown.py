"""A session as Markdown: prompts and replies as they were written, the rest folded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import BinaryIO

from unbrick.export.about import NOTHING, facts, moment, title
from unbrick.export.content import STANDINGS, Part, Piece, Section, What, Who, sections
from unbrick.export.inert import fenced, inert
from unbrick.export.visible import one_line
from unbrick.finding import Finding
from unbrick.formats import Format
from unbrick.report import Report
from unbrick.secrecy.secrets import hidden


def write(format_: Format, report: Report, what: What, file: BinaryIO) -> Generator[int, None, None]:
    """Write a session as Markdown (CommonMark; folded parts are `<details>`). Yields records written so far."""
    file.write(_encoded(_head(report, what)))
    number = count = 0
    for count, section in enumerate(sections(format_, report, what), 1):
        number += section.who is Who.YOU
        file.write(_encoded(_section(section, number)))
        yield count
    if not count:
        file.write(f"{NOTHING}\n".encode())


def _encoded(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _head(report: Report, what: What) -> Iterator[str]:
    yield f"# {inert(title(report))}"
    yield ""
    for name, said in facts(report, what):
        yield f"- {name}: {inert(one_line(said, 400))}"
    yield ""
    for finding in report.findings if what.findings else ():
        if finding.row is None:
            yield from _finding(finding)


def _section(section: Section, number: int) -> Iterator[str]:
    if not section.goes_on:
        standing = STANDINGS.get(section.standing, "")
        about = ", ".join(part for part in (section.place, moment(section.time), standing) if part)
        name = f"{number}. {section.who.value}" if section.who is Who.YOU else section.who.value
        yield f"## {name} ({about})"
        yield ""
    for piece in section.pieces:
        yield from _piece(piece)
    for finding in section.findings:
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"> **{finding.code}** {finding.severity.value}: {inert(one_line(hidden(finding.message), 600))}"
    yield ""


def _piece(piece: Piece) -> Iterator[str]:
    if piece.part is Part.TEXT:
        yield inert(piece.text)
        yield ""
    elif piece.part is Part.IMAGE or not (piece.text or piece.answers):
        yield f"*{inert(piece.title)}*" if piece.part is not Part.CALL else f"- {inert(piece.title)}"
        yield ""
    else:
        yield from _folded(piece)


def _folded(piece: Piece) -> Iterator[str]:
    title = piece.title
    if piece.part is Part.CALL and piece.answers:
        title += f" ({piece.answers[0].title.lower()})"
    yield f"<details><summary>{_markup(title)}</summary>"
    yield ""
    for part in (piece, *piece.answers):
        if part.text and part.part is not Part.IMAGE:
            yield fenced(part.text)
            yield ""
        for image in part.answers if part is not piece else ():
            yield f"*{inert(image.title)}*"
            yield ""
    yield "</details>"
    yield ""


def _markup(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
