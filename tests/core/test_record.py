"""Any bytes are a record or a fault that says why not, and what can be cut out of a damaged line is cut out whole."""

from __future__ import annotations

import base64
import json
import re
import tracemalloc
from collections.abc import Callable, Iterator

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unbrick import abridged as abridging
from unbrick import record
from unbrick.record import FaultKind, compact, cut_out, glance, read, salvaged

ONE = b'{"parentUuid":null,"type":"user","uuid":"1","message":{"role":"user","content":[{"type":"text","text":"hi"}]}}'
TWO = b'{"type":"assistant","uuid":"2","parentUuid":"1","message":{"content":[]}}'
MENDED = b'{"a":"\xef\xbf\xbd%b"}'
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
        assert all(read(piece)[0] is not None for piece in cut_out(raw, fault))


@given(st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.text(max_size=5) | st.integers(), st.lists)))
def test_what_the_client_writes_is_read_without_a_fault(value: dict[str, object]) -> None:
    raw = compact(value)
    assert json.loads(raw.decode("utf-8", "surrogatepass")) == value
    again, fault = read(raw + b"\n")
    assert again is not None
    assert fault is None or fault.kind is FaultKind.SURROGATE


@pytest.mark.parametrize(
    ("raw", "kind", "pieces", "readable"),
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
        pytest.param(b'{"a":"\\ud83d!"}', FaultKind.SURROGATE, (MENDED % b"!",), True, id="half a pair, the first"),
        pytest.param(b'{"a":"\\ude00"}', FaultKind.SURROGATE, (MENDED % b"",), True, id="half a pair, the second"),
    ],
)
def test_faults(raw: bytes, kind: FaultKind, pieces: tuple[bytes, ...], readable: bool) -> None:
    value, fault = read(raw)
    assert fault is not None
    assert (fault.kind, cut_out(raw, fault), fault.readable) == (kind, pieces, readable)
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
    assert salvaged(torn) == ()
    assert salvaged(torn + TWO) == (TWO,)


@given(st.integers(0, len(ONE)))
def test_a_whole_record_behind_one_that_was_cut_off_is_saved_and_nothing_else(cut: int) -> None:
    assert salvaged(ONE[:cut] + TWO) == ((ONE, TWO) if cut == len(ONE) else (TWO,))


def test_numbers_and_halves_are_written_so_that_they_are_read_again() -> None:
    value = {"big": 1 << 70, "half": "\ud83d", "é": "ü"}
    assert compact(value) == b'{"big":1180591620717411303424,"half":"\\ud83d","\xc3\xa9":"\xc3\xbc"}'
    assert orjson.loads(compact({"a": 1})) == {"a": 1}


LONG = base64.b64encode(bytes(range(256)) * 2)
"""Several blocks of base64."""
PROSE = 'Sie sagt: \\"Grüß dich\\", geht \\ud83d\\ude00 🦊 und schweigt.\\n\\u00fc\\\\ '.encode() * 9
"""Several blocks of text with escapes and characters of every length."""

WIDE = "Съешь же ещё этих мягких французских булок. ".encode() * 7
"""Several blocks in another script."""
FOX = "🦊".encode()
HALF = re.compile("[\ud800-\udfff]")


@pytest.fixture
def short_blocks() -> Iterator[None]:
    """Lines of the size of a record count as large, and their texts as those of an image."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(abridging, "LARGE", 0)
        patch.setattr(record, "LARGE", 0)
        patch.setattr(abridging, "BLOCK", 32)
        yield


IMAGE = b'{"parentUuid":null,"type":"user","uuid":"1","message":{"content":[{"data":"%b"},"a %b \\n %b \xc3\xbc"]}}' % (
    LONG, LONG[:500], LONG[9:],
)


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """Records with an image, changed in up to three ways that damage them, or do not."""
    raw = draw(st.sampled_from([
        IMAGE, ONE, IMAGE.replace(b'"data"', b'"uuid"'), b'{"%b":1,"a":2}' % LONG, b'{"type":"a","text":"%b"}' % PROSE,
        b'{"a":[%b1],"text":"%b"}' % (b"NaN," * 99, PROSE), PROSE, b'{"a":"%b"}' % (b"\\ud83d\\ude00" * 60),
        b'{"a":"%b","type":"%b"}' % (FOX * 80, WIDE), b'{"a":"%b"}' % (b"\\u0434\\n" * 60),
        IMAGE[:-9] + b'{"type":"user","a":"%b"}' % PROSE, b'{"a":"%b%b%b"}' % (LONG, FOX, LONG),
    ]))
    pieces = st.sampled_from([
        PROSE, WIDE, b"\xff" * 99, b"\x80" * 150, bytes(150), b"\xc3\x00\xbc", b"\xf0\x9f", b"\\ud83d\x00\\ude00",
        b"\\ude00", b"\\ude00" * 40, b"\\ud83d" * 40, b"\\\\" * 70, b"\\", b"\x01", b"\\x", b" " * 99, b'\\"',
        ONE, TWO, IMAGE, LONG, LONG[:200], b"1" * 300, b"\x00" * 3, b"\xff", b"\xef\xbb\xbf", b"\\ud83d", b"\\", b'"',
        b"}", b'"x":NaN,', b'"data":"b",', FOX, b"\n", b'{"type":"a"},',
    ])
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw)) | st.just(1))
        raw = raw[:at] if draw(st.integers(0, 3)) == 0 else raw[:at] + draw(pieces) + raw[at:]
    return raw


@pytest.mark.usefixtures("short_blocks")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spoiled())
def test_a_line_is_read_the_same_without_the_middle_of_its_texts(raw: bytes) -> None:
    found = read(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(abridging, "LARGE", 1 << 20)
        assert not abridging.abridged(raw).runs
        assert repr(read(raw)) == repr(found)


def told(value: object) -> object:
    """What a glance must tell of a value: of texts their length, their bytes in JSON, how they begin and end."""
    if isinstance(value, dict):
        return [(told(name), told(part)) for name, part in value.items()]
    if isinstance(value, list):
        return list(map(told, value))
    if not isinstance(value, str):
        return value
    clean = HALF.sub("\ufffd", value)
    plain = "".join(one if one.isascii() else " " if one.isspace() else "?" for one in clean.strip())
    return len(value), len(compact(clean)), value.isspace(), len(plain), plain[:1], plain[-1:]


@pytest.mark.usefixtures("short_blocks")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spoiled())
def test_a_glance_at_a_line_tells_all_but_what_stands_in_the_middle_of_its_texts(raw: bytes) -> None:
    (value, fault), (seen, same) = read(raw), glance(raw)
    assert fault == same
    assert repr(told(value)) == repr(told(seen))


@pytest.mark.usefixtures("short_blocks")
def test_texts_that_differ_in_what_is_left_out_differ_at_a_glance() -> None:
    one, two = (b'{"a":"%b%b%b"}' % (LONG, animal * 20, LONG) for animal in (FOX, "🐙".encode()))
    first, second = glance(one)[0], glance(two)[0]
    assert first is not None
    assert str(first).isascii()
    assert first == glance(one)[0] != second


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("text", [
    pytest.param(LONG, id="base64"), pytest.param(PROSE, id="escapes and characters of every length"),
    pytest.param(b"x true" * 99, id="words that may stand outside of a string, and a letter that may not"),
])
def test_a_text_that_is_left_out_comes_back(text: bytes) -> None:
    raw = b'{"a":["%b",{"b":"%b"}]}' % (text, text[1:])
    assert read(raw) == (orjson.loads(raw), None)
    assert len(abridging.abridged(raw).runs) > 2


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("cut", [0, 100, 300, 700, len(IMAGE) - 1])
def test_places_and_pieces_are_those_of_the_whole_line(cut: int) -> None:
    assert abridging.abridged(IMAGE).runs
    assert len(abridging.abridged(IMAGE).text) < len(IMAGE) * 0.75
    assert salvaged(IMAGE[:cut] + IMAGE) == (IMAGE,)
    fault = read(IMAGE + TWO)[1]
    assert fault is not None
    assert (fault.offset, cut_out(IMAGE + TWO, fault)) == (len(IMAGE), (IMAGE, TWO))


DAMAGE = {
    "intact": lambda raw: raw,
    "cut off": lambda raw: raw[:-99],
    "cut off, the next one glued on": lambda raw: raw[:-99] + ONE,
    "two on a line": lambda raw: raw + raw,
    "one in the other": lambda raw: raw[: len(raw) // 2] + ONE + raw[len(raw) // 2 :],
    "NUL in it": lambda raw: raw[: len(raw) // 2] + bytes(512) + raw[len(raw) // 2 :],
    "a byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "NaN in it": lambda raw: raw[:-1] + b',"x":NaN}',
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_large_image_is_held_once_more_for_each_thing_that_is_made_of_it(damage: Callable[[bytes], bytes]) -> None:
    """The line itself comes on top; all of it took up to ten times its size."""
    raw = damage(b'{"type":"user","data":"%b"}' % (LONG * 12_000))
    tracemalloc.start()
    _value, fault = read(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    made = sum(map(len, fault.salvage)) if fault is not None else 0
    assert peak < made + 1.5 * len(raw)


LARGE = {
    "an emoji in it": LONG * 6_000 + FOX + LONG * 6_000,
    "another script": WIDE * 14_000,
    "a byte that is no UTF-8": LONG * 6_000 + b"\xff" + LONG * 6_000,
    "bytes that are no UTF-8 in every block": (LONG * 30 + b"\xff") * 400,
    "half of a surrogate pair": LONG * 6_000 + b"\\ud83d" + LONG * 6_000,
    "halves in every block": (LONG * 30 + b"\\ude00") * 400,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
def test_a_glance_takes_a_byte_a_character(text: bytes) -> None:
    """A text would take up to four, and some copies."""
    raw = b'{"type":"user","data":"%b"}' % text
    tracemalloc.start()
    glance(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * len(raw)


@pytest.mark.parametrize("damage", ["NUL in it", "NaN in it"])
def test_what_is_cut_out_of_a_large_line_is_held_once(damage: str) -> None:
    raw = DAMAGE[damage](b'{"type":"user","data":"%b"}' % (LONG * 12_000))
    fault = read(raw)[1]
    assert fault is not None
    tracemalloc.start()
    (piece,) = cut_out(raw, fault)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert piece
    assert peak < 1.5 * len(raw)
