"""The page of version ranges: rows in order, and the evidence that each names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import Field, fields, replace
from itertools import pairwise
from typing import Any

import pytest
from test_patterns import CELLS, LARGE, mutated, predict, story

from unbrick.formats.claude_code import request, thread
from unbrick.formats.claude_code.behaviour import NEWEST, Behaviour, behaviour, versions
from unbrick.formats.claude_code.steps import AREAS, changes
from unbrick.target import Version

TRAITS = fields(Behaviour)
MEASURED = [Version.parse(version) for version in dict.fromkeys(version for _row, version in CELLS)]


def rows(trait: Field[Any]) -> list[str]:
    """The rows of the table that a trait names as evidence."""
    parts = (part.strip().split() for part in trait.metadata["seen"].split(";"))
    return [row for word, *found in parts if word == "rows" for row in found]


def shown() -> Iterator[Any]:
    """Each step of a trait that names rows, with the first measured version behind it and the value before it."""
    for trait in TRAITS:
        steps = trait.metadata["steps"]
        for place, ((_, before), (since, _)) in enumerate(pairwise(steps), 1):
            if not rows(trait):
                continue
            end = Version.parse(steps[place + 1][0]) if place + 1 < len(steps) else None
            version = next(v for v in MEASURED if v >= Version.parse(since))
            assert end is None or version < end, f"{trait.name}: no version was measured between {since} and {end}"
            yield pytest.param(trait, version, before, id=f"{trait.name}-{since}")


def sent(row: str, version: Version) -> tuple[object, ...]:
    """All that is predicted for a row of the table."""
    _control, data = mutated(str(version), row.removeprefix(LARGE), large=row.startswith(LARGE))
    thread_, request_, refused = predict(data, story(str(version)))
    messages = json.dumps(list(request_.messages()))
    return thread_.outcome, list(thread_.rows), messages, frozenset(refused), bool(refused & request_.heals)


@pytest.mark.parametrize("trait", TRAITS, ids=lambda trait: trait.name)
def test_a_row_stands_in_order_and_says_where_it_was_seen(trait: Field[Any]) -> None:
    versions = [Version.parse(since) for since, _value in trait.metadata["steps"]]
    values = [value for _since, value in trait.metadata["steps"]]
    assert versions[0] == Version((0,))
    assert versions == sorted(set(versions))
    assert versions[-1] <= Version.parse(NEWEST)
    assert all(one != other for one, other in pairwise(values))
    assert trait.metadata["seen"]
    assert {row for row, _version in CELLS} >= set(rows(trait)) - {"xb_control"}


@pytest.mark.parametrize(("trait", "version", "before"), list(shown()))
def test_the_rows_named_show_every_step(
    trait: Field[Any], version: Version, before: object, monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [sent(row, version) for row in rows(trait)]
    for module in (thread, request):
        monkeypatch.setattr(module, "behaviour", lambda version: replace(behaviour(version), **{trait.name: before}))
    assert now != [sent(row, version) for row in rows(trait)]


def test_a_version_between_two_steps_does_as_the_older_one() -> None:
    assert behaviour(Version((2, 1, 60))) == behaviour(Version((2, 1, 45)))


def test_every_area_begins_with_a_trait_that_there_is() -> None:
    names = [trait.name for trait in fields(Behaviour)]
    assert next(iter(AREAS)) == names[0]
    places = [names.index(name) for name in AREAS]
    assert places == sorted(places)


def test_every_version_with_a_step_changes_something() -> None:
    for version in versions():
        assert "" not in changes(version)
        assert changes(version) or str(version) == NEWEST
    assert changes(Version.parse("2.0.23")) == ("where the conversation ends",)
    assert changes(Version((0, 1))) == ()
