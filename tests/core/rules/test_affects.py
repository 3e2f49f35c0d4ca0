"""What the rules say of versions, against what the clients did: `tests/data/resume-table.md`.

Each fault stands in the table by the rows that show it alone. A cell says whether the next prompt fails or messages
are lost; the rows of the rule's `affects` have to say the same for that version and file size.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.builder import PAD
from unbrick.finding import Severity
from unbrick.rules import BY_CODE
from unbrick.target import Target, Version
from unbrick.thread import Outcome

TABLE = Path(__file__).parents[2] / "data" / "resume-table.md"
SHOWN = {
    "J005": ("json_nonobject",), "J007": ("bom",), "J009": ("surrogate_result",), "L001": ("parent_broken",),
    "L002": ("parent_null",), "L003": ("parent_cycle", "xb_parent_cycle"), "L008": ("x_progress_in_chain",),
    "L010": ("uuid_missing",), "T001": ("orphan_mid",), "T002": ("orphan_result",),
    "T003": ("dup_result_chain",), "T005": ("retyped_result_text_first",), "T006": ("dup_tool_use_chain",),
    "T007": ("tool_id_bad",), "T008": ("tool_name_bad",), "T009": ("tool_input_string",), "L004": ("uuid_duplicate",),
    "L007": ("ts_missing_last",), "L012": ("message_id_missing",), "C001": ("empty_text_beside_tool",),
    "C003": ("empty_user",), "C009": ("unknown_block",), "C002": ("blank_text",), "C010": ("null_content",),
}
"""Rule → rows that show its fault."""
WORDS = {"CRASH": Outcome.CRASH, "HANG": Outcome.HANG, "NOTFOUND": Outcome.NOT_FOUND, "400": Outcome.REFUSED}


def cells() -> dict[tuple[str, str, str], str]:
    """(rule, row, version) → what the client did; the oldest version left out, whose choice of a leaf is chance."""
    lines = [line.strip("|").split("|") for line in TABLE.read_text("utf-8").splitlines() if line.startswith("| ")]
    rows = {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}
    versions = rows.pop("pattern")
    return {
        (code, name, version): cell for code, names in SHOWN.items() for name in names
        for version, cell in zip(versions, rows[name], strict=False) if cell not in ("", "-") and version != "1.0.44"
    }


def done(cell: str) -> tuple[bool, Outcome | None]:
    """Whether a cell is a failure or a loss, and the outcome where the resume failed."""
    first = cell.split()[0]
    failed = next((outcome for word, outcome in WORDS.items() if first == word), None)
    return failed is not None or any(word.startswith("LOST") for word in cell.split()), failed


@pytest.mark.parametrize(("code", "row", "version"), cells(), ids=lambda value: str(value))
def test_the_rule_says_what_the_client_did(code: str, row: str, version: str) -> None:
    target = Target("claude-code", Version.parse(version))
    size = PAD if row.startswith("xb_") else 10_000
    bad = [one for one in BY_CODE[code].affects if one.holds(target, size) and one.severity is Severity.ERROR]
    wrong, outcome = done(cells()[code, row, version])
    assert bool(bad) == wrong
    assert outcome is None or outcome in {one.outcome for one in bad}
