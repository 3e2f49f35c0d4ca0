"""JSON as JavaScript writes it, sorted: digests depend on every character."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.formats.claude_code.canonical import bare, canonical, in_blocks, number


@pytest.mark.parametrize(
    ("value", "text"),
    [  # what node prints with JSON.stringify
        (1e21, "1e+21"), (1e-7, "1e-7"), (0.05, "0.05"), (1.5e300, "1.5e+300"), (5e-324, "5e-324"), (1e-6, "0.000001"),
        (123456789012345680000, "123456789012345680000"), (-0.0, "0"), (1.0, "1"),
        (9007199254740993, "9007199254740992"),
        (-1.25e-9, "-1.25e-9"), (100, "100"), (1e20, "100000000000000000000"),
        (1234.5, "1234.5"), (10**400, "null"),
    ],
)
def test_numbers_are_spelt_as_in_javascript(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_value(value: float) -> None:
    assert float(number(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}', id="keys are sorted, no spaces"),
        pytest.param({"\U00010000": 1, "\uff5e": 2}, '{"\U00010000":1,"\uff5e":2}', id="keys by UTF-16, as JavaScript"),
        pytest.param("é\u2028\x7f", '"é\u2028\x7f"', id="nothing escaped that need not be"),
        pytest.param('"\\\n\x1f', '"\\"\\\\\\n\\u001f"', id="what has to be escaped"),
        pytest.param("\ud83d!", '"\\ud83d!"', id="half of a surrogate pair"),
    ],
)
def test_canonical(value: object, text: str) -> None:
    assert canonical(value) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcé"), inner),
)


@given(JSON)
def test_without_fractions_it_is_what_python_writes(value: object) -> None:
    assert canonical(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_marks_for_the_cache_do_not_count_and_a_string_is_one_block() -> None:
    message = {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]}
    assert bare(message) == in_blocks({"role": "user", "content": "a"})
