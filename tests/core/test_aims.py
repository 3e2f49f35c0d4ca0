"""Targets to choose from, and those that are typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from unbrick.aims import aimed_at, aims
from unbrick.check import judge
from unbrick.errors import UsageError
from unbrick.formats.table import FORMATS
from unbrick.opening import Choices, Opened, examine, open_word
from unbrick.scanning.scan import finish
from unbrick.target import Basis, Surroundings, Target, Version

SAMPLES = Path(__file__).parents[2] / "sample_sessions"


@pytest.fixture
def opened() -> Iterator[Opened]:
    path = SAMPLES / "claude_code" / "crash-mid-tool" / "session.jsonl"
    with open_word(str(path), Choices(surroundings=False, environ={}), Path()) as one:
        yield one


def test_everything_that_can_be_chosen_is_another_target_and_can_be_judged(opened: Opened) -> None:
    report = finish(examine(opened))
    session = report.situation.session
    around = Surroundings(installed=Version.parse("2.1.290"))
    found = list(aims(opened.format, session, around, report.target))
    titles = [aim.title for aim in found]
    assert len(set(titles)) == len(titles)
    assert titles[0] == "2.1.290"
    assert found[0].target.basis is Basis.INSTALLED
    assert str(report.target.version) not in titles
    assert {"2.1.281", "2.1.329", "claude-opus-5-5", "strict"} <= {*titles}
    assert all(aim.target != report.target for aim in found)
    outcomes = {
        aim.title: judge(opened.format, opened.bundle, session, aim.target).resume.outcome for aim in found[:8]
    }
    assert len(outcomes) == 8


def test_versions_are_in_order_and_end_in_the_newest() -> None:
    for format_ in FORMATS:
        versions = format_.versions()
        assert list(versions) == sorted(set(versions))
        assert not versions or format_.newest() in versions


def test_what_changed_with_a_version_is_said(opened: Opened) -> None:
    report = finish(examine(opened))
    said = {
        aim.title: aim.detail for aim in aims(opened.format, report.situation.session, Surroundings(), report.target)
    }
    assert said["2.1.329"] == "the newest that is known"
    assert said["2.0.23"] == "changes where the conversation ends"
    older = {str(one) for one in opened.format.versions()} & set(said) - {"2.1.329"}
    assert older
    for version in older:
        assert said[version].startswith(("changes ", "wrote this file")), version


CURRENT = Target("claude-code", Version.parse("2.1.139"), "claude-opus-4-7", basis=Basis.RECORDED)


@pytest.mark.parametrize(
    ("text", "version", "model"),
    [
        pytest.param("2.1.200", "2.1.200", "claude-opus-4-7", id="a version"),
        pytest.param(" v2.0.14 ", "2.0.14", "claude-opus-4-7", id="with a v"),
        pytest.param("claude-sonnet-4-5[1m]", "2.1.139", "claude-sonnet-4-5[1m]", id="a model"),
        pytest.param("2.1.1 claude-opus-5-5", "2.1.1", "claude-opus-5-5", id="both"),
    ],
)
def test_a_target_that_is_typed(opened: Opened, text: str, version: str, model: str) -> None:
    target = aimed_at(text, opened.format, CURRENT)
    assert (str(target.version), target.model) == (version, model)


@pytest.mark.parametrize("text", ["", "   ", "€", "a b\x1b c", "2.1.200 €"])
def test_what_is_no_target(opened: Opened, text: str) -> None:
    with pytest.raises(UsageError, match="Type a client version"):
        aimed_at(text, opened.format, CURRENT)


def test_a_version_where_no_client_is(tmp_path: Path) -> None:
    path = tmp_path / "messages.json"
    path.write_text('[{"role": "user", "content": "a"}]')
    with open_word(str(path), Choices(surroundings=False, environ={}), Path()) as one:
        target = finish(examine(one)).target
        with pytest.raises(UsageError, match="No client stands between"):
            aimed_at("2.1.200", one.format, target)
        assert aimed_at("gpt-5", one.format, target).model == "gpt-5"
