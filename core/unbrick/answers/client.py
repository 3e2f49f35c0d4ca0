"""What the client does by itself: how it builds requests, compacts, saves and finds sessions."""

from __future__ import annotations

from unbrick.answers.answer import RESUME, UPDATE_AND_RESUME, Answer
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
            Advice("Inside the client, press Esc twice and go back to before the turn that was refused first."),
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
            Advice("Leave the experimental fields out.",
                   "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1 claude --resume {session}"),
            UPDATE_AND_RESUME,
        ),
        certain=True,
    ),
    Answer(
        "previous-message-id", r"diagnostics\.previous_message_id",
        "The client quoted the id of its own error notice as if it were a reply.",
        "After a failed request the last assistant record is one the client wrote itself, and this client names it in "
        "the next request. Taking the error records off the end of a copy helps; so does a newer client.",
        "client", (UPDATE_AND_RESUME,), certain=True,
    ),
    Answer(
        "cache-control", r"cache_control|cache ttl",
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
            Advice("Have the client write reminders into the user's turns.",
                   "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1 claude --resume {session}"),
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
        (Advice("Resume and run /compact again.", RESUME),
         Advice("Cut a copy at a safe point first.", "unbrick truncate {path} --list")),
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
)
