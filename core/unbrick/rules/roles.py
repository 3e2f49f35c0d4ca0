"""Rules of the content family: who may say a message, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from unbrick.edit import Hoist, SetValue
from unbrick.entry import BlockFlag
from unbrick.finding import Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.rules.parts import Broken, broken, conforming, refusal, remark, safe
from unbrick.scanning import ones
from unbrick.situation import Situation
from unbrick.thread import Outcome


def role_not_allowed(situation: Situation) -> Iterator[Finding]:
    """A message names another role than its record, or stands where its role may not.

    The client goes by the record and does not look at the role inside; other readers take the role at its word.
    Strict readers, such as gateways and older builds of the API, want a conversation to begin with the user and the
    two roles to take turns; the first-party API joins neighbours of one role and takes any beginning
    (messages-api-rules §1; microsoft/amplifier#217). A request that is sent as it stands may not end with the
    assistant on models from 4.6 on (#52433).

    Nothing of this keeps the client that wrote the transcript from going on with it.
    """
    name = "role-not-allowed"
    for what in broken(situation, "C004"):
        odd, fixes = conforming(situation, what.row)
        yield refusal(situation, name, what, odd or _role(what.violation.text), fixes)
    scan = situation.session.scan
    named = ones.of_flags(scan.block_flags, BlockFlag.ROLE)
    for row in situation.thread.rows if 1 in named else ():
        start = scan.first[row]
        if start < scan.first[row + 1] and named[start]:
            value = situation.session.value(row)
            inside = "message" if isinstance(value.get("message"), dict) else None
            found = (value["message"] if inside else value).get("role")
            role = situation.session.kind(row).name.lower()
            pointer = ("message", "role") if inside else ("role",)
            fix = safe("role", f"Name the role {role}", SetValue(situation.at(row), pointer, role))
            said = f"the message names the role {found!r}" if found is not None else "the message names no role"
            said += f"; the client sends it as the {role}'s"
            yield remark(situation, "C004", name, Severity.INFO, said, row, fixes=(fix,))


def _role(sentence: str) -> str:
    if "must alternate" in sentence:
        return "two messages of one role follow each other, which strict readers refuse"
    if "first message" in sentence:
        return "the conversation does not begin with the user, which strict readers refuse"
    if "role" in sentence or "Supported values" in sentence:
        return "the message has no role that the API knows"
    return "the conversation ends with the assistant, and no prompt follows"


def system_turn_refused(situation: Situation) -> Iterator[Finding]:
    """The client sends a record as a `system` turn, and the model does not take such turns.

    The API answers "role 'system' is not supported on this model" (#60947, #61412). The transcript holds no such
    role: the client makes these turns of reminders that it keeps as attachments. What causes it and what helps is
    said under E001.

    No edit of the file helps, since the client writes its reminders anew. In an array of messages the turn stands as
    such: its words move to the request's own system prompt, or are said by the user.
    """
    if situation.request.own_system:
        yield from _own_turns(situation, "C005", "system-turn-refused", "a message names a role that the model refuses")
        return
    first = next(broken(situation, "C005"), None)
    if first is None:
        return
    count = sum(violation.code == "C005" for violation in situation.violations)
    what = "this is sent as a `system` turn" if count == 1 else f"{count:,} messages are sent as `system` turns"
    yield _note(situation, first, "system-turn-refused", f"{what}, which the model refuses")


def _own_turns(situation: Situation, code: str, name: str, message: str) -> Iterator[Finding]:
    """System turns that stand in the transcript as such, and where their words can go."""
    for what in broken(situation, code):
        fixes: tuple[Fix, ...] = ()
        if what.row is not None:
            at = situation.at(what.row)
            ask = Fix("as-user", "Let the user say it", Safety.SAFE, (SetValue(at, ("role",), "user"),),
                      "keeps everything, as the user's words")
            hoist = Fix("hoist", "Move its words to the request's own system prompt", Safety.SAFE, (Hoist(at),))
            fixes = (hoist, ask) if situation.request.prompted else (ask,)
        yield refusal(situation, name, what, message, fixes)


def _note(situation: Situation, what: Broken, name: str, message: str) -> Finding:
    """The place of a refusal that another finding answers for."""
    violation = what.violation
    return Finding(
        violation.code, name, Severity.INFO, message, None if what.row is None else situation.at(what.row), what.row,
        message_index=violation.message, api_error=violation.text, cause="client",
    )


def system_turn_misplaced(situation: Situation) -> Iterator[Finding]:
    """The client sends a record as a `system` turn at a place where the API does not take one.

    Such a turn must follow the user and come before the assistant (#73821, #94294). The transcript holds no such
    role: the client makes these turns of its reminders. It shows when the record behind a reminder is missing, or
    with a client that places them wrongly (2.1.199, 2.1.266).

    Retrying or a newer client helps: from 2.1.281 on it sends them again as ordinary reminders. In an array of messages
    the turn stands as such, and its words are moved.
    """
    if situation.request.own_system:
        yield from _own_turns(situation, "C006", "system-turn-misplaced", "a `system` turn may not stand here")
        return
    for what in broken(situation, "C006"):
        finding = refusal(situation, "system-turn-misplaced", what, "a `system` turn stands where the API refuses it")
        yield replace(finding, cause="client")


RULES: tuple[Rule[Situation], ...] = (
    Rule("C004", "role-not-allowed", role_not_allowed,
         r"roles must alternate|first message must use the .?user|does not support assistant message prefill"
         r"|cannot end with trailing whitespace|Supported values are: 'system', 'assistant'"
         r"|Missing required parameter: 'messages\[\d+\]\.role'", (Affect(Severity.INFO),)),
    Rule("C005", "system-turn-refused", system_turn_refused, r"role '?.?system.?'? is not supported", (
        Affect(Severity.ERROR, Outcome.REFUSED, since="2.1.139", until="2.1.158"),
        Affect(Severity.WARNING, Outcome.HEALED, since="2.1.158"),
    )),
    Rule("C006", "system-turn-misplaced", system_turn_misplaced,
         r"role '?system'? must (?:precede|follow)|use the top-level '?system'? parameter", (
             Affect(Severity.ERROR, Outcome.REFUSED, since="2.1.139", until="2.1.281"),
             Affect(Severity.WARNING, Outcome.HEALED, since="2.1.281"),
         )),
)
