"""What an error means whose cause is not in the file: the service, a limit, the account, a setting, the client.

Editing the transcript helps with none of these; each answer says so and what helps instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from unbrick.bundle import Bundle
from unbrick.disk import is_dir
from unbrick.finding import Advice
from unbrick.printable import shell

RESUME = "claude --resume {session}"
UPDATE = "npm install -g @anthropic-ai/claude-code@latest"


@dataclass(frozen=True)
class Answer:
    """`pattern` is searched in the error text, case ignored; `title` and `text` are sentences for the person;
    `cause` is client, settings, endpoint or unknown. `{session}` in a command stands for the
    session's id, `{path}` for the transcript."""

    name: str
    pattern: str
    title: str
    text: str
    cause: str
    advice: tuple[Advice, ...] = ()
    certain: bool = False
    """Whether the text can come from nothing in a file, so that it is asked before the rules are."""

    @cached_property
    def search(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self.pattern, re.IGNORECASE)

    def advice_for(self, bundle: Bundle | None) -> tuple[Advice, ...]:
        """The ways out as complete commands for a session; for none in particular, `SESSION-ID` stands in them."""
        session = "SESSION-ID" if bundle is None else shell(bundle.resume_id)
        path = "SESSION-ID" if bundle is None else shell(str(bundle.path))
        ways = tuple(
            Advice(one.text, one.command and in_project(bundle, one.command.format(session=session, path=path)))
            for one in self.advice
        )
        resumes = any("{session}" in (one.command or "") for one in self.advice)
        return (*ways, *placing(bundle)) if resumes else ways


def listing(bundle: Bundle) -> str:
    """The command that lists the safe points of a transcript."""
    return f"unbrick truncate {shell(str(bundle.path))} --list"


def in_project(bundle: Bundle | None, command: str) -> str:
    """A command that starts the client, in the folder of the session's project: the client looks for it there. A
    folder that is gone is made again."""
    if bundle is None or bundle.project is None or command.startswith("unbrick "):
        return command
    folder = shell(str(bundle.project))
    made = "" if is_dir(bundle.project) else f"mkdir -p {folder} && "
    return f"{made}cd {folder} && {command}"


def placing(bundle: Bundle | None) -> tuple[Advice, ...]:
    """How to put a file that stands elsewhere where the client looks; nothing for one that stands there."""
    if bundle is None or bundle.place is None:
        return ()
    folder, place, path = (shell(str(p)) for p in (bundle.place.parent, bundle.place, bundle.path))
    return (Advice(
        "The client does not look where this file stands. Put a copy where it looks; one that is there already stays.",
        f"mkdir -p {folder} && cp -n {path} {place}", "before that",
    ),)


_STATUS_CODE = r"(?:error|\||status|code|http)\W{0,3}"
"""What stands before a status code; a bare number may be an index into the request."""

_AGAIN = Advice("Resume it and send the prompt again.", RESUME)
_UPDATE = Advice("Update the client, then resume.", f"{UPDATE} && {RESUME}")
_STATUS = Advice("See whether the service is disturbed: https://status.claude.com")

ANSWERS: tuple[Answer, ...] = (
    Answer(
        "usage-policy",
        r"appears to violate our Usage Policy|can't help with this\. Start a new session",
        "The model refused on policy grounds.",
        "Every turn sends the whole conversation again, so the refusal repeats after a resume for as long as what "
        "set it off is in the context. The file is intact.",
        "endpoint",
        (
            Advice("Inside the client, press Esc twice and go back to before the turn that was refused first."),
            Advice("Cut a copy behind the last turn before it.", "unbrick truncate {path} --list"),
        ),
        certain=True,
    ),
    Answer(
        "extra-usage",
        r"(?:extra usage|usage credits) (?:is |are )?required for (?:long context|1M context)",
        "The account may not use the long context window.",
        "The conversation is longer than 200,000 tokens and the plan does not cover the 1M window. The file is intact.",
        "endpoint",
        (
            Advice("Allow extra usage in the account (/usage-credits in the client), then resume.", RESUME),
            Advice("Resume with another model, send a short prompt so that the client compacts, and switch back.",
                   "claude --resume {session} --model haiku"),
        ),
        certain=True,
    ),
    Answer(
        "usage-limit",
        r"usage limit reached|(?:hit|reached) your (?:\w+[ -]){0,3}limit|out of extra usage|limit will reset",
        "The plan's usage limit was reached.",
        "The request was not processed. The file is intact; the session goes on when the limit resets.",
        "endpoint", (_AGAIN,),
    ),
    Answer(
        "rate-limit", _STATUS_CODE + r"429\b|rate[_ ]limit", "Too many requests in a short time (429).",
        "The service turned the request away because of its rate, not because of what is in it. The file is intact.",
        "endpoint", (_AGAIN,),
    ),
    Answer(
        "credit", r"credit balance is too low|billing_error|insufficient (?:credit|funds)",
        "The account has no credit left.",
        "The request was not processed. The file is intact.", "endpoint",
        (Advice("Add credit at https://console.anthropic.com/settings/billing, then resume.", RESUME),),
    ),
    Answer(
        "auth",
        r"invalid (?:x-)?api[- ]key|please run /login|not logged in|oauth (?:token|authentication|session)"
        r"|authentication_error|" + _STATUS_CODE + r"401\b|(?:token|session) (?:has )?(?:expired|been revoked)",
        "The client is not signed in, or its key is not accepted.",
        "The request never reached the model. The file is intact.", "settings",
        (Advice("Sign in again inside the client with /login, then resume.", RESUME),),
    ),
    Answer(
        "permission",
        r"permission_error|" + _STATUS_CODE + r"403\b|not allowed for this organization|account (?:has been )?disabled",
        "The account or organization is not allowed to make this request.",
        "The request never reached the model. The file is intact.", "settings",
        (Advice("Sign in with another account (/login inside the client), or ask the administrator."),),
    ),
    Answer(
        "model", r"not_found_error.*model|model:? .*(?:not found|does not exist|may not exist|not available)",
        "The service does not know the model, or the account may not use it.",
        "The file is intact: any other model can go on with it.", "settings",
        (Advice("Resume with another model.", "claude --resume {session} --model sonnet"),),
    ),
    Answer(
        "beta-field",
        r"context_management|clear_thinking_\d+|clear_tool_uses_\d+|anthropic-beta|Unexpected value\(s\)",
        "The client sent a request field that this endpoint or model does not take.",
        "The field is no part of the transcript: the client adds it. It happens behind gateways that lag behind, and "
        "with settings that switch thinking off. The file is intact.",
        "settings",
        (
            Advice("Leave the experimental fields out.",
                   "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1 claude --resume {session}"),
            _UPDATE,
        ),
        certain=True,
    ),
    Answer(
        "previous-message-id", r"diagnostics\.previous_message_id",
        "The client quoted the id of its own error notice as if it were a reply.",
        "After a failed request the last assistant record is one the client wrote itself, and this client names it in "
        "the next request. Taking the error records off the end of a copy helps; so does a newer client.",
        "client", (_UPDATE,), certain=True,
    ),
    Answer(
        "body-cut", r"request body is not valid JSON: unexpected end",
        "The request arrived cut off.",
        "The text that was sent ended early: a proxy, a dropped connection, or NUL bytes in a tool's output.",
        "endpoint", (_AGAIN, _UPDATE), certain=True,
    ),
    Answer(
        "cache-control", r"cache_control|cache ttl",
        "The client marked too many places for the cache, or marked them wrongly.",
        "The client sets these marks for each request; a transcript that it wrote holds none. The file is intact.",
        "client", (_UPDATE,), certain=True,
    ),
    Answer(
        "refused-system-gateway",
        r"role must be either 'user' or 'assistant', but got 'system'|unknown variant `system`"
        r"|System message must be at the beginning|Input should be 'user' or 'assistant'",
        "The endpoint does not take system turns in the middle of a conversation.",
        "The client writes its reminders as system turns; the transcript holds no such role. The file is intact.",
        "endpoint",
        (
            Advice("Have the client write reminders into the user's turns.",
                   "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1 claude --resume {session}"),
            _UPDATE,
        ),
        certain=True,
    ),
    Answer(
        "overloaded", _STATUS_CODE + r"529\b|overloaded", "The service was overloaded (529).",
        "The request was not processed. The file is intact.", "endpoint", (_AGAIN, _STATUS),
    ),
    Answer(
        "compaction-failed",
        r"failed to generate conversation summary|error compacting conversation|compaction (?:interrupted|canceled)",
        "The summary for a compaction could not be made.",
        "The history is still in the file. A second /compact after a restart often succeeds; on a smaller history it "
        "has less to do.",
        "endpoint",
        (Advice("Resume and run /compact again.", RESUME),
         Advice("Cut a copy at a safe point first.", "unbrick truncate {path} --list")),
    ),
    Answer(
        "timeout", r"timed? ?out|" + _STATUS_CODE + r"504\b|deadline exceeded|ETIMEDOUT|ESOCKETTIMEDOUT",
        "The service or the way to it did not answer in time.",
        "The request was not answered; nothing in it was refused. The file does not cause this, though a very long "
        "context makes it more likely, and what the interruption left behind may need mending.",
        "endpoint", (_AGAIN, _STATUS),
    ),
    Answer(
        "connection",
        r"connection (?:error|closed|refused|reset)|ECONN\w+|ENOTFOUND|EAI_AGAIN|EPIPE|fetch failed|socket hang up"
        r"|network (?:error|changed)|unable to connect|stream (?:closed|ended|idle)|terminated\b",
        "The connection to the service broke.",
        "The request was not answered; nothing in it was refused. The file is intact.", "endpoint", (_AGAIN,),
    ),
    Answer(
        "certificate", r"certificate|SELF_SIGNED|UNABLE_TO_VERIFY|ssl error",
        "The connection was not trusted: a certificate on the way is not known.",
        "A company proxy is the usual cause. The file is intact.", "settings",
        (Advice("Name the proxy's certificate.",
                "NODE_EXTRA_CA_CERTS=/path/to/company-ca.pem claude --resume {session}"),),
    ),
    Answer(
        "server",
        _STATUS_CODE + r"50[0-3]\b|internal server error|api_error\b|bad gateway|service unavailable|upstream",
        "The service failed (5xx).",
        "The fault was on the other side; nothing in the request was refused. The file is intact.", "endpoint",
        (_AGAIN, _STATUS),
    ),
    Answer(
        "not-persisted",
        r"transcript saving is off|CLAUDE_CODE_CHILD_SESSION|conversation history is no longer on disk",
        "The client did not save this conversation.",
        "It was started with saving switched off (often an inherited CLAUDE_CODE_CHILD_SESSION), so there is no "
        "history to bring back from the file.",
        "settings",
        (Advice("Save from now on.", "CLAUDE_CODE_FORCE_SESSION_PERSISTENCE=1 claude"),
         Advice("The prompts themselves may still be in history.jsonl in the client's configuration folder.")),
        certain=True,
    ),
    Answer(
        "not-found", r"no conversation found(?: with session id)?|session not found",
        "The client did not find the conversation.",
        "It looks in the folder of the project it is started from. The file may be whole but belong to another folder, "
        "exist in two of them, or have no record that it accepts as the end.",
        "client",
        (Advice("Start it in the folder the session was written in: `unbrick check` prints the complete command."),),
    ),
    Answer(
        "aborted", r"request was aborted|operation was aborted|interrupted by user|user (?:aborted|cancell?ed)",
        "The request was stopped by the person.",
        "Nothing was refused. The file is intact.", "endpoint", (_AGAIN,),
    ),
)


def answer_to(text: str) -> Answer | None:
    """The first answer whose pattern is found in an error text; a certain one before others."""
    found = [answer for answer in ANSWERS if answer.search.search(text)]
    return next((answer for answer in found if answer.certain), found[0] if found else None)
