"""Lines."""

from __future__ import annotations

from sample_sessions.making import (
    LONG,
    NEW,
    OLD,
    Item,
    Json,
    Judged,
    both,
    calls,
    dump,
    last,
    prompt,
    result,
    sample,
    says,
)


@sample("torn-and-glued", LONG, "torn_glued", *both("accepted", "J002", lost=True), delta=-1)
def torn_and_glued(r: list[Json]) -> list[Item]:
    """Two writers at once: a record is cut off in the middle and the next one stands on the same line."""
    at = says(r, "Now the route turns that into an answer.")
    torn, whole = dump(r[at]), dump(r[at + 1])
    return [*r[:at], torn[: len(torn) * 3 // 5] + whole, *r[at + 2 :]]


@sample("glued-records", LONG, "torn_glued (only the line end missing)", *both("accepted", "J003", lost=True))
def glued(r: list[Json]) -> list[Item]:
    """Two whole records on one line: the line end between them was never written."""
    at = says(r, "Now the route turns that into an answer.")
    return [*r[:at], dump(r[at]).rstrip(b"\n") + dump(r[at + 1]), *r[at + 2 :]]


@sample("nul-run", LONG, "nul_prefix", *both("accepted", "J004", lost=True))
def nul_run(r: list[Json]) -> list[Item]:
    """A crash of the machine left a run of NUL bytes in front of a record."""
    at = says(r, "It has to fail now.")
    return [*r[:at], b"\0" * 512 + dump(r[at]), *r[at + 1 :]]


@sample("null-line", LONG, "json_nonobject", Judged(OLD, "crash", codes=("J005",)), Judged(NEW, codes=("J005",)))
def null_line(r: list[Json]) -> list[Item]:
    """A line holds `null` instead of a record; clients from 2.1.139 before 2.1.240 crash on it."""
    at = prompt(r, "Two requests")
    return [*r[:at], b"null\n", *r[at:]]


@sample("garbage-line", LONG, "garbage_mid", *both("accepted", "J001"))
def garbage(r: list[Json]) -> list[Item]:
    """A line of another program's output stands between two records."""
    at = prompt(r, "Two requests")
    return [*r[:at], b"Segmentation fault (core dumped)\n", *r[at:]]


@sample("invalid-utf8", LONG, "bad_utf8", *both("accepted", "J006"))
def invalid_utf8(r: list[Json]) -> list[Item]:
    """A character of the last prompt but two was cut in half."""
    at = prompt(r, "Marketing wants coupons")
    return [*r[:at], dump(r[at]).replace(b"5% off", b"5% off \xe2\x82", 1), *r[at + 1 :]]


@sample("byte-order-mark", LONG, "bom", *both("accepted", "J007"))
def bom(r: list[Json]) -> list[Item]:
    """An editor put a byte order mark in front of the file."""
    return [b"\xef\xbb\xbf" + dump(r[0]), *r[1:]]


@sample("cut-last-line", LONG, "truncated_last", *both("accepted"), delta=-1)
def cut_last_line(r: list[Json]) -> list[Item]:
    """The machine went down while the last reply was written."""
    at = last(r)
    return [*r[:at], dump(r[at])[:300]]


@sample("lone-surrogate", LONG, "surrogate_result", *both("accepted"), Judged("2.1.112", "refused", "no low surrogate", codes=("J009",)))
def lone_surrogate(r: list[Json]) -> list[Item]:
    """Tool output was cut in the middle of an emoji."""
    at = result(r, calls(r, "Show place()"))
    line = dump(r[at]).replace(b'","is_error"', b' \\ud83d","is_error"', 1)
    return [*r[:at], line, *r[at + 1 :]]
