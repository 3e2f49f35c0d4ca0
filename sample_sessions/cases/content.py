"""Content."""

from __future__ import annotations

import base64

from sample_sessions.making import (
    LONG,
    NEW,
    OLD,
    TWICE,
    Item,
    Json,
    Judged,
    blocks,
    both,
    dump,
    fresh,
    last,
    prompt,
    sample,
    says,
)


@sample(
    "empty-text-beside-a-call", LONG, "empty_text_beside_tool",
    Judged(OLD, "refused", "must be non-empty", codes=("C001",)), Judged(NEW, codes=()), delta=-1,
)
def empty_text_beside_tool(r: list[Json]) -> list[Item]:
    """An aborted stream left an empty text in front of a call."""
    r[says(r, "Now a test for the retry.")]["message"]["content"][0]["text"] = ""
    return [*r]


@sample(
    "empty-prompt", LONG, "empty_user", Judged(OLD, "refused", "non-empty", codes=("C001",)),
    Judged(NEW, "refused", "non-empty", codes=("C003",)), delta=-1,
)
def empty_prompt(r: list[Json]) -> list[Item]:
    """A prompt without a character went into the file."""
    r[prompt(r, "Two requests")]["message"]["content"] = ""
    return [*r]


@sample(
    "broken-image", LONG, "image_broken", Judged(OLD, "refused", "Could not process image", codes=("C011",)),
    Judged(NEW, "healed", "Could not process image", codes=("C011",)),
)
def broken_image(r: list[Json]) -> list[Item]:
    """A web page that was saved as a picture went into a prompt."""
    page = base64.b64encode(b"<!doctype html><title>404 Not Found</title>").decode()
    at = r[prompt(r, "Two requests")]["message"]
    source = {"type": "base64", "media_type": "image/png", "data": page}
    at["content"] = [{"type": "text", "text": at["content"]}, {"type": "image", "source": source}]
    return [*r]


@sample(
    "unsigned-thinking", LONG, "sig_missing", Judged(OLD, "refused", "signature: Field required", codes=("C007",)),
    Judged(NEW, "healed", "signature: Field required", codes=("C007",)),
)
def unsigned_thinking(r: list[Json]) -> list[Item]:
    """A thinking block came without its signature."""
    at = next(i for i, x in enumerate(r) if any("a race under threads" in b.get("thinking", "") or "check-then-set" in b.get("thinking", "") for b in blocks(x)))
    del blocks(r[at])[0]["signature"]
    return [*r]


@sample("unknown-block", LONG, "unknown_block", *both("refused", "C009", error="does not match any of the expected tags"))
def unknown_block(r: list[Json]) -> list[Item]:
    """A block of a kind that the API does not know stands in a reply."""
    r[says(r, "One order from twenty")]["message"]["content"].append({"type": "hologram", "source": "none"})
    return [*r]


@sample("string-in-a-reply", LONG, "string_assistant", Judged(OLD, "crash", codes=("C010",)), Judged(NEW, codes=()))
def string_assistant(r: list[Json]) -> list[Item]:
    """A reply's content is a plain string; clients before 2.1.290 crash on it."""
    message = r[says(r, "One order from twenty")]["message"]
    message["content"] = message["content"][0]["text"]
    return [*r]


@sample("unterminated-last-line", TWICE, "no_final_newline", *both("accepted", "J008"))
def unterminated(r: list[Json]) -> list[Item]:
    """The last record is whole and its line end is missing."""
    return [*r[:-1], dump(r[-1]).rstrip(b"\n")]


@sample("blank-text", TWICE, "blank_text", *both("accepted"), Judged("2.0.76", "refused", "non-whitespace", None, ("C002",)), delta=-1)
def blank_text(r: list[Json]) -> list[Item]:
    """An aborted reply left nothing but line breaks."""
    r[last(r)]["message"]["content"] = [{"type": "text", "text": "\n\n"}]
    return [*r]


@sample("missing-message-id", TWICE, "message_id_missing", *both("accepted", "L012", lost=None))
def missing_message_id(r: list[Json]) -> list[Item]:
    """No reply carries the id of its message, as an exporter wrote them; replies run together."""
    for record in r:
        if record["type"] == "assistant":
            record["message"].pop("id", None)
    return [*r]


@sample("dangling-logical-parent", TWICE, "c_logicalparent_dangling", *both("accepted", "B004"))
def dangling_logical_parent(r: list[Json]) -> list[Item]:
    """The last boundary names a record before it that the file does not hold; nothing follows that link on a resume."""
    next(x for x in reversed(r) if x.get("subtype") == "compact_boundary")["logicalParentUuid"] = fresh(10)
    return [*r]


@sample(
    "parallel-calls-as-a-tree", TWICE, "control", Judged("2.1.70", "accepted", None, True, ("L009",)),
    *both("accepted"),
)
def parallel_tree(r: list[Json]) -> list[Item]:
    """Nothing is wrong with the file; clients from 2.1.20 before 2.1.80 follow one of several parallel calls."""
    return [*r]


@sample("role-in-a-record", TWICE, "role_system", *both("accepted", "C004"))
def role_in_a_record(r: list[Json]) -> list[Item]:
    """Another tool wrote a prompt under the role `system`; the client sends it as the person's."""
    r[prompt(r, "Do the retry one")]["message"]["role"] = "system"
    return [*r]
