"""Nobody changes the record that a session remembers, nor what was made of it: the next one who asks gets the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unbrick.finding import Safety
from unbrick.opening import Choices, examine, open_word
from unbrick.repair import repair
from unbrick.scanning.scan import finish
from unbrick.session import Session

SAMPLES = Path(__file__).parents[2] / "sample_sessions"
FILES = sorted((*SAMPLES.glob("*/*/*.jsonl"), *SAMPLES.glob("messages/*/*.json")))


def unchanged(session: Session) -> None:
    """Compare what a session remembers with what its line says."""
    last = session._last
    if last is None:
        return
    view = session.scan.view
    fresh = (view.glance(last.row) if last.glanced else view.value(last.row)) or {}
    assert json.dumps(last.value) == json.dumps(fresh)
    for make, made in last.made.items():
        assert repr(made) == repr(make(fresh))


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.relative_to(SAMPLES).parts[:-1]))
def test_nobody_changes_what_a_session_remembers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, forget = Session._decoded, Session.forget

    def asked(self: Session, row: int, glanced: bool) -> object:
        unchanged(self)
        return decoded(self, row, glanced)

    def forgotten(self: Session) -> None:
        unchanged(self)
        forget(self)

    monkeypatch.setattr(Session, "_decoded", asked)
    monkeypatch.setattr(Session, "forget", forgotten)
    with open_word(str(path), Choices(surroundings=False), path.parent) as opened:
        report = finish(examine(opened))
        target = opened.target(report.situation.session)
        finish(repair(opened.format, opened.bundle, target, allow=frozenset(Safety) - {Safety.MANUAL}, known=report))


def test_a_change_is_noticed() -> None:
    path = SAMPLES / "claude_code" / "crash-mid-tool" / "session.jsonl"
    with open_word(str(path), Choices(surroundings=False), path.parent) as opened:
        session = finish(examine(opened)).situation.session
        session.value(0)["added"] = 1
        with pytest.raises(AssertionError):
            unchanged(session)
        session.forget()
        assert session.of(0, list) == [*session.value(0)]
        session.of(0, list).append("added")
        with pytest.raises(AssertionError):
            unchanged(session)
