"""Where records of a reply come in that hang beside the parent walk (seen on 2.1.240, 2.1.266 and 2.1.329)."""

from __future__ import annotations

import pytest

from tools.chat import Chat, judge


def reply(order: str, parents: dict[str, str]) -> Chat:
    """A reply of one record per letter, in this order in the file, that goes on behind D."""
    chat = Chat()
    ids = {"P": chat.user("PROMPT-1")}
    for letter in order:
        ids[letter] = chat.assistant(letter, message="msg_a")
    for record in chat.records:
        letter = next(letter for letter, uuid in ids.items() if uuid == record["uuid"])
        record["parentUuid"] = ids.get(parents.get(letter, ""))
    chat.user("PROMPT-2", parent=ids["D"])
    chat.assistant("REPLY-2")
    return chat


@pytest.mark.parametrize(("order", "parents", "sent"), [
    ("ABCD", {"A": "P", "B": "A", "C": "B", "D": "B"}, "ABCD"),
    ("ABCD", {"A": "P", "B": "A", "C": "A", "D": "B"}, "ABCD"),
    ("ACBD", {"A": "P", "B": "A", "C": "A", "D": "B"}, "ACBD"),
    ("ABDC", {"A": "P", "B": "A", "C": "A", "D": "B"}, "ABDC"),
    ("CABD", {"A": "P", "B": "A", "C": "P", "D": "B"}, "ACBD"),
])
def test_the_file_says_where_but_nothing_comes_before_the_first(order: str, parents: dict[str, str], sent: str) -> None:
    for version, expected in (("2.1.70", "ABD"), ("2.1.240", "ABDC"), ("2.1.266", sent), ("2.1.329", sent)):
        request = judge(reply(order, parents), version).situation.request
        content = next(m["content"] for m in request.messages() if m["role"] == "assistant")
        assert "".join(block["text"] for block in content if isinstance(block, dict)) == expected, version
