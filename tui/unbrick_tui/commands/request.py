"""`unbrick request`: the request that the client will send, with the origin of every block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from unbrick.errors import UsageError
from unbrick.opening import Choices, examine
from unbrick.printable import printable, shorten
from unbrick.report import Report
from unbrick.request import Part, Request
from unbrick.telling import sentences
from unbrick.telling.json_report import request_document
from unbrick_tui.commands.beside import brief
from unbrick_tui.commands.recorded import LAST, LIST, show, wanted
from unbrick_tui.failures import FINE
from unbrick_tui.options import WORD, judgement, opening, print_json, say, work


@click.command()
@click.argument("path", type=WORD)
@click.option("--json", "as_json", is_flag=True, help="Print messages and origins as JSON (docs/json.md).")
@click.option("--prompt", metavar="TEXT", help="Show the request with this new prompt at its end.")
@click.option(
    "--recorded", is_flag=False, flag_value=LIST, metavar="[N]",
    help="List the requests that the client noted as sent; with a number from 1, or `last`, print that one.",
)
@click.option(
    "--diff", is_flag=True, help="With --recorded N: that request (else the last) beside the next one, by message.",
)
@judgement
def request(
    path: str, as_json: bool, prompt: str | None, recorded: str | None, diff: bool, choices: Choices
) -> int:
    """Show the request that the client will send after a resume, message by message.

    `messages.135.content.2` in an API error is message 135, block 2 of this request; each block names the line of
    the transcript that it comes from, or why the client writes it itself. --recorded shows what really went out, and
    --recorded --diff where the next request will differ from it.
    """
    if diff and recorded is None:
        raise UsageError("--diff shows a recorded request beside the next one; say --recorded --diff, or name its "
                         "number: --recorded N --diff.")
    if recorded is not None and prompt is not None:
        raise UsageError("--prompt belongs to the request to come, --recorded to those that went out; use one of them.")
    number = None if recorded is None else wanted(LAST if diff and recorded == LIST else recorded)
    with opening(path, choices) as opened:
        report = work(examine(opened))
        situation = report.situation
        if number is not None:
            if diff and recorded == LIST and not opened.format.sent(situation.session):
                number = 0
            return show(opened, report, number, as_json=as_json, diff=diff)
        built = situation.request
        if prompt is not None:
            built = opened.format.request(
                situation.session, situation.thread, situation.target, situation.surroundings, prompt,
            )
        if as_json:
            print_json(request_document(built, situation.session))
        else:
            say(request_lines(report, built))
        return FINE


def request_lines(report: Report, built: Request) -> Iterator[str]:
    """A request as text: one line per block, indented under its message."""
    who = f"{sentences.client(report.target)} will send" if report.target.version.numbers else "The request holds"
    yield f"{who} {sentences.messages(len(built))}:"
    for message in range(len(built)):
        content = built.content(message)
        blocks: list[Any] = [{"type": "text", "text": content}] if isinstance(content, str) else content
        yield f"messages.{message} {built.role(message).word}"
        for index, (part, block) in enumerate(zip(built.parts(message), blocks, strict=False)):
            place = _origin(part, "" if part.row < 0 else report.situation.place(part.row))
            yield f"  content.{index} {part.kind.name.lower()} ({place}): {shorten(printable(brief(block)), 100)}"


def _origin(part: Part, place: str) -> str:
    if part.row < 0 or part.synthetic is not None:
        return f"the client's own: {part.synthetic.value if part.synthetic else 'unnamed'}"
    return place
