"""What is said of a session at the head of a document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from unbrick.entry import Kind
from unbrick.export.content import What
from unbrick.export.visible import one_line, visible
from unbrick.report import Report
from unbrick.secrecy.secrets import hidden
from unbrick.telling import sentences, wording

_TALK = (Kind.USER, Kind.ASSISTANT)


def title(report: Report) -> str:
    """The name of a document."""
    return one_line(f"Session {report.bundle.session_id}")


def facts(report: Report, what: What) -> Iterator[tuple[str, str]]:
    """Names and values, each fit to be shown once it is escaped. No path: it names the person and the machine."""
    session, resume = report.situation.session, report.resume
    if report.target.version.numbers:
        yield "Judged for", visible(sentences.client(report.target))
    if report.target.model:
        yield "Model", visible(report.target.model)
    times = [time for time, kind in zip(session.scan.time, session.scan.kind, strict=True)
             if kind in _TALK and time == time]
    if times:
        yield "Written", f"{moment(min(times))} to {moment(max(times))}"
    size = sentences.count(len(session), report.bundle.main.unit if report.bundle.main.unit == "message" else "record")
    yield "In the file", size
    loads = sentences.messages(resume.messages)
    yield "Shown here", f"all of it; a resume loads {loads}" if what.everything else f"what a resume loads: {loads}"
    said = sentences.sentence(report)
    yield "Verdict", f"{wording.verdict(report)[0]}. {visible(said if what.secrets else hidden(said))}".strip()


NOTHING = "A resume loads nothing of this session; unbrick export --all shows everything in the file."


def moment(seconds: float) -> str:
    """`2026-11-20 16:40`, local time; empty for none (NaN)."""
    try:
        return "" if seconds != seconds else f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"
    except (OverflowError, OSError, ValueError):
        return ""
