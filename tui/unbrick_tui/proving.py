"""What `unbrick prove` says and does: explain, ask, resume, hold the report against what was sent, say the outcome."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click

from unbrick.bundle import Bundle
from unbrick.errors import CannotReadError, UsageError
from unbrick.finding import Safety, Severity
from unbrick.formats.claude_code import ClaudeCode
from unbrick.opening import Choices, Opened, examine
from unbrick.patch import EMPTY, Patch
from unbrick.printable import printable, shell, shorten
from unbrick.proof.api import blocks_of
from unbrick.proof.client import Client, find, insist_private
from unbrick.proof.proving import Tried, attempt
from unbrick.proof.resuming import NEXT
from unbrick.proof.standin import Exchange
from unbrick.repair import repair
from unbrick.report import Report, Verdict
from unbrick.telling import sentences
from unbrick.telling.json_report import line
from unbrick.thread import Outcome
from unbrick_tui.failures import FINE, VERDICT
from unbrick_tui.options import opening, say, work

CLIENT = ClaudeCode.name
SHOWN = 10
"""So many missing records are listed."""

_KINDS = {"main": "the conversation", "compact": "the conversation, to be summarised", "side": "the client's own use"}
_OPTIONS = {Safety.RESTORES: "--restore", Safety.LOSSY: "--lossy"}
_OUTCOMES = {
    Outcome.ACCEPTED: "The prompt was accepted",
    Outcome.HEALED: "The prompt was refused at first, then accepted by the client's own second try",
    Outcome.REFUSED: "The prompt was refused",
    Outcome.NOT_FOUND: "The client did not find the session",
    Outcome.CRASH: "The client stopped without sending the prompt",
    Outcome.HANG: "The client did not come to an end in time and was stopped",
    Outcome.EMPTY: "The prompt was accepted, but the session opened with no history at all",
}


def run(
    path: str, choices: Choices, *, client_path: Path | None, before: bool, allow: set[Safety], timeout: float,
    yes: bool,
) -> int:
    """Prove a repaired copy; the exit status: 0 when it resumes with everything promised, else 1."""
    if not yes:
        _insist_terminal()
    client = find(client_path, choices.environ)
    insist_private()
    if client.version is not None:
        choices = replace(choices, client=str(client.version))
    with opening(path, choices) as opened:
        _insist_client(opened)
        if not (yes or _agreed(client, str(opened.bundle.path), before=before, seconds=timeout)):
            return FINE
        with _stoppable():
            report = work(examine(opened))
            result = work(repair(opened.format, opened.bundle, report.target, opened.surroundings, allow=allow))
            fixes = "1 fix" if len(result.applied) == 1 else f"{len(result.applied):,} fixes"
            title = f"The repaired copy ({fixes})" if result.patch else "The session as it is"
            if before and result.patch:
                _try("The session as it is", opened.bundle, EMPTY, report, client, timeout)
                say([""])
            tried = _try(title, opened.bundle, result.patch, result.after, client, timeout)
    say(["", *_verdict(tried, path, allow, repaired=bool(result.patch))])
    return FINE if tried.proven and tried.report.verdict is not Verdict.BROKEN else VERDICT


def _verdict(tried: Tried, path: str, allow: set[Safety], *, repaired: bool) -> Iterator[str]:
    """What it comes to, and what to do now."""
    what = "the repaired copy" if repaired else "the session"
    subject = f"{what[0].upper()}{what[1:]}"
    if tried.proven and tried.crowded:
        yield f"{subject} resumes here with everything that was promised, but its length is not proven:"
        yield f"unbrick context {shell(path)} shows what fills it and what makes it fit."
    elif tried.proven and tried.surprising:
        yield f"{subject} resumes here with everything, although unbrick said that it would not:"
        yield "what refuses it, a setting or a switch of the service, did not come along into the private home."
    elif tried.proven:
        yield f"Proven: {what} resumes on this client, with everything that was promised."
        if tried.report.verdict is Verdict.BROKEN:
            yield from _left(tried.report, path, allow)
        if repaired:
            options = "".join(f" {word}" for safety, word in _OPTIONS.items() if safety in allow)
            yield "To save it:"
            yield f"        unbrick repair {shell(path)}{options} --as-session"
        elif tried.report.verdict is not Verdict.BROKEN:
            yield "No repair was needed."
    elif tried.predicted and not tried.missing:
        yield f"Not resumed, as unbrick said: {shell(path)} needs more than this repair; unbrick check says what."
    else:
        yield f"Not proven: the client did something else with {what} than unbrick said. The next prompt may fail."
        yield "A cut may still help: unbrick truncate --list. Please report the difference, it is unbrick's mistake."
    yield "The original was only read; every copy is gone again."


def _left(report: Report, path: str, allow: set[Safety]) -> Iterator[str]:
    """What a session that resumes is still without, and what brings it back."""
    lost = report.resume.lost
    yield f"Still left out: {sentences.messages(lost)}." if lost else "Part of this session is still not sent."
    offered = {fix.safety for found in report.findings if found.severity > Severity.INFO for fix in found.fixes}
    more = [word for safety, word in _OPTIONS.items() if safety in offered and safety not in allow]
    if more:
        options = "".join(f" {word}" for safety, word in _OPTIONS.items() if safety in allow or word == more[0])
        yield f"More can be mended with {more[0]}:"
        yield f"        unbrick prove {shell(path)}{options}"
    else:
        yield f"unbrick check {shell(path)} says more."


def _insist_terminal() -> None:
    """Raises UsageError where nobody can be asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "unbrick prove starts the client on this machine, and asks before it does; without a terminal there is "
            "nobody to ask. Say --yes to go ahead."
        )


def _insist_client(opened: Opened) -> None:
    """Raises UsageError for a session of another client than the one that can be run."""
    if opened.format.name != CLIENT:
        raise UsageError(
            f"unbrick prove runs Claude Code only, and {opened.bundle.path} is not one of its sessions (format: "
            f"{opened.format.name}). unbrick check says what comes of it."
        )


def _agreed(client: Client, path: str, *, before: bool, seconds: float) -> bool:
    """Say what will be done and ask."""
    what = "This session as it is, and then its repaired copy," if before else "The repaired copy of this session"
    version = f" {client.version}" if client.version else ""
    say(
        [
            f"{what} will be resumed by the client on this machine:",
            f"  the session  {printable(path)}",
            f"  the client   Claude Code{version}, {printable(str(client.path))}",
            "",
            "  - It is a copy in a private folder; the original is only read, and the copy is gone afterwards.",
            "  - The client runs with a made-up key, without your settings, hooks, servers and credentials.",
            "  - It talks to a stand-in of the API on this machine: nothing is sent anywhere, nothing costs anything.",
            f"  - One prompt is typed, {NEXT}. No tool is run. It takes seconds, or at most {seconds:,.0f} per run.",
            "",
        ],
        err=True,
    )
    if click.confirm("Go ahead?", default=False, err=True):
        return True
    say(["Nothing was started."], err=True)
    return False


def _try(title: str, bundle: Bundle, patch: Patch, report: Report, client: Client, timeout: float) -> Tried:
    say([f"{title}, resumed by {sentences.client(report.target)}:"])
    try:
        tried = attempt(bundle, patch, report, client, timeout)
    except OSError as error:
        if error.filename != str(client.path):
            raise
        reason = (error.strerror or str(error)).lower()
        raise CannotReadError(f"{client.path} could not be run: {reason}. Nothing was changed.") from error
    say(told(tried))
    return tried


def told(tried: Tried) -> Iterator[str]:
    """How a resume went, held against what the report said."""
    resumed = tried.resumed
    for number, exchange in enumerate((one for one in resumed.sent if one.kind != "side"), 1):
        yield f"  {_request(number, exchange)}"
    if not resumed.sent:
        yield "  It sent nothing."
    if any(one.kind == "compact" for one in resumed.sent):
        yield "  The client had the conversation summarised first: it takes it for as long as the model's window."
    expected = "as predicted" if tried.predicted else f"unlike predicted ({tried.report.resume.outcome.value})"
    yield f"  {_OUTCOMES[resumed.outcome]}, {expected}."
    if not resumed.accepted and resumed.printed.strip():
        yield f"  It printed: {shorten(printable(resumed.printed.strip()), 300)}"
    if tried.promised and not tried.missing:
        whole = sentences.messages(tried.promised)
        yield f"  All {whole} that the report promised {_were(tried.promised)} in the request."
    elif tried.missing:
        count = len(tried.missing)
        whole = sentences.messages(tried.promised)
        yield f"  {count:,} of the {whole} that the report promised {_were(count)} not in the request:"
        for one in tried.missing[:SHOWN]:
            at = line(one.at)
            yield f"    {'added' if at is None else f'line {at:,}'}: {shorten(printable(one.words), 100)}"
        if count > SHOWN:
            yield f"    … and {count - SHOWN:,} more"
    if resumed.accepted and tried.crowded:
        yield (
            f"  It is about {tried.report.resume.tokens:,} tokens, and the model takes {tried.crowded:,}: the API may "
            "refuse it as too long, which the stand-in does only beyond doubt."
        )
    lost = tried.report.resume.lost
    if resumed.accepted and lost:
        yield f"  It went without {sentences.messages(lost)} of this session: lost, as the report says."
    if not resumed.alone:
        yield "  The client was told to stay with the stand-in; this system could not cut it off from the network."
    for where in resumed.strangers:
        yield f"  It also asked for {printable(where)} and got no answer; that is no part of the conversation."


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _request(number: int, exchange: Exchange) -> str:
    messages = exchange.body.get("messages") or []
    blocks = sum(len(blocks_of(message)) for message in messages)
    answer = "accepted" if exchange.status == 200 else f"refused ({exchange.status}): {printable(exchange.error or '')}"
    size = f"{sentences.messages(len(messages))}, {sentences.count(blocks, 'block')}"
    return f"request {number} ({_KINDS[exchange.kind]}): {size}: {answer}"


@contextmanager
def _stoppable() -> Iterator[None]:
    """Whoever ends this process ends it as with Ctrl-C, so that it leaves nothing behind."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
