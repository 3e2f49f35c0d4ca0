"""Compactions that left too little, or nothing."""

from __future__ import annotations

import copy

from sample_sessions.making import LONG, TWICE, Item, Json, after, both, fresh, last, prompt, sample


@sample("thin-summary", TWICE, "anthropics/claude-code#4996", *both("accepted", "B005"), options=("--restore",), delta=0)
def thin_summary(r: list[Json]) -> list[Item]:
    """In the place of the last summary stands half a sentence; the history before it is all in the file."""
    summary = next(x for x in reversed(r) if x.get("isCompactSummary"))
    content = str(summary["message"]["content"])
    frame = content.index("Summary:") if "Summary:" in content else len(content)
    summary["message"]["content"] = f"{content[:frame]}I will summarise the conversation now."
    return [*r]


@sample("unfinished-compaction", LONG, "anthropics/claude-code#19443", *both("accepted", "B006"), delta=2)
def unfinished_compaction(r: list[Json]) -> list[Item]:
    """/compact was tried at the end and timed out; only the notice is in the file."""
    at, made = r[last(r)]["uuid"], []
    texts = (
        "<command-name>/compact</command-name>\n            <command-message>compact</command-message>\n"
        "            <command-args></command-args>",
        "<local-command-stderr>Error: Error during compaction: Error: Request timed out.</local-command-stderr>",
    )
    for number, text in enumerate(texts):
        record = copy.deepcopy(r[prompt(r, "Do the retry one")])
        record.update(uuid=fresh(4000 + number), parentUuid=at, timestamp=after(r, number + 1))
        record["message"]["content"] = text
        at = record["uuid"]
        made.append(record)
    return [*r[:-1], *made, {**r[-1], "leafUuid": at}]
