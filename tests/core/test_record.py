"""Any bytes are a record or a fault that says why not, and what can be cut out of a damaged line is cut out whole."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbrick.record import FaultKind, compact, read, salvage

ONE = b'{"parentUuid":null,"type":"user","uuid":"1","message":{"role":"user","content":[{"type":"text","text":"hi"}]}}'
TWO = b'{"type":"assistant","uuid":"2","parentUuid":"1","message":{"content":[]}}'
JSONISH = st.text(alphabet='{}[]",:\\ud83\x00 1aetru\ufeff', max_size=40).map(str.encode)


@given(st.binary(max_size=80) | JSONISH | st.tuples(st.just(ONE), st.binary(max_size=10), st.just(TWO)).map(b"".join))
def test_any_bytes_give_a_value_or_a_fault(raw: bytes) -> None:
    value, fault = read(raw)
    assert value is not None or fault is not None
    if value is not None:
        assert isinstance(value, dict)
        assert fault is None or fault.readable
    if fault is not None:
        assert fault.message
        assert 0 <= fault.offset <= len(raw)
        assert all(read(piece)[0] is not None for piece in fault.salvage)


@given(st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.text(max_size=5) | st.integers(), st.lists)))
def test_what_the_client_writes_is_read_without_a_fault(value: dict[str, object]) -> None:
    raw = compact(value)
    assert json.loads(raw.decode("utf-8", "surrogatepass")) == value
    again, fault = read(raw + b"\n")
    assert again is not None
    assert fault is None or fault.kind is FaultKind.SURROGATE


@pytest.mark.parametrize(
    ("raw", "kind", "salvaged", "readable"),
    [
        pytest.param(b"\n", FaultKind.BLANK, (), False, id="an empty line"),
        pytest.param(b" \t\r\n", FaultKind.BLANK, (), False, id="white space"),
        pytest.param(b"\x00" * 9 + b"\n", FaultKind.NUL, (), False, id="nothing but NUL"),
        pytest.param(b"\x00" * 9 + ONE + b"\n", FaultKind.NUL, (ONE,), False, id="NUL in front of a record"),
        pytest.param(ONE + b"\x00\x00" + TWO + b"\n", FaultKind.NUL, (ONE, TWO), False, id="NUL between records"),
        pytest.param(ONE[:60], FaultKind.TORN, (), False, id="cut off"),
        pytest.param(ONE[:60] + TWO + b"\n", FaultKind.TORN, (TWO,), False, id="cut off, the next one glued on"),
        pytest.param(ONE + TWO + b"\n", FaultKind.GLUED, (ONE, TWO), False, id="two on a line"),
        pytest.param(ONE + TWO[:30] + b"\n", FaultKind.GLUED, (ONE,), False, id="two on a line, the second cut off"),
        pytest.param(b"not json\n", FaultKind.GARBAGE, (), False, id="prose"),
        pytest.param(b"null\n", FaultKind.NOT_OBJECT, (), False, id="null"),
        pytest.param(b"[1]\n", FaultKind.NOT_OBJECT, (), False, id="an array"),
        pytest.param(b"NaN\n", FaultKind.GARBAGE, (), False, id="not a number"),
        pytest.param(b"\xef\xbb\xbf" + ONE, FaultKind.BOM, (ONE,), True, id="a byte order mark"),
        pytest.param(b'{"a":"\xff\xfe"}', FaultKind.UTF8, ('{"a":"\ufffd\ufffd"}'.encode(),), True, id="bad UTF-8"),
        pytest.param(b'{"a":"\\ud83d!"}', FaultKind.SURROGATE, (), True, id="half a pair, the first"),
        pytest.param(b'{"a":"\\ude00"}', FaultKind.SURROGATE, (), True, id="half a pair, the second"),
    ],
)
def test_faults(raw: bytes, kind: FaultKind, salvaged: tuple[bytes, ...], readable: bool) -> None:
    value, fault = read(raw)
    assert fault is not None
    assert (fault.kind, fault.salvage, fault.readable) == (kind, salvaged, readable)
    assert (value is not None) == readable


@pytest.mark.parametrize(
    ("raw", "offset"),
    [
        pytest.param(b'{"a":"\\ud83d\\ude00 \\ud83d"}', 19, id="behind a whole pair"),
        pytest.param(b'{"a":"\\\\ud83d \\ude00"}', 14, id="behind an escaped backslash"),
        pytest.param(b'{"a":"\\ude00\\ud83d"}', 6, id="the halves in the wrong order"),
    ],
)
def test_half_a_pair_is_found_where_it_stands(raw: bytes, offset: int) -> None:
    fault = read(raw)[1]
    assert fault is not None
    assert (fault.kind, fault.offset) == (FaultKind.SURROGATE, offset)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"a":"\\ud83d\\ude00"}', id="a whole pair"),
        pytest.param(b'{"a":1e999}', id="a number that JavaScript reads as infinity"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="an integer of 5,000 digits"),
        pytest.param(b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}", id="3,000 levels deep"),
        pytest.param(b'{"a":1}\r\n', id="a carriage return"),
    ],
)
def test_what_the_client_reads_is_read(raw: bytes) -> None:
    value, fault = read(raw)
    assert value is not None
    assert fault is None


def test_very_deep_nesting_is_read_as_far_as_it_matters() -> None:
    value, fault = read(b'{"uuid":"1","a":' + b"[" * 200_000 + b"]" * 200_000 + b"}")
    assert value is not None
    assert value["uuid"] == "1"
    assert fault is None


def test_what_lies_inside_a_record_that_was_cut_off_is_not_taken_for_a_record() -> None:
    torn = ONE[: ONE.index(b"]}}")]
    assert salvage(torn) == ()
    assert salvage(torn + TWO) == (TWO,)


@given(st.integers(0, len(ONE)))
def test_a_whole_record_behind_one_that_was_cut_off_is_saved_and_nothing_else(cut: int) -> None:
    assert salvage(ONE[:cut] + TWO) == ((ONE, TWO) if cut == len(ONE) else (TWO,))


def test_numbers_and_halves_are_written_so_that_they_are_read_again() -> None:
    value = {"big": 1 << 70, "half": "\ud83d", "é": "ü"}
    assert compact(value) == b'{"big":1180591620717411303424,"half":"\\ud83d","\xc3\xa9":"\xc3\xbc"}'
    assert orjson.loads(compact({"a": 1})) == {"a": 1}
