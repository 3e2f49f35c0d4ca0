"""What the service, the account and the way to the service answer: limits, credit, sign-in, load, connections."""

from __future__ import annotations

from unbrick.answers.answer import AGAIN, RESUME, UPDATE_AND_RESUME, Answer, Own
from unbrick.finding import Advice

STATUS_CODE = r"(?:error|\||status|code|http)\W{0,3}"
"""What stands before a status code; a bare number may be an index into the request."""

STATUS = Advice("See whether the service is disturbed: https://status.claude.com")

ANSWERS: tuple[Answer, ...] = (
    Answer(
        "extra-usage",
        r"(?:extra usage|usage credits) (?:is |are )?required for (?:long context|1M context)",
        "The account may not use the long context window.",
        "The conversation is longer than 200,000 tokens and the plan does not cover the 1M window. The file is intact.",
        "endpoint",
        (
            Own("Allow extra usage in the account (/usage-credits in the client), then resume.", RESUME),
            Own("Resume with another model, send a short prompt so that the client compacts, and switch back.",
                "{resume} --model haiku"),
        ),
        certain=True,
    ),
    Answer(
        "tool-schema", r"tools\.\d+\.|input_schema",
        "The definition of a tool is refused, not the conversation.",
        "Definitions are no part of the transcript: the client sends them with each request, and one that is refused "
        "comes from an MCP server as a rule. The number counts the tools of that request. The file is intact.",
        "settings",
        (
            Own("Resume without MCP servers; when that works, switch them on again one by one (/mcp in the client).",
                "{resume} --strict-mcp-config"),
            UPDATE_AND_RESUME,
        ),
        certain=True,
    ),
    Answer(
        "usage-limit",
        r"usage limit reached|(?:hit|reached) your (?:\w+[ -]){0,3}limit|out of extra usage|limit will reset",
        "The plan's usage limit was reached.",
        "The request was not processed. The file is intact; the session goes on when the limit resets.",
        "endpoint", (AGAIN,),
    ),
    Answer(
        "rate-limit", STATUS_CODE + r"429\b|rate[_ ]limit", "Too many requests in a short time (429).",
        "The service turned the request away because of its rate, not because of what is in it. The file is intact.",
        "endpoint", (AGAIN,),
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
        r"|authentication_error|" + STATUS_CODE + r"401\b|(?:token|session) (?:has )?(?:expired|been revoked)",
        "The client is not signed in, or its key is not accepted.",
        "The request never reached the model. The file is intact.", "settings",
        (Own("Sign in again inside the client with /login, then resume.", RESUME),),
    ),
    Answer(
        "permission",
        r"permission_error|" + STATUS_CODE + r"403\b|not allowed for this organization|account (?:has been )?disabled",
        "The account or organization is not allowed to make this request.",
        "The request never reached the model. The file is intact.", "settings",
        (Own("Sign in with another account (/login inside the client), or ask the administrator."),),
    ),
    Answer(
        "model", r"not_found_error.*model|model:? .*(?:not found|does not exist|may not exist|not available)",
        "The service does not know the model, or the account may not use it.",
        "The file is intact: any other model can go on with it.", "settings",
        (Own("Resume with another model.", "{resume} --model sonnet"),),
    ),
    Answer(
        "body-cut", r"request body is not valid JSON: unexpected end",
        "The request arrived cut off.",
        "The text that was sent ended early: a proxy, a dropped connection, or NUL bytes in a tool's output.",
        "endpoint", (AGAIN, UPDATE_AND_RESUME), certain=True,
    ),
    Answer(
        "overloaded", STATUS_CODE + r"529\b|overloaded", "The service was overloaded (529).",
        "The request was not processed. The file is intact.", "endpoint", (AGAIN, STATUS),
    ),
    Answer(
        "timeout", r"timed? ?out|" + STATUS_CODE + r"504\b|deadline exceeded|ETIMEDOUT|ESOCKETTIMEDOUT",
        "The service or the way to it did not answer in time.",
        "The request was not answered; nothing in it was refused. The file does not cause this, though a very long "
        "context makes it more likely, and what the interruption left behind may need mending.",
        "endpoint", (AGAIN, STATUS),
    ),
    Answer(
        "connection",
        r"connection (?:error|closed|refused|reset)|ECONN\w+|ENOTFOUND|EAIAGAIN|EPIPE|fetch failed|socket hang up"
        r"|network (?:error|changed)|unable to connect|stream (?:closed|ended|idle)|terminated\b",
        "The connection to the service broke.",
        "The request was not answered; nothing in it was refused. The file is intact.", "endpoint", (AGAIN,),
    ),
    Answer(
        "disk-full", r"ENOSPC|no space left on device|EDQUOT|disk quota",
        "There was no room left on the disk.",
        "Claude Code before 2.1.217 went on without saving, so the turns since then are not in the file. What was "
        "typed may still be in history.jsonl in its configuration folder, and edited files in file-history/.",
        "settings", (Advice("Make room, then resume.", RESUME),), certain=True,
    ),
    Answer(
        "certificate", r"certificate|SELF_SIGNED|UNABLE_TO_VERIFY|ssl error",
        "The connection was not trusted: a certificate on the way is not known.",
        "A company proxy is the usual cause. The file is intact.", "settings",
        (Own("Name the proxy's certificate.", "NODE_EXTRA_CA_CERTS=/path/to/company-ca.pem {resume}"),),
    ),
    Answer(
        "server",
        STATUS_CODE + r"50[0-3]\b|internal server error|api_error\b|bad gateway|service unavailable|upstream",
        "The service failed (5xx).",
        "The fault was on the other side; nothing in the request was refused. The file is intact.", "endpoint",
        (AGAIN, STATUS),
    ),
    Answer(
        "aborted", r"request was aborted|operation was aborted|interrupted by user|user (?:aborted|cancell?ed)",
        "The request was stopped by the person.",
        "Nothing was refused. The file is intact.", "endpoint", (AGAIN,),
    ),
)
