"""A session as one HTML file that needs no network and runs nothing.

Three walls stand between a transcript and the reader's browser: every text is escaped; no address, no attribute and no
style is made of it; and the page's own policy forbids scripts, requests, frames and forms, and any style but its own,
which it names by its hash. Images are shown only where their bytes are of a raster type, as data.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Generator, Iterator
from typing import BinaryIO

from unbrick.entry import Flag, Kind
from unbrick.export.about import NOTHING, facts, moment, title
from unbrick.export.content import STANDINGS, Part, Piece, Section, What, Who, rows, sections, speaker
from unbrick.export.prose import escaped, prose
from unbrick.export.style import CSS
from unbrick.export.visible import one_line
from unbrick.finding import Finding
from unbrick.formats import Format
from unbrick.report import Report
from unbrick.secrecy.secrets import hidden
from unbrick.session import Standing

_HASH = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none'; form-action 'none'"
)


def write(format_: Format, report: Report, what: What, file: BinaryIO) -> Generator[int, None, None]:
    """Write a session as HTML. Yields records written so far."""
    _put(file, _head(report, what))
    _put(file, _outline(format_, report, what))
    file.write(b"<main>\n")
    opened = False
    for count, section in enumerate(sections(format_, report, what), 1):
        if not section.goes_on:
            _put(file, ("</section>\n" if opened else "", _opening(section)))
            opened = True
        _put(file, _body(section))
        yield count
    _put(file, ("</section>\n" if opened else f"<p>{NOTHING}</p>\n", "</main>\n", _FOOT))


def _put(file: BinaryIO, parts: Iterator[str] | tuple[str, ...]) -> None:
    for part in parts:
        file.write(part.encode("utf-8", "replace"))


_FOOT = """<footer><small>Exported by unbrick. This page loads nothing and runs nothing.</small></footer>
</body>
</html>
"""


def _head(report: Report, what: What) -> Iterator[str]:
    name = escaped(title(report))
    yield f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{name}</title>
<style>{CSS}</style>
</head>
<body>
<header>
<h1>{name}</h1>
<dl>
"""
    for name, said in facts(report, what):
        yield f"<dt>{escaped(name)}</dt><dd>{escaped(one_line(said, 600))}</dd>\n"
    yield "</dl>\n"
    for finding in report.findings if what.findings else ():
        if finding.row is None:
            yield _finding(finding)
    yield "</header>\n"


def _outline(format_: Format, report: Report, what: What) -> Iterator[str]:
    """A link to each prompt and summary, with how it begins."""
    session = report.situation.session
    yield "<nav><details open><summary>Prompts</summary>\n<ol>\n"
    for row in rows(report, what):
        prompt = session.has(row, Flag.PROMPT | Flag.SUMMARY) or report.target.resumed is False
        if prompt and session.kind(row) is Kind.USER and speaker(report, row) in (Who.YOU, Who.SUMMARY):
            text = format_.text(session.value(row))[:2000]
            said = one_line(text if what.secrets else hidden(text), 80) or "(no text)"
            yield f'<li><a href="#r{row}">{escaped(said)}</a></li>\n'
    yield "</ol>\n</details></nav>\n"


def _opening(section: Section) -> str:
    standing = STANDINGS.get(section.standing, "")
    about = " · ".join(part for part in (section.place, moment(section.time), standing) if part)
    off = " off" if section.standing not in (Standing.LOADED, Standing.APART) else ""
    return (
        f'<section id="r{section.row}" class="{section.who.value.lower()}{off}">\n'
        f"<h2>{section.who.value} <small>{escaped(about)}</small></h2>\n"
    )


def _body(section: Section) -> Iterator[str]:
    for piece in section.pieces:
        yield from _piece(piece)
    for finding in section.findings:
        yield _finding(finding)


def _finding(finding: Finding) -> str:
    said = escaped(one_line(hidden(finding.message), 600))
    return f'<p class="finding"><b>{escaped(finding.code)}</b> {finding.severity.value}: {said}</p>\n'


def _piece(piece: Piece) -> Iterator[str]:
    if piece.part is Part.TEXT:
        yield from prose(piece.text)
    elif piece.part is Part.IMAGE:
        yield _image(piece)
    elif piece.text or piece.answers:
        yield from _folded(piece)
    elif piece.title:
        yield f'<p class="soft">{escaped(piece.title)}</p>\n'


def _folded(piece: Piece) -> Iterator[str]:
    answer = f" <small>{escaped(piece.answers[0].title)}</small>" if piece.part is Part.CALL and piece.answers else ""
    error = " error" if piece.error else ""
    yield f'<details class="{piece.part.value}{error}"><summary>{escaped(piece.title)}{answer}</summary>\n'
    if piece.text:
        yield f'<pre class="{piece.part.value}">{escaped(piece.text)}</pre>\n'
    for one in piece.answers:
        if one.part is Part.IMAGE:
            yield _image(one)
        elif one.text:
            yield f'<pre class="result">{escaped(one.text)}</pre>\n'
        for image in one.answers:
            yield from _piece(image)
    yield "</details>\n"


def _image(piece: Piece) -> str:
    """The type is one of four, and base64 has no character that could end the attribute."""
    source = f"data:{piece.type};base64,{escaped(piece.text)}"
    return f'<p><img alt="{escaped(piece.title)}" loading="lazy" src="{source}"></p>\n'
