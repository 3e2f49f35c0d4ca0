"""What OpenAI's Responses API answers to a request that was put together wrongly from what it keeps itself."""

from __future__ import annotations

from unbrick.answers.answer import Answer
from unbrick.finding import Advice

ANSWERS: tuple[Answer, ...] = (
    Answer(
        "reasoning-parted",
        r"of type 'reasoning' was provided without its required following item|without its required 'reasoning' item",
        "A reasoning item was sent without what belongs to it.",
        "The API wants a reasoning item (rs_…) and the message or call that it led to (msg_…, fc_…) together, as it "
        "gave them. The program that sent the request kept one of the two. The conversation itself is whole.",
        "client",
        (
            Advice("Send neither the reasoning items nor the ids of the items that followed them; texts, calls and "
                   "outputs are enough."),
            Advice("Or send both as they came, with `store: false` and the encrypted content of the reasoning."),
        ),
        certain=True,
    ),
    Answer(
        "response-gone",
        r"previous[ _]response.{0,80}not[ _]found|Item with id '(?:rs|msg|fc|resp)_[^']*' not found",
        "The service does not keep the response, or the item, that the request goes on from.",
        "An id in the request (previous_response_id, or the id of an item) names what the service has not stored: it "
        "was sent with `store: false`, came from another account or endpoint, or is gone after its time. The "
        "conversation itself is whole.",
        "endpoint",
        (Advice("Leave previous_response_id and the ids of items out, and send the whole conversation instead."),),
        certain=True,
    ),
    Answer(
        "item-twice", r"Duplicate item found with id",
        "The request holds one item twice.",
        "It goes on from a stored response and holds items of it once more, or two of its messages were made from one. "
        "What the transcript says is whole.",
        "client",
        (Advice("Send either previous_response_id with what is new, or the whole conversation without it."),),
        certain=True,
    ),
    Answer(
        "tool-definitions", r"Invalid 'tools(?:\[\d+\])?(?:\.|':)",
        "The tools that the request offers are refused, not the conversation.",
        "A tool's name holds characters that are not allowed or is longer than 64, or there are more than 128 tools. "
        "Nothing in the transcript is wrong.",
        "settings",
        (Advice("Rename the tool, or switch off servers whose tools are not needed."),),
        certain=True,
    ),
)
