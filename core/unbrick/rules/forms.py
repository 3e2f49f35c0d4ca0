"""Rules about the form in which records are stored: calls that not every reader understands, neighbours of one role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from unbrick.api import CONTRACTS
from unbrick.edit import Conform, DropRecord, Edit, Insert, SetValue
from unbrick.entry import BlockFlag, BlockKind
from unbrick.finding import Affect, Finding, Fix, Rule, Severity
from unbrick.record import At
from unbrick.request import Role
from unbrick.rules.parts import Broken, broken, content, counted, refusal, remark, safe
from unbrick.scanning.ones import of_flags
from unbrick.situation import Situation, Violation
from unbrick.thread import Outcome

BEGINNING = "(The beginning of this conversation is missing.)"
ACKNOWLEDGED = "(The turn before this prompt got no reply.)"
"""The short reply between two messages of the user."""


def foreign_form(situation: Situation) -> Iterator[Finding]:
    """A tool call is stored in a form, or in one of two places only, that not every reader of the client understands.

    Amplifier stores each call twice: as a block of the content and in `tool_calls`. Its Anthropic provider sends the
    second and looks for missing results in the first; its OpenAI provider sends the first. Calls in OpenAI's form
    (`function`, with arguments as text) go out without name and input, calls in the API's form (`tool_use`) crash the
    client, and a call that stands in one place only is sent by one provider and dropped by the other.

    The record is written in the client's own form, in both places; what it says stays.
    """
    name = "foreign-call-form"
    scan, odd = situation.session.scan, int(BlockFlag.FORM)
    if 1 not in of_flags(scan.block_flags, odd):
        return
    refused: dict[int, Violation] = {}
    for what in broken(situation, "T014"):
        if what.row is not None:
            refused.setdefault(what.row, what.violation)
    dropped = {
        situation.session.calls[what.ref].uses[0][0]: what for what in situation.violations
        if what.code == "T002" and what.ref and what.ref in situation.session.calls
        and situation.session.calls[what.ref].uses
    }
    for row in situation.thread.rows:
        first = next((i for i in scan.blocks(row) if scan.block_flags[i] & odd), None)
        if first is None or scan.block_kind[first] != BlockKind.TOOL_USE:
            continue
        block = first - scan.first[row]
        said = situation.asks.conforms(row) or "a call is stored in another program's form"
        fixes = (safe("conform", "Write it in the client's own form, in both places", Conform(situation.at(row))),)
        violation = refused.get(row) or dropped.get(row)
        if violation is not None:
            what = Broken(Violation("T014", violation.message, violation.block, violation.text), row, block)
            yield refusal(situation, name, what, said, fixes)
        else:
            said += "; other providers of this client drop or refuse it"
            yield remark(situation, "T014", name, Severity.INFO, said, row, block, fixes)


def neighbours(situation: Situation) -> Iterator[Finding]:
    """Messages of one role follow each other.

    The first-party API joins them into one turn, and nothing is wrong with it: results followed by a prompt, or a
    prompt followed by a reminder, are sent like that all the time. Endpoints that insist on turns refuse it (`roles
    must alternate`); microsoft/amplifier#217 was taken for that, where the refusal was about a call without a result.

    Where such an endpoint is in use, two prompts can be merged into one record, or a short reply put between.
    """
    request = situation.request
    if not situation.thread.whole or not CONTRACTS[situation.target.api].turns:
        return
    pairs = [
        (before, here) for message in range(1, len(request))
        if request.roles[message] == request.roles[message - 1] == Role.USER
        and (before := _last(situation, message - 1)) is not None and (here := _row(situation, message)) is not None
    ]
    if not pairs:
        return
    refused = next((one for one in situation.violations if one.code == "C004" and "alternate" in one.text), None)
    said = f"{counted(len(pairs), 'message')} of the user {'follows' if len(pairs) == 1 else 'follow'} another one of "
    said += "the user; the first-party API joins them, an endpoint that insists on turns refuses them"
    severity = Severity.INFO if refused is None else Severity.ERROR
    found = remark(
        situation, "C027", "neighbouring-messages", severity, said, pairs[0][1],
        fixes=tuple(_remedies(situation, pairs)),
    )
    if refused is None:
        yield found
    else:
        yield replace(found, outcome=Outcome.REFUSED, api_error=refused.text)


def headless(situation: Situation) -> Iterator[Finding]:
    """The conversation begins with a reply.

    It happens when the first prompt was cut off. The first-party API takes it; endpoints that insist on turns do not
    ("first message must use the user role").

    A short prompt is put in front.
    """
    request = situation.request
    row = _row(situation, 0) if len(request) and request.roles[0] == Role.ASSISTANT else None
    if row is None or not situation.thread.whole or not CONTRACTS[situation.target.api].turns:
        return
    refused = next((one for one in situation.violations if one.code == "C004" and one.message == 0), None)
    fix = safe(
        "prompt", "Put a short prompt in front", Insert(At(0), {"role": "user", "content": BEGINNING}),
    )
    severity = Severity.INFO if refused is None else Severity.ERROR
    found = remark(
        situation, "C028", "begins-with-a-reply", severity,
        "the conversation begins with a reply; the first-party API takes that, an endpoint that insists on turns does "
        "not", row, fixes=(fix,),
    )
    yield found if refused is None else replace(found, outcome=Outcome.REFUSED, api_error=refused.text)


def _row(situation: Situation, message: int) -> int | None:
    start = situation.request.first[message]
    row = situation.request.row[start] if start < situation.request.first[message + 1] else -1
    return row if row >= 0 else None


def _last(situation: Situation, message: int) -> int | None:
    end = situation.request.first[message + 1]
    row = situation.request.row[end - 1] if end > situation.request.first[message] else -1
    return row if row >= 0 else None


def _remedies(situation: Situation, pairs: list[tuple[int, int]]) -> Iterator[Fix]:
    """Both remedies of microsoft/amplifier#217."""
    reply = {"role": "assistant", "content": ACKNOWLEDGED}
    yield safe(
        "acknowledge", "Put a short reply between them", *(Insert(situation.at(before), reply) for before, _ in pairs)
    )
    edits: list[Edit] = []
    alone = {here for _before, here in pairs}.isdisjoint(before for before, _here in pairs)
    for before, here in pairs:
        (pointer, one), (_pointer, other) = content(situation, before), content(situation, here)
        if not (alone and isinstance(one, str) and isinstance(other, str)):
            return
        edits += [SetValue(situation.at(before), pointer, f"{one}\n\n{other}"), DropRecord(situation.at(here))]
    yield safe("merge", "Merge them into one record", *edits)


RULES: tuple[Rule[Situation], ...] = (
    Rule("T014", "foreign-call-form", foreign_form, r"No tool call found for function call output", (
        Affect(Severity.ERROR, Outcome.REFUSED, client="amplifier"),
    )),
    Rule("C028", "begins-with-a-reply", headless, r"first message must use the .?user", (
        Affect(Severity.INFO, client="amplifier"),
    )),
    Rule("C027", "neighbouring-messages", neighbours, None, (Affect(Severity.INFO, client="amplifier"),)),
)
