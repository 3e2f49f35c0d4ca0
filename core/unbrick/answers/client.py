"""What the client does by itself: how it builds requests, compacts, saves and finds sessions."""

from __future__ import annotations

from unbrick.answers.answer import AGAIN, RESUME, UPDATE_AND_RESUME, Answer, Own
from unbrick.finding import Advice

ANSWERS: tuple[Answer, ...] = (
    Answer(
        "usage-policy",
        r"appears to violate our Usage Policy|can't help with this\. Start a new session",
        "The model refused on policy grounds.",
        "Every turn sends the whole conversation again, so the refusal repeats after a resume for as long as what "
        "set it off is in the context. The file is intact.",
        "endpoint",
        (
            Own("Inside the client, press Esc twice and go back to before the turn that was refused first."),
            Advice("Cut a copy behind the last turn before it.", "unbrick truncate {path} --list"),
        ),
        certain=True,
    ),
    Answer(
        "beta-field",
        r"context_management|clear_thinking_\d+|clear_tool_uses_\d+|anthropic-beta|Unexpected value\(s\)",
        "The client sent a request field that this endpoint or model does not take.",
        "The field is no part of the transcript: the client adds it. It happens behind gateways that lag behind, and "
        "with settings that switch thinking off. The file is intact.",
        "settings",
        (
            Own("Leave the experimental fields out.", "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1 {resume}"),
            UPDATE_AND_RESUME,
        ),
        certain=True,
    ),
    Answer(
        "previous-message-id", r"diagnostics\.previous_message_id",
        "The client quoted the id of its own error notice as if it were a reply.",
        "After a failed request the last assistant record is one the client wrote itself, and this client names it in "
        "the next request. Taking the error records off the end of a copy helps; so does a newer client.",
        "client", (UPDATE_AND_RESUME,), certain=True, only=True,
    ),
    Answer(
        "cache-control", r"blocks with cache_control|cache_control.{0,40}ttl|cache ttl",
        "The client marked too many places for the cache, or marked them wrongly.",
        "The client sets these marks for each request; a transcript that it wrote holds none. The file is intact.",
        "client", (UPDATE_AND_RESUME,), certain=True,
    ),
    Answer(
        "refused-system-gateway",
        r"role must be either 'user' or 'assistant', but got 'system'|unknown variant `system`"
        r"|System message must be at the beginning|Input should be 'user' or 'assistant'",
        "The endpoint does not take system turns in the middle of a conversation.",
        "The client writes its reminders as system turns; the transcript holds no such role. The file is intact.",
        "endpoint",
        (
            Own("Have the client write reminders into the user's turns.",
                "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1 {resume}"),
            UPDATE_AND_RESUME,
        ),
        certain=True,
    ),
    Answer(
        "compaction-failed",
        r"failed to generate conversation summary|error compacting conversation|compaction (?:interrupted|canceled)",
        "The summary for a compaction could not be made.",
        "The history is still in the file. A second /compact after a restart often succeeds; on a smaller history it "
        "has less to do.",
        "endpoint",
        (Own("Resume and run /compact again.", RESUME),
         Advice("Cut a copy at a safe point first.", "unbrick truncate {path} --list")),
    ),
    Answer(
        "thrashing", r"autocompact is thrashing|refilled to the limit within",
        "The context fills up again right after each compaction.",
        "One file or one tool result is nearly as large as the window, so every compaction is undone by the next turn "
        "(anthropics/claude-code#24179). The history is still in the file.",
        "client",
        (Advice("See what fills the context, by tool.", "unbrick context {path}"),
         Advice("Cut a copy at a safe point before it, then ask for the large file in pieces.",
                "unbrick truncate {path} --list")),
        certain=True, only=True,
    ),
    Answer(
        "background-agent", r"currently running as a background agent",
        "The session is held by a background agent of the client.",
        "The file is whole; the client refuses to open it a second time.", "client",
        (Own("Attach to it.", "claude agents"),
         Own("Branch off a copy instead.", "{resume} --fork-session")),
        certain=True, only=True,
    ),
    Answer(
        "subagent-gone", r"agent no longer available",
        "A subagent of this session cannot be resumed any more.",
        "Only the subagent is gone; the main conversation does not depend on it. The warning stays and does no harm.",
        "client", (AGAIN,), certain=True, only=True,
    ),
    Answer(
        "message-gone", r"no message found with message\.uuid",
        "The application asked to resume at a record that the transcript does not hold.",
        "The desktop application and the SDK keep ids of their own, which may be older than the file. Resumed by its "
        "id alone, the session opens at its end.",
        "client", (Advice("Resume it by its id.", RESUME),), certain=True, only=True,
    ),
    Answer(
        "picker-empty",
        r"no (?:conversations|sessions) (?:found to resume|to resume)|no previous (?:conversations|sessions)",
        "The client lists no session here.",
        "Its list leaves out sessions of other folders, of -p and the SDK, and any whose first line it cannot read; "
        "clients of early 2026 also trusted an index that went stale (sessions-index.json). The files are still "
        "there unless they are older than the client's clean-up, 30 days by default.",
        "client",
        (Advice("Resume it by its id; the client needs no list for that.", RESUME),
         Own("See every session of this folder, listed or not.", "unbrick check ~/.claude/projects")),
        certain=True, only=True,
    ),
    Answer(
        "teleport", r"teleport|persist(?:ing|ence)? .{0,30}\b(?:404|409)\b",
        "The session could not be carried over from the web, or back.",
        "A session that was carried over may lack calls that its results answer; `unbrick check` of the local file "
        "says so. The one on the web is not changed by it.",
        "endpoint", (AGAIN,), only=True,
    ),
    Answer(
        "missing-overflow-file", r"persisted[- ]output|tool-results/",
        "A long tool result was kept in a file of its own, and that file is gone.",
        "The transcript holds its beginning, which is what is sent. The rest was removed by the client's clean-up; "
        "nothing breaks without it.",
        "client", (AGAIN,),
    ),
    Answer(
        "memory", r"invalid string length|heap out of memory|allocation failed|maximum call stack size|RangeError",
        "The client ran out of memory, or out of stack, while it read the session.",
        "The file is larger than it can hold in one piece, or one line of it is. `unbrick check` says what takes the "
        "room and what each would free; none of that is ever sent.",
        "client",
        (Advice("See what takes the room.", "unbrick check {path}"), UPDATE_AND_RESUME),
    ),
    Answer(
        "not-persisted",
        r"transcript saving is off|CLAUDE_CODE_CHILD_SESSION|conversation history is no longer on disk",
        "The client did not save this conversation.",
        "It was started with saving switched off (often an inherited CLAUDE_CODE_CHILD_SESSION), so there is no "
        "history to bring back from the file.",
        "settings",
        (Own("Save from now on.", "CLAUDE_CODE_FORCE_SESSION_PERSISTENCE=1 claude"),
         Own("The prompts themselves may still be in history.jsonl in the client's configuration folder.")),
        certain=True, only=True,
    ),
    Answer(
        "not-found", r"no conversation found(?: with session id)?|session not found",
        "The client did not find the conversation.",
        "It looks in the folder of the project it is started from. The file may be whole but belong to a folder that "
        "was moved or renamed, exist in two of them, have no record that it accepts as the end, or have been removed "
        "by a clean-up (that of Claude Code comes after 30 days, cleanupPeriodDays).",
        "client",
        (Advice("Start it in the folder the session was written in: `unbrick check` prints the complete command."),),
    ),
)
