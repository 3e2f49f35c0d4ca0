"""A value gives way wherever bytes spell it, and nothing else changes."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbrick.secrecy.hide import Hidden, alike

KEY = "npm_9fQz7Lk2Vb8Xw3"
NOTE = "[redacted]"


def hidden(raw: bytes, value: str = KEY) -> tuple[bytes, int]:
    return Hidden(value, NOTE).hide(raw)


@pytest.mark.parametrize(("raw", "wanted"), [
    pytest.param(b'{"a": "npm_9fQz7Lk2Vb8Xw3"}', b'{"a": "[redacted]"}', id="as it stands"),
    pytest.param(b'{"a":"x npm_9fQz7Lk2Vb8Xw3y","b":1.50}', b'{"a":"x [redacted]y","b":1.50}', id="inside a word"),
    pytest.param(b'{"npm_9fQz7Lk2Vb8Xw3":1}', b'{"[redacted]":1}', id="as a name"),
    pytest.param(b'{"a":"caf\\u00e9 \\u006epm_9fQz7Lk2Vb8Xw3"}', b'{"a":"caf\\u00e9 [redacted]"}', id="with an escape"),
    pytest.param(
        b'{"a":"{\\"k\\":\\"npm_9fQz7Lk2Vb8Xw3\\"}"}', b'{"a":"{\\"k\\":\\"[redacted]\\"}"}', id="in JSON inside",
    ),
    pytest.param(
        b'{"a":"{\\"k\\":\\"\\\\u006epm_9fQz7Lk2Vb8Xw3\\"}"}', b'{"a":"{\\"k\\":\\"[redacted]\\"}"}',
        id="with an escape in JSON inside",
    ),
    pytest.param(
        b'{"a":"{\\"torn\\":\\"npm_9fQz7Lk2Vb8Xw3"}', b'{"a":"{\\"torn\\":\\"[redacted]"}', id="in torn JSON inside",
    ),
    pytest.param(b'{"a":"\\npm_9fQz7Lk2Vb8Xw3"}', b'{"a":"\\npm_9fQz7Lk2Vb8Xw3"}', id="not where an escape ends in it"),
    pytest.param(b'{"a":"npm_9fQz7Lk2Vb8Xw3', b'{"a":"[redacted]', id="on a torn line"),
    pytest.param(b'{"a":"\\u006e\\u0070m_9fQz7Lk2Vb8Xw3', b'{"a":"[redacted]', id="with escapes on a torn line"),
    pytest.param(
        b'{"a":"{\\"k\\":\\"\\\\u006epm_9fQz7Lk2Vb8Xw3', b'{"a":"{\\"k\\":\\"[redacted]', id="with escapes, torn twice",
    ),
    pytest.param(b'ed","a":"npm_9fQz7Lk2Vb8Xw\\u0033"}', b'ed","a":"[redacted]"}', id="with escapes and no beginning"),
    pytest.param(
        b'{"a":"torn {\\"k\\":\\"\\\\u006epm_9fQz7Lk2Vb8Xw3"}', b'{"a":"torn {\\"k\\":\\"[redacted]"}',
        id="with escapes in torn JSON inside",
    ),
    pytest.param(b'\xff\x00npm_9fQz7Lk2Vb8Xw3\xfe', b'\xff\x00[redacted]\xfe', id="among garbage"),
    pytest.param(b'{"a":"\xffnpm_9fQz7Lk2Vb8Xw3"}\r\n', b'{"a":"\xff[redacted]"}\r\n', id="beside invalid UTF-8"),
    pytest.param(b'{"a":"\\ud83d npm_9fQz7Lk2Vb8Xw3"}', b'{"a":"\\ud83d [redacted]"}', id="beside half a pair"),
])
def test_a_copy_gives_way(raw: bytes, wanted: bytes) -> None:
    assert hidden(raw) == (wanted, int(raw != wanted))


CARD = "4111111111111111"


@pytest.mark.parametrize(("raw", "wanted"), [
    pytest.param(b'{"a":4111111111111111}', b'{"a":0}', id="a number"),
    pytest.param(b'[4111111111111111 ,"4111111111111111"]', b'[0 ,"[redacted]"]', id="a number and a string"),
    pytest.param(b'{"a":"{\\"n\\":4111111111111111}"}', b'{"a":"{\\"n\\":0}"}', id="in JSON inside"),
    pytest.param(b'{"a":94111111111111111}', b'{"a":94111111111111111}', id="not part of a number"),
    pytest.param(b'{"a":4111111111111111', b'{"a":[redacted]', id="on a torn line"),
])
def test_a_number_gives_way_to_nought(raw: bytes, wanted: bytes) -> None:
    assert hidden(raw, CARD)[0] == wanted


@pytest.mark.parametrize("value", ['{"user": "ada", "pin": 1234}', '"user": "ada"', '"ada", "pin": 1234'])
def test_what_is_json_itself_gives_way_inside_of_a_string(value: str) -> None:
    inside = '{"user": "ada", "pin": 1234}'
    for text in (inside, f"x {inside}", json.dumps([inside])):
        raw = json.dumps({"a": text}).encode()
        left, count = hidden(raw, value)
        assert count == 1
        assert json.loads(left)["a"] == text.replace(
            json.dumps(value)[1:-1] if text.startswith("[") else value, NOTE
        )


def test_a_line_without_a_copy_is_the_same_object() -> None:
    raw = b'{"a":"\\u001b[0m"}'
    assert hidden(raw)[0] is raw


@pytest.mark.parametrize("value", ["", "abc", '""""""""', "\n\n\n\n\n"])
def test_what_cannot_be_told_from_other_text_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="too short"):
        Hidden(value, NOTE)


@pytest.mark.parametrize("note", ["", 'a"b', "a\\b", "ä", KEY])
def test_a_note_must_fit_everywhere(note: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        Hidden(KEY, note)


TEXT = st.text(st.sampled_from('abnu/\\"{}[]:, \n\té😀1') | st.characters(exclude_categories=["Cs"]), max_size=12)
VALUE = st.builds("{}{}{}".format, TEXT, st.sampled_from(["nKey", "quxz9", "uSecret"]), TEXT)


def nested(value: str, levels: int, ascii_only: bool, slashes: bool, around: str) -> Any:
    """A value in JSON in a string in JSON, so deep."""
    found: Any = around + value + around
    for _ in range(levels):
        text = json.dumps({"k": [found, 1.0]}, ensure_ascii=ascii_only)
        found = text.replace("/", "\\/") if slashes else text
    return found


def holds(found: Any, value: str) -> bool:
    """Whether any string of a value, or of the JSON in its strings, holds another."""
    if isinstance(found, dict):
        return any(holds(one, value) for pair in found.items() for one in pair)
    if isinstance(found, list):
        return any(holds(one, value) for one in found)
    if not isinstance(found, str):
        return False
    try:
        inner = json.loads(found) if found[:1] in "{[" and found else None
    except ValueError:
        inner = None
    return holds(inner, value) if inner is not None else value in found


@given(VALUE, st.integers(0, 3), st.booleans(), st.booleans(), st.sampled_from(["", " ", "é", "\n", "<"]))
def test_no_string_holds_the_value_afterwards_and_json_stays_json(
    value: str, levels: int, ascii_only: bool, slashes: bool, around: str,
) -> None:
    raw = json.dumps({"a": nested(value, levels, ascii_only, slashes, around), "b": "kept"}).encode()
    new, count = hidden(raw, value)
    assert count == 1
    assert not holds(json.loads(new), value)
    assert json.loads(new) == {"a": nested(NOTE, levels, ascii_only, slashes, around), "b": "kept"}


LONG = st.builds("nKey{}".format, st.text(min_size=8, max_size=90))
ENDS = st.binary(max_size=8)


def wrapped(text: str, width: int, indent: str = "") -> str:
    return f"\n{indent}".join(textwrap.wrap(text, width)) if width else text


def left_of(text: str, value: str) -> str:
    """What redaction leaves of a text in a record, put together again; one copy is found."""
    new, count = hidden(json.dumps({"a": text, "b": "kept"}).encode(), value)
    assert count == 1
    left = json.loads(new)
    assert left["b"] == "kept"
    return "".join(left["a"].split())


@given(LONG, ENDS, ENDS, st.booleans(), st.sampled_from([0, 64, 76]), st.sampled_from(["", "        "]))
def test_base64_of_what_holds_the_value_stays_base64_and_holds_it_no_more(
    value: str, before: bytes, behind: bytes, address: bool, width: int, indent: str,
) -> None:
    encode = base64.urlsafe_b64encode if address else base64.b64encode
    written = encode(before + value.encode() + behind).decode()
    text = left_of(wrapped(written, width, indent), value)
    left = base64.b64decode(text, b"-_" if address else None)
    assert len(text) == len(written) and value.encode() not in left and b"***" in left
    assert left.startswith(before) and left.endswith(behind)


@given(LONG, ENDS, ENDS, ENDS, ENDS, st.sampled_from([0, 76]))
def test_base64_of_base64_stays_so_and_holds_the_value_no_more(
    value: str, before: bytes, behind: bytes, first: bytes, last: bytes, width: int,
) -> None:
    inner = base64.b64encode(before + value.encode() + behind)
    text = left_of(wrapped(base64.b64encode(first + b" " + inner + b" " + last).decode(), width), value)
    left = base64.b64decode(text)
    assert left.startswith(first + b" ") and left.endswith(b" " + last)
    left = base64.b64decode(left[len(first) + 1 : len(first) + 1 + len(inner)])
    assert left.startswith(before) and left.endswith(behind) and value.encode() not in left and b"***" in left


@given(LONG, st.text(max_size=8), st.text(max_size=8), st.sampled_from([0, 76]))
def test_base64_of_utf_16_stays_so_and_holds_the_value_no_more(
    value: str, before: str, behind: str, width: int,
) -> None:
    text = left_of(wrapped(base64.b64encode(f"{before}{value}{behind}".encode("utf-16-le")).decode(), width), value)
    left = base64.b64decode(text).decode("utf-16-le", "surrogatepass")
    assert left.startswith(before) and left.endswith(behind) and value not in left and "***" in left


@given(LONG, ENDS, ENDS, st.booleans(), st.sampled_from([0, 2, 60]))
def test_digits_of_what_holds_the_value_stay_digits_and_hold_it_no_more(
    value: str, before: bytes, behind: bytes, large: bool, width: int,
) -> None:
    written = (before + value.encode() + behind).hex()
    left = bytes.fromhex(left_of(wrapped(written.upper() if large else written, width), value))
    assert left.startswith(before) and left.endswith(behind) and value.encode() not in left and b"***" in left


@given(LONG.filter(str.isascii), st.text(max_size=4), st.integers(0, 3), st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_utf_16_that_was_read_as_something_else_keeps_its_length(
    value: str, around: str, levels: int, code: str,
) -> None:
    read = (around + value + around).encode(code).decode("latin-1")
    new, count = hidden(json.dumps({"a": nested(read, levels, True, False, "")}).encode(), value)
    left = json.loads(new)["a"]
    for _ in range(levels):
        left = json.loads(left)["k"][0]
    assert count == 1 and len(left) == len(read) and value not in left.encode("latin-1").decode(code)


def test_a_file_of_utf_16_keeps_what_stands_around_the_value() -> None:
    raw = f"a={KEY}\r\nb=é€\r\n".encode("utf-16")
    new, count = hidden(raw)
    left = new.decode("utf-16")
    assert count == 1 and left.startswith("a=") and left.endswith("\r\nb=é€\r\n") and KEY not in left


@given(VALUE, st.sampled_from(["", "/", "/:?=&"]), st.booleans())
def test_an_address_does_not_hold_the_value_afterwards(value: str, safe: str, small: bool) -> None:
    written = quote(value, safe=safe)
    if small:
        written = re.sub("%..", lambda found: found[0].lower(), written)
    raw = json.dumps({"a": f"https://x/?p={written}&q=1"}).encode()
    new, count = hidden(raw, value)
    assert count and not holds(json.loads(new), value) and value not in unquote(json.loads(new)["a"])


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_are_read_and_those_around_a_copy_stay(before: bytes, behind: bytes) -> None:
    raw = before + b" npm_9fQz7Lk2Vb8Xw3 " + behind
    new, count = hidden(raw)
    assert new.startswith(before) and new.endswith(behind)
    assert count or b'"' in before


@given(st.lists(st.text(max_size=6), min_size=1, max_size=4), st.lists(st.text(max_size=6), min_size=3, max_size=3))
def test_a_text_is_told_again_when_values_in_it_gave_way(parts: list[str], values: list[str]) -> None:
    before = parts[0] + "".join(value + part for value, part in zip(values, parts[1:], strict=False))
    assert alike(NOTE.join(parts), before)


@pytest.mark.parametrize(("text", "other"), [
    pytest.param("a", "b", id="no note"), pytest.param(f"a{NOTE}b", "ab c", id="another end"),
    pytest.param(f"a{NOTE}a", "a", id="too short"), pytest.param(f"a{NOTE}x{NOTE}b", "a--b", id="a part is missing"),
])
def test_another_text_is_not(text: str, other: str) -> None:
    assert not alike(text, other)


def xxd(data: bytes, start: int = 0) -> str:
    rows = ((at, data[at : at + 16]) for at in range(0, len(data), 16))
    return "".join(
        f"{start + at:08x}: {row.hex(' ', -2):<39}  {''.join(chr(b) if 32 <= b < 127 else '.' for b in row)}\n"
        for at, row in rows
    )


def hexdump(data: bytes) -> str:
    rows = ((at, data[at : at + 16]) for at in range(0, len(data), 16))
    return "".join(
        f"{at:08x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  "
        f"|{''.join(chr(b) if 32 <= b < 127 else '.' for b in row)}|\n"
        for at, row in rows
    ) + f"{len(data):08x}\n"


def od(data: bytes) -> str:
    rows = ((at, data[at : at + 16]) for at in range(0, len(data), 16))
    return "".join(
        f"{at:07o} {row.hex(' '):<47}  >{''.join(chr(b) if 32 <= b < 127 else '.' for b in row)}<\n" for at, row in rows
    )


def bare(data: bytes) -> str:
    rows = ((at, data[at : at + 8]) for at in range(0, len(data), 8))
    return "".join(f"  12→{at:04X}   {row.hex(' ').upper()}\n" for at, row in rows)


DUMPS = [xxd, hexdump, od, bare]


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.__name__)
@pytest.mark.parametrize("torn", [False, True], ids=["whole", "torn"])
@settings(max_examples=25)
@given(before=st.binary(max_size=40), after=st.binary(max_size=40), depth=st.integers(0, 2))
def test_in_a_dump_it_gives_way_to_asterisks_and_the_columns_stay(
    dump: Callable[[bytes], str], torn: bool, before: bytes, after: bytes, depth: int,
) -> None:
    if torn:  # What an escape writes takes more room than it has in its column.
        before, after = (one.translate(None, b'"\\') for one in (before, after))
    values = KEY.encode(), b"*" * len(KEY)
    text, wanted = (f"$ dump\n{dump(before + one + after)}$ " for one in values)
    for _ in range(depth):
        text, wanted = (json.dumps({"output": one}) for one in (text, wanted))
    raw, expected = (json.dumps({"content": one}, ensure_ascii=False).encode() for one in (text, wanted))
    raw, expected = (one[:-2] if torn else one for one in (raw, expected))
    left, count = hidden(raw)
    assert count and left.lower() == expected.lower()


@pytest.mark.parametrize("words", ["xxd", "hexdump -v -C", "od -v -t x1z"])
def test_what_programs_print_is_read(words: str) -> None:
    program = words.split()
    if shutil.which(program[0]) is None:
        pytest.skip(f"no {program[0]} here")
    data = b"export TOKEN='" + KEY.encode() * 2 + b"'\n\xff\0and more"
    texts = [
        subprocess.run(program, input=one, capture_output=True, check=True).stdout.decode()
        for one in (data, data.replace(KEY.encode(), b"*" * len(KEY)))
    ]
    assert hidden(json.dumps(texts[0]).encode())[0] == json.dumps(texts[1]).encode()


def test_rows_that_do_not_follow_on_one_another_are_no_dump_of_it() -> None:
    rows = xxd(KEY.encode()).splitlines()
    raw = "\n".join([rows[0], rows[1].replace("00000010", "00000040")]).encode()
    assert hidden(raw) == (raw, 0)
