"""What a report says in sentences, on the sample sessions."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from unbrick.opening import Choices, examine, open_word
from unbrick.report import Report
from unbrick.scanning.scan import finish
from unbrick.telling import sentences

SAMPLES = Path(__file__).parents[3] / "sample_sessions" / "claude_code"


@cache
def report(name: str, client: str = "recorded") -> Report:
    with open_word(str(SAMPLES / name), Choices(client, surroundings=False), SAMPLES) as opened:
        return finish(examine(opened))


@pytest.mark.parametrize(
    ("name", "client", "headline", "loads"),
    [
        pytest.param(
            "healthy", "2.1.139", r"will work on Claude Code 2\.1\.139\.",
            r"loads all \d+ messages \(about .* tokens\)\. Not loaded: \d+ rewound \(normal\)\.", id="healthy",
        ),
        pytest.param(
            "healthy-compacted-twice", "recorded", r"will work on",
            r"loads all \d+ messages since the last compaction .*\. Not loaded: \d+ summarised \(normal\)\.",
            id="compacted",
        ),
        pytest.param(
            "null-parent-in-the-middle", "recorded", r"will work on .*, but without \d+ messages of this session",
            r"loads \d+ messages, from \w{3} \d+ \w{3}.* on .*Not loaded: \d+ before that, which a fix brings back; ",
            id="history lost",
        ),
        pytest.param(
            "failed-compaction", "recorded", r"will work on .*, but without 124 messages of this session",
            r"Not loaded: 124 before that, which a fix brings back\.$",
            id="a compaction that failed loses the history before it",
        ),
        pytest.param(
            "bare-boundary", "recorded", r"no history at all",
            r"loads nothing\. In the file: 41 messages, which a fix brings back; 65 summarised \(normal\)\.$",
            id="what an unfinished compaction lost, and what an earlier one summarised",
        ),
        pytest.param(
            "api-error-orphans-the-reply", "recorded", r"but without 1 message of",
            r"loads 122 .*: 1 lost, which a fix brings back",
            id="a reply that a retry orphaned is lost",
        ),
        pytest.param(
            "pointer-names-a-prompt", "recorded", r"but without 5 messages of",
            r"Not loaded: 5 lost, which a fix brings back; 2 beside the thread \(L005@211 says more\)",
            id="a reply behind the end is lost",
        ),
        pytest.param(
            "second-terminal", "recorded", r"will work on .*, but 45 messages may have been left out\.",
            r"Not loaded: 45 beside the thread \(L005@153 says more\); 5 rewound \(normal\)\.$",
            id="two clients on one session",
        ),
        pytest.param(
            "glued-records", "recorded", r"but without 2 messages of",
            r"loads 156 messages .*Not loaded: 2 lost, which a fix brings back",
            id="messages on a line that cannot be read",
        ),
        pytest.param(
            "sidechain-leaf", "recorded", r"cannot be typed: the client will not find this session",
            r"loads nothing\. In the file: 157 messages, which a fix brings back; ", id="not found",
        ),
        pytest.param(
            "null-line", "2.1.139", r"cannot be typed: the client will crash", r"loads nothing", id="crash",
        ),
        pytest.param("parent-cycle", "2.0.76", r"cannot be typed: the client will hang", r"loads nothing", id="hang"),
        pytest.param(
            "role-system-with-flag", "recorded", r"will be refused by the API", r"since the last compaction",
            id="refused",
        ),
    ],
)
def test_the_first_lines_of_a_report(name: str, client: str, headline: str, loads: str) -> None:
    found = report(name, client)
    assert re.search(headline, sentences.headline(found))
    assert re.search(loads, sentences.loads(found))


def test_what_is_wrong_is_one_sentence_with_its_line() -> None:
    said = sentences.sentence(report("null-parent-in-the-middle"))
    assert re.match(r"Line \d+: ", said)
    assert said.endswith(".")
    assert ". " not in said


def test_an_innocent_file_is_said_to_be_innocent() -> None:
    said = sentences.sentence(report("role-system-without-flag"))
    assert said.startswith("The file is innocent, and no edit of it will help: ")


def test_the_last_recorded_error_is_accounted_for() -> None:
    assert "explained by E001" in sentences.last_error(report("role-system-with-flag"))
    assert sentences.last_error(report("healthy")) == ""


@pytest.mark.parametrize(("number", "said"), [(0, "0 messages"), (1, "1 message"), (4543, "4,543 messages")])
def test_numbers_are_read_by_people(number: int, said: str) -> None:
    assert sentences.messages(number) == said
