"""The first five lines: which session, will it resume and where, what is wrong, what is loaded, what one key mends."""

from __future__ import annotations

import re
from typing import NamedTuple

from unbrick import sentences
from unbrick.bundle import Bundle
from unbrick.finding import Finding, Safety, Severity
from unbrick.printable import printable
from unbrick.report import Cause, Report, Resume, Verdict
from unbrick.thread import Outcome
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.text import count, one_line, shorten, size

Piece = tuple[str, str]
"""Text, and a style: `good`, `bad`, `warn`, `dim`, `strong`, `key` or nothing."""


class Remedy(NamedTuple):
    """What one key away would help: the key, what it does, at what price."""

    key: str
    text: str
    price: str = ""
    finding: Finding | None = None


_CLOSED = (Outcome.NOT_FOUND, Outcome.CRASH, Outcome.HANG)


def verdict(report: Report) -> tuple[str, str]:
    """The word for a verdict, and its style."""
    outcome, lost = report.resume.outcome, report.resume.lost
    if report.verdict is Verdict.BROKEN and report.cause in sentences.INNOCENT:
        return "not this file", "bad"
    if outcome in _CLOSED:
        return "will not open", "bad"
    if outcome is Outcome.REFUSED:
        return "refused", "bad"
    if outcome is Outcome.EMPTY or report.verdict is Verdict.BROKEN:
        return "loses history", "bad"
    if lost:
        return "loses history", "warn"
    if report.verdict is Verdict.FRAGILE or outcome is Outcome.HEALED:
        return "resumes, with changes", "warn"
    return "resumes in full", "good"


_GLYPH = {"good": "ok", "warn": "warning", "bad": "error"}


def remedy(report: Report) -> Remedy:
    """The next step: a fix, a cut, or a way out that is no edit."""
    above = [found for found in report.findings if found.severity is not Severity.INFO]
    if not above:
        wanted = (Safety.RESTORES, Safety.MANUAL)
        apart = ((f, fix) for f in report.findings for fix in f.fixes if fix.safety in wanted and fix.edits)
        offered = next(apart, None)
        if offered is not None:
            return Remedy("f", offered[1].title, offered[1].price, offered[0])
        return Remedy("", "nothing to mend")
    if report.cause is Cause.UNKNOWN:
        return Remedy("p", "do not edit the file for it; shows what else helps")
    if report.cause in sentences.INNOCENT:
        advised = next((found for found in above if found.advice), None)
        text = advised.advice[0].text if advised else "no edit of this file helps"
        return Remedy("f" if advised else "p", f"ways out: {text}", "", advised)
    safe = [(f, fix) for f in above for fix in f.fixes[:1] if fix.safety is Safety.SAFE]
    if len(safe) > 1:
        return Remedy("F", f"mends {len(safe)} of {count(len(above), 'problem')}", "keeps everything")
    ranked = [(f, fix) for f in above for fix in f.fixes if fix.edits]
    order = [Safety.SAFE, Safety.RESTORES, Safety.LOSSY, Safety.MANUAL]
    for severity in (Severity.ERROR, Severity.WARNING):
        found = [pair for pair in ranked if pair[0].severity is severity]
        if found:
            finding, fix = min(found, key=lambda pair: order.index(pair[1].safety))
            return Remedy("f", fix.title, fix.price, finding)
    resume = report.resume
    if not resume.messages + resume.lost + resume.summarised + resume.rewound + resume.undecided:
        return Remedy("", "there is nothing in it to bring back")
    return Remedy("t", "cut back to a safe point: shows what goes")


def opening(bundle: Bundle, records: int, title: str, width: int, glyphs: Glyphs) -> list[Piece]:
    """Which session: its title or id, size, records."""
    dot = f" {glyphs.dot} "
    facts = f"{dot}{size(bundle.main.size)}{dot}{count(records, 'record')}"
    if width < 50:
        facts = dot + size(bundle.main.size)
    name = printable(bundle.session_id or bundle.path.stem)
    room = width - len(facts) - 1
    if not title:
        return [(shorten(name, room, glyphs.ellipsis), "strong"), (facts, "dim")]
    brief = name[:8] if len(name) >= 32 else name
    title = shorten(one_line(title), max(room - len(brief) - len(dot), 1), glyphs.ellipsis)
    return [(title, "strong"), (dot + brief, ""), (facts, "dim")]


def judged(report: Report, width: int, glyphs: Glyphs) -> list[Piece]:
    """The verdict, on which client and model; what the recorded client does where it differs."""
    word, style = verdict(report)
    head = f"{getattr(glyphs, _GLYPH[style])} {word.upper()}"
    target = report.target
    who = f" on {sentences.client(target)} ({sentences.BASIS[target.basis]})"
    model = f", {printable(target.model)}" if target.model else ""
    strict = ", strict" if target.strict else ""
    other = "".join(
        f" {glyphs.dot} {sentences.BASIS[o.basis]}, {o.version}: {short_outcome(resume)}" for o, resume in report.others
    )
    brief = f" on {target.version}"
    short_other = "".join(f" {glyphs.dot} {o.version}: {short_outcome(resume)}" for o, resume in report.others)
    forms = [who + model + strict + other, who + model + strict + short_other, who + strict + short_other,
             who + strict, brief + short_other, brief]
    tail = next((form for form in forms if len(head) + len(form) <= width), brief)
    return [(head, style), (shorten(tail, max(width - len(head), 0), glyphs.ellipsis), "")]


def short_outcome(resume: Resume) -> str:
    """`resumes`, `refused`, `resumes without 9 messages`."""
    return sentences.outcome_words(resume).split(":", 1)[0]


_ID = re.compile(r" \(\S{16,}\)")


def wrong(report: Report, width: int, glyphs: Glyphs) -> list[Piece]:
    """What is wrong in one sentence, with its line; or the last error, where nothing else is."""
    said = sentences.sentence(report)
    if not any(found.severity is not Severity.INFO for found in report.findings):
        last = report.last_error
        said = sentences.last_error(report) if last is not None and not last.past else said
    if len(said) > width:
        said = _ID.sub("", said)
    return [(shorten(said, width, glyphs.ellipsis), "")]


def loaded(report: Report, width: int, glyphs: Glyphs) -> list[Piece]:
    """What resume loads and what it does not, in the longest form that fits."""
    resume = report.resume
    full = sentences.loads(report)
    forms = [full]
    if resume.messages and resume.outcome not in _CLOSED:
        head = f"Loads {resume.messages:,} of {count(resume.messages + resume.lost, 'message')}"
        size_ = f" (~{resume.tokens // 1000:,}k tokens)" if resume.tokens >= 1000 else ""
        parts = []
        if resume.lost:
            parts.append(f"{resume.lost:,} lost")
            if resume.recoverable:
                parts[-1] += f", {resume.recoverable:,} can come back"
        for number, word in (
            (resume.summarised, "summarised"), (resume.rewound, "rewound"), (resume.undecided, "undecided"),
        ):
            if number:
                parts.append(f"{number:,} {word}")
        rest = "; ".join(["", *parts])
        forms += [head + size_ + rest, head + rest, f"Loads {resume.messages:,}{rest}"]
    said = next((form for form in forms if len(form) <= width), forms[-1])
    return [(shorten(said, width, glyphs.ellipsis), "")]


def standing(edits: int, saved: bool) -> str:
    """Whether anything has been changed."""
    if not edits:
        return "nothing has been changed"
    return f"{count(edits, 'edit')}, {'saved' if saved else 'not saved'}"


_ABOUT = re.compile(r" \([^()]*\)$")
_TITLE = 20
"""Cells that the title of a fix needs at least to say anything."""


def offer(report: Report | None, edits: int, saved: bool, width: int, glyphs: Glyphs) -> list[Piece]:
    """The remedy with its price on the left, what has been changed on the right; the price is never cut."""
    style = "warn" if edits and not saved else "dim"
    states = (standing(edits, saved), "unchanged" if not edits else "saved" if saved else f"{edits} not saved")
    if report is None:
        return [(states[0], style)]
    step = remedy(report)
    if edits and not saved and not step.key:
        step = Remedy("w", "save a copy that resumes")
    lead = f" {step.key} " if step.key else ""
    full = f": {one_line(step.price)}" if step.price else ""
    brief = _ABOUT.sub("", full)
    prices = (full, brief, brief.replace(": keeps everything; ", ": "))
    text = one_line(step.text)

    def room(state: str, price: str) -> int:
        return width - len(lead) - len(price) - len(state) - 2 - bool(lead)

    forms = [(state, price) for state in states for price in prices]
    wanted = min(len(text), _TITLE)
    state, price = next((form for form in forms if room(*form) >= wanted), ("", prices[-1]))
    said = shorten(text, max(room(state, price), 1), glyphs.ellipsis) + price
    said = shorten(said, max(width - len(lead) - 1, 1), glyphs.ellipsis)
    gap = max(width - len(lead) - bool(lead) - len(said) - len(state), 0)
    return [(lead, "key"), (" " * bool(lead) + said, ""), (" " * gap, ""), (state, style)]
