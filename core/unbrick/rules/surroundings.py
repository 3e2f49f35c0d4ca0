"""Rules of the surroundings family: what the client, its settings, its endpoint and other processes do to a session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from unbrick import models, recorded
from unbrick.answers import UPDATE, in_project, placing
from unbrick.edit import DropRecord
from unbrick.entry import Flag, Kind
from unbrick.finding import Advice, Affect, Finding, Fix, Rule, Safety, Severity
from unbrick.printable import shell, shorten
from unbrick.report import Judged
from unbrick.request import Role
from unbrick.situation import Situation
from unbrick.target import SYSTEM_TURNS, Setting, Version
from unbrick.thread import Outcome
from unbrick.weighing import measure
from unbrick.weighing.ladder import cut_to_fit

REFUSED = re.compile(r"role '?\"?system'?\"? is not supported", re.IGNORECASE)
_MESSAGE = re.compile(r'"message": ?"([^"]+)"')
_ROLE = re.compile(rb'"role" ?: ?"system"')
ALTERNATIVES = ("claude-sonnet-4-6", "claude-opus-4-8")
"""Models that a stuck session was resumed on in tests (claude-code-resume §4)."""
FIRST_GOOD = "2.1.158"
ENVIRONMENT = "environment"
VARIABLE = "CLAUDE_CODE_MID_CONVERSATION_SYSTEM"
FLAG = "tengu_fennel_kite_model"


def system_role_flag(situation: Situation) -> Iterator[Finding]:
    """The client writes its reminders as `system` turns, and this model refuses that role.

    "API Error: 400 role 'system' is not supported on this model" on every prompt, in old sessions and in brand-new
    ones (anthropics/claude-code#60947, #60927, #61242, #61412, #62707; measured, claude-code-resume §4). Clients from
    2.1.139 up to 2.1.157 do so when a remote flag, cached in the client's own configuration file, names the model.
    The transcript holds no such role, and no edit of it helps: with every reminder taken out, the client writes them
    anew.

    What helps is outside the file: switching the experimental request features off for a run, a newer client, another
    model, or removing the flag. It often shows first after a compaction, since that is when people come back to a
    long session; the compaction is not the cause.
    """
    request, session = situation.request, situation.session
    refused = any(REFUSED.search(violation.text) for violation in situation.violations)
    error = recorded.last(situation)
    said = error is not None and not error.past and REFUSED.search(error.text) is not None
    if request.own_system or (not refused and not said):
        return
    setting = situation.surroundings.settings.get(SYSTEM_TURNS)
    version = situation.target.version
    exposed = refused or (
        Version.parse("2.1.139") <= version < Version.parse(FIRST_GOOD)
        and "disable_experimental_betas" not in situation.surroundings.settings
    )
    if refused:
        rows = [
            row for message in range(len(request)) if request.role(message) is Role.SYSTEM
            for row in request.row[request.first[message] : request.first[message + 1]] if row >= 0
        ]
    else:
        rows = [row for row in situation.thread.rows if session.kind(row) is Kind.ATTACHMENT]
    rows = sorted(set(rows))
    healed = refused and (
        version >= Version.parse(FIRST_GOOD) or any(v.code in request.heals for v in situation.violations)
    )
    severity = Severity.INFO if not exposed else Severity.WARNING if healed else Severity.ERROR
    outcome = (Outcome.HEALED if healed else Outcome.REFUSED) if exposed else None
    yield Finding(
        "E001", "system-role-flag", severity,
        " ".join(_innocence(situation, rows, setting, exposed=exposed, refused=refused)),
        row=None if error is None else error.row,
        api_error="role 'system' is not supported on this model", outcome=outcome,
        message_index=next((v.message for v in situation.violations if REFUSED.search(v.text)), None),
        cause="settings" if setting is not None else "client",
        advice=tuple(_ways_out(situation, setting)) if exposed else (),
    )


def _innocence(
    situation: Situation, rows: list[int], setting: Setting | None, *, exposed: bool, refused: bool
) -> Iterator[str]:
    session = situation.session
    model = situation.target.model or "this model"
    who = f"Claude Code {situation.target.version}"
    if refused:
        yield f"{who} sends its own reminders as `system` turns, and {model} refuses that role."
    elif exposed:
        yield (f"the last request was refused because the client sent its own reminders as `system` turns, a role that "
               f"{model} refuses; {who} does so when a remote flag names the model.")
    else:
        yield (f"the client that recorded “role 'system' is not supported” sent its own reminders as `system` turns; "
               f"{who} does not do that to {model}.")
    holding = [row for row in situation.thread.rows if _ROLE.search(session.scan.view.raw(row))]
    if holding:
        name = "names" if len(holding) == 1 else "name"
        yield (f"{measure.counted(len(holding), 'record')} of the conversation {name} that role (first: "
               f"{situation.place(holding[0])}), but the client sends none of them under it.")
    else:
        yield f"None of the {len(session):,} records of the file holds that role in the conversation."
    if not exposed:
        return
    if rows:
        go = "goes" if len(rows) == 1 else "go"
        up_to = "" if any(role == Role.SYSTEM for role in situation.request.roles) else "Up to "
        yield (f"{up_to}{measure.counted(len(rows), 'record')} that the client keeps as reminders {go} out under it "
               f"(first: {situation.place(rows[0])}); without them it would write new ones.")
    if setting is not None:
        where = "the environment" if setting.source == ENVIRONMENT else setting.source
        yield f"The cause is a setting: {_name(setting)} in {where} names “{setting.value}”."
    elif not refused and situation.surroundings.read:
        yield ("The flag is not in the client's configuration here: where it was withdrawn the next prompt works, and "
               "where it is set again, or on another machine, it is refused.")
    elif not refused:
        yield "The client caches that flag in its configuration file, which was not read."


def _ways_out(situation: Situation, setting: Setting | None) -> Iterator[Advice]:
    bundle = situation.bundle
    resume = f"claude --resume {shell(bundle.resume_id)}"
    yield from placing(bundle)
    yield Advice(
        "Switch the client's experimental request features off for this run (tested; keeps everything).",
        in_project(bundle, f"CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1 {resume}"),
    )
    yield Advice(
        f"Update the client: {FIRST_GOOD} and later send this model none of these turns (tested; keeps everything).",
        in_project(bundle, f"{UPDATE} && {resume}"),
    )
    need = measure.whole(situation)
    fitting = next(
        (name for name in ALTERNATIVES
         if name != situation.target.model and need <= models.window(name) * measure.FULL), None,
    )
    if fitting is not None:
        yield Advice(
            f"Go on with another model: the conversation, about {measure.tokens(need)}, fits its window of "
            f"{models.window(fitting):,} (tested).",
            in_project(bundle, f"{resume} --model {fitting}"),
        )
    else:
        yield Advice(
            f"Go on with another model whose window holds about {measure.tokens(need)}; those that were tested do not."
        )
    if setting is not None and setting.source == ENVIRONMENT:
        yield Advice(f"Start the client without {VARIABLE}.", in_project(bundle, f"env -u {VARIABLE} {resume}"))
    elif setting is not None:
        again = "; the service may set it again" if _name(setting) == FLAG else ""
        yield Advice(
            f"Quit the client and take {_name(setting)} out of {setting.source} by hand (tested{again}). unbrick does "
            "not edit settings."
        )


def _name(setting: Setting) -> str:
    """What the setting is called where it stands: an environment variable, or a flag that the client caches."""
    in_settings = PurePath(setting.source).name.startswith("settings")
    return VARIABLE if setting.source == ENVIRONMENT or in_settings else FLAG


def session_in_use(situation: Situation) -> Iterator[Finding]:
    """A running client has this session open.

    It holds the conversation in memory and writes it on as it goes: a change to the file is not seen by it, and may
    be undone. Two clients on one file each lose the other's turns at the next resume (claude-code-resume §5).
    Saving a repaired copy as a new session is safe; replacing the original waits until the client has quit.
    """
    pid = situation.surroundings.details.get("owner")
    if isinstance(pid, int) and pid > 0:
        yield Finding(
            "E003", "session-in-use", Severity.INFO,
            f"a running client (pid {pid}) has this session open: quit it before the original is replaced, or save a "
            "copy; a second client on the same session loses the turns of the first",
            cause="client",
        )


def error_only_prompts(situation: Situation) -> Iterator[Finding]:
    """Prompts at the end of the conversation that got nothing but errors.

    They are what repeated tries leave behind: a prompt, an error, the same prompt again. Clients from 2.0.47 on do
    not send the error records, but they do send the prompts; older ones send the error texts as if the model had said
    them (claude-code-resume-table, `api_error_last`). One fix takes prompts and errors away together; whether the
    prompts are still wanted is the person's to say, since typing one of them again is often the very next step.
    """
    session, scan = situation.session, situation.session.scan
    rows = situation.thread.rows
    ends = range(len(rows), 0, -1)
    tail = rows[next((end for end in ends if recorded.is_reply(session, rows[end - 1])), 0) :]
    errors = [row for row in tail if session.has(row, Flag.API_ERROR)]
    if not errors:
        return
    prompts: list[int] = []
    waiting: list[int] = []
    for row in tail:
        if session.has(row, Flag.PROMPT):
            waiting.append(row)
        elif session.has(row, Flag.API_ERROR):
            prompts += waiting
            waiting = []
    drop_errors = Fix(
        "errors", f"Take {measure.counted(len(errors), 'error record')} out", Safety.SAFE,
        tuple(DropRecord(situation.at(row)) for row in reversed(errors)),
        "keeps everything; only the client's own error notices go",
    )
    severity = RULES_BY_CODE["E004"].severity(situation.target, situation.size)
    fixes = [drop_errors]
    what = f"the conversation ends in {measure.counted(len(errors), 'error record')}"
    if prompts:
        last = tail.index(errors[-1])
        first = tail.index(prompts[0])
        gone = [
            row for place, row in enumerate(tail)
            if session.has(row, Flag.API_ERROR) or (first <= place <= last and (
                session.has(row, Flag.PROMPT)
                or scan.kind[row] in (Kind.ATTACHMENT, Kind.NOTICE, Kind.PROGRESS)
            ))
        ]
        fixes.insert(0 if severity is Severity.INFO else 1, Fix(
            "prompts", f"Drop the {measure.counted(len(prompts), 'prompt')} that only got errors, and the errors",
            Safety.LOSSY, tuple(DropRecord(situation.at(row)) for row in reversed(gone)),
            f"drops {measure.counted(len(prompts), 'prompt')}",
        ))
        what = (f"{measure.counted(len(prompts), 'prompt')} at the end got only errors "
                f"({measure.counted(len(errors), 'error record')})")
    said = dict.fromkeys(_brief(situation.text(row)) for row in errors[-3:])
    what += ": " + ", ".join(said)
    sent = "; this client sends the error texts as if the model had said them" if severity is not Severity.INFO else ""
    # Behind a call that got no result either, the last complete turn is the clean place to go on from.
    if severity is not Severity.INFO:
        fixes += cut_to_fit(situation)
    yield Finding(
        "E004", "error-only-prompts", severity, what + sent, situation.at((prompts or errors)[0]),
        (prompts or errors)[0], fixes=tuple(fixes), cause="file",
    )


def _brief(text: str) -> str:
    """An error text in a few words, quoted: the API's own sentence where one is inside."""
    found = _MESSAGE.search(text)
    line = next(iter((found[1] if found else text).strip().splitlines()), "")
    return f"“{shorten(line, 80)}”"


def unexplained_error(judged: Judged) -> Iterator[Finding]:
    """The transcript ends in an error that nothing here explains, or the client does not open it and no rule says why.

    Then nothing is known that an edit would mend: do not edit the file for it. Other findings are listed, but they are
    apart from it. A newer version of unbrick, or the text of the error in the client's issue tracker, may know more.
    """
    error, outcome = judged.last_error, judged.situation.thread.outcome
    if outcome is not Outcome.ACCEPTED and not any(found.outcome is not None for found in judged.findings):
        yield Finding(
            "E002", "unexplained-error", Severity.ERROR,
            f"the client would not open this session ({outcome.value}), and nothing that was found explains it: do not "
            "edit the file for it", api_error=judged.situation.thread.error, outcome=outcome, cause="unknown",
        )
    if error is None or error.past or error.explained_by is not None or error.answer is not None:
        return
    first = error.text.splitlines()[0] if error.text else "(no text)"
    yield Finding(
        "E002", "unexplained-error", Severity.WARNING,
        f"the last request ended in “{first[:300]}”, and nothing in the file, the client or its settings explains it: "
        "do not edit the file for it" + (
            "; the other findings are apart from it"
            if any(found.severity > Severity.INFO for found in judged.findings) else ""
        ),
        judged.situation.at(error.row), error.row, api_error=first[:300], cause="unknown",
    )


RULES: tuple[Rule[Situation], ...] = (
    Rule(
        "E001", "system-role-flag", system_role_flag, r"role '?\"?system'?\"? is not supported on this model",
        (
            Affect(Severity.ERROR, Outcome.REFUSED, since="2.1.139", until=FIRST_GOOD),
            Affect(Severity.WARNING, Outcome.HEALED, since=FIRST_GOOD),
        ),
    ),
    Rule("E003", "session-in-use", session_in_use),
    Rule("E004", "error-only-prompts", error_only_prompts, None, (Affect(Severity.WARNING, until="2.0.47"),)),
)

LATE: tuple[Rule[Judged], ...] = (Rule("E002", "unexplained-error", unexplained_error),)
"""Rules that look at what the others found."""

RULES_BY_CODE = {rule.code: rule for rule in RULES}
