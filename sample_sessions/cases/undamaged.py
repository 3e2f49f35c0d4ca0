"""Undamaged ones."""

from __future__ import annotations

from sample_sessions.making import (
    LONG,
    NEW,
    OLD,
    TWICE_NEW,
    Item,
    Json,
    Judged,
    both,
    sample,
)


@sample("healthy", LONG, "control", *both())
def healthy(r: list[Json]) -> list[Item]:
    """A long session with parallel calls, thinking, a subagent and a branch that was rewound. Nothing is wrong."""
    return [*r]


@sample("healthy-compacted-twice", TWICE_NEW, "c_control", Judged(NEW), Judged(OLD))
def healthy_compacted_twice(r: list[Json]) -> list[Item]:
    """Compacted by hand twice, with a preserved tail. Nothing is wrong."""
    return [*r]
