"""A redacted value is nowhere in the session any more, and the session works as before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools import builder
from unbrick.check import check
from unbrick.clock import FixedClock
from unbrick.edit import Redact
from unbrick.errors import UsageError
from unbrick.opening import Choices, Opened, examine, open_word
from unbrick.patch import View
from unbrick.redact import Redaction, elsewhere, redaction
from unbrick.repair import lower
from unbrick.report import Report, Verdict
from unbrick.save import save_as_session, save_in_place
from unbrick.scan import finish

KEY = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
SAMPLES = Path(__file__).parents[2] / "sample_sessions"
PLAIN = Choices(surroundings=False)


def opened(path: Path) -> Opened:
    return open_word(str(path), PLAIN, path.parent)


def made(opened: Opened, value: str = KEY) -> tuple[Redaction, Report, bytes]:
    """The redaction, the report on the session without the value, and its bytes."""
    report = finish(examine(opened))
    found = finish(redaction(opened.format, report, value))
    patch = lower(opened.format, report.situation, found.fix.edits, {}, FixedClock())
    after = finish(check(opened.format, opened.bundle, patch, report.target))
    return found, after, b"".join(opened.bundle.main.patched(patch))


def story(tmp_path: Path, **where: str) -> Path:
    """A healthy session with the key in some of its texts, and the key in the place of each mark."""
    data = builder.story("2.1.158").data()
    for mark, text in where.items():
        data = data.replace(mark.replace("_", "-").encode(), json.dumps(text)[1:-1].encode())
    path = tmp_path / f"{builder.SESSION}.jsonl"
    path.write_bytes(data)
    return path


def test_every_copy_goes_and_the_session_stays_healthy(tmp_path: Path) -> None:
    path = story(tmp_path, PROMPT_1=f"use {KEY}", TOOLOUT_1=json.dumps({"token": KEY}), REPLY_6=f"{KEY}{KEY}")
    with opened(path) as session:
        found, after, data = made(session)
    assert after.verdict is Verdict.HEALTHY
    assert KEY.encode() not in data
    assert found.copies == path.read_bytes().count(KEY.encode()) == data.count(b"[redacted]")
    assert [type(edit) for edit in found.fix.edits] == [Redact]
    assert data.replace(b"[redacted]", KEY.encode()) == path.read_bytes()


def test_thinking_that_holds_it_goes_since_its_signature_would_not_fit(tmp_path: Path) -> None:
    path = story(tmp_path, THINK_1=f"so {KEY} it is")
    with opened(path) as session:
        found, after, data = made(session)
    assert after.verdict is Verdict.HEALTHY
    assert KEY.encode() not in data and b'"thinking":' not in data
    assert "drops 1 thinking block" in found.fix.price


def test_thinking_behind_it_goes_where_the_model_binds_it(tmp_path: Path) -> None:
    data = builder.story("2.1.329").data().replace(b"PROMPT-1", KEY.encode())
    path = tmp_path / f"{builder.SESSION}.jsonl"
    path.write_bytes(data)
    with opened(path) as session:
        found, after, left = made(session)
    assert after.verdict is Verdict.HEALTHY
    assert b'"thinking":' in data and b'"thinking":' not in left
    assert "thinking" in found.fix.price


@pytest.mark.parametrize(("value", "why"), [
    pytest.param("nowhere-to-be-found", "No record", id="not there"),
    pytest.param("ab", "too short", id="too short"),
    pytest.param(builder.SESSION[:8], "holds the session together", id="part of an id"),
    pytest.param("assistant", "holds the session together", id="a kind of record"),
])
def test_what_cannot_be_redacted_is_refused(tmp_path: Path, value: str, why: str) -> None:
    data = builder.story("2.1.158").data()
    path = tmp_path / f"{builder.SESSION}.jsonl"
    path.write_bytes(data.replace(b'"parentUuid":null', b'"parentUuid":"' + builder.SESSION.encode() + b'"'))
    with opened(path) as session:
        report = finish(examine(session))
        with pytest.raises(UsageError, match=why):
            finish(redaction(session.format, report, value))


BODY: dict[str, Any] = {
    "model": "claude-opus-4-8", "system": f"The key is {KEY}.",
    "messages": [{"role": "user", "content": f"Use {KEY}"}, {"role": "assistant", "content": "Yes"},
                 {"role": "user", "content": "go"}],
}
CHAT: dict[str, Any] = {"messages": [
    {"role": "user", "content": "go"},
    {"role": "assistant", "content": None, "tool_calls": [{
        "id": "call_1", "type": "function",
        "function": {"name": "run", "arguments": json.dumps({"cmd": json.dumps({"t": KEY})})},
    }]},
    {"role": "tool", "tool_call_id": "call_1", "content": KEY},
]}


@pytest.mark.parametrize("body", [pytest.param(BODY, id="request body"), pytest.param(CHAT, id="OpenAI's form")])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_request_body_loses_it_around_its_messages_too(tmp_path: Path, body: Any, indent: int | None) -> None:
    path = tmp_path / "body.json"
    path.write_text(json.dumps(body, indent=indent), encoding="utf-8")
    with opened(path) as session:
        _found, after, data = made(session)
    assert after.verdict is Verdict.HEALTHY
    assert data.decode() == path.read_text(encoding="utf-8").replace(KEY, "[redacted]")


def amplifier(tmp_path: Path) -> Path:
    folder = tmp_path / "projects" / "-p" / "sessions" / "0b5e55a1-0000-4000-8000-00000000000a"
    folder.mkdir(parents=True)
    lines = [
        {"role": "user", "content": f"deploy with {KEY}", "metadata": {"timestamp": "2026-05-04T09:00:00+00:00"}},
        {"role": "assistant", "content": [{"type": "text", "text": "done"}],
         "metadata": {"timestamp": "2026-05-04T09:00:01+00:00"}},
    ]
    (folder / "transcript.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    about = {"session_id": folder.name, "turn_count": 1, "name": f"Deploy {KEY}", "working_dir": "/p"}
    (folder / "metadata.json").write_text(json.dumps(about, indent=2), encoding="utf-8")
    (folder / "events.jsonl").write_text(json.dumps({"event": "x", "text": KEY}) + "\n", encoding="utf-8")
    return folder / "transcript.jsonl"


def test_files_edited_together_with_it_lose_it_and_others_are_named(tmp_path: Path) -> None:
    path = amplifier(tmp_path)
    with opened(path) as session:
        report = finish(examine(session))
        edits = finish(redaction(session.format, report, KEY)).fix.edits
        patch = lower(session.format, report.situation, edits, {}, FixedClock())
        receipt = save_in_place(session.format, session.bundle, patch, FixedClock(), edits)
        assert receipt.backup is not None
        named = list(elsewhere(session.format, session.bundle, KEY))
    about = json.loads((path.parent / "metadata.json").read_text(encoding="utf-8"))
    assert about["name"] == "Deploy [redacted]"
    assert KEY not in path.read_text(encoding="utf-8")
    assert {one.name for one in named} == {receipt.backup.name, "events.jsonl"}


def test_a_backup_that_still_holds_it_is_not_taken_for_history_that_is_missing(tmp_path: Path) -> None:
    path = amplifier(tmp_path)
    path.with_name("transcript.jsonl.backup").write_bytes(path.read_bytes())
    with opened(path) as session:
        _found, after, _data = made(session)
    assert after.verdict is Verdict.HEALTHY


def test_what_the_client_keeps_of_it_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    kept = [
        home / "history.jsonl", home / "paste-cache" / "1.txt", home / "debug" / f"{builder.SESSION}.txt",
        home / "file-history" / builder.SESSION / "x@v1", home / "projects" / "-p" / "other.jsonl",
        home / "projects" / "-p" / builder.SESSION / "tool-results" / "a.txt",
    ]
    for one in kept:
        one.parent.mkdir(parents=True, exist_ok=True)
        one.write_text(json.dumps({"display": f"deploy {KEY}"}), encoding="utf-8")
    (home / "debug" / "another.txt").write_text(KEY, encoding="utf-8")
    (home / "paste-cache" / "2.txt").write_text("harmless", encoding="utf-8")
    with opened(story(home / "projects" / "-p", PROMPT_1=KEY)) as session:
        assert set(elsewhere(session.format, session.bundle, KEY)) == set(kept)


def test_a_new_session_lacks_it_in_all_its_files(tmp_path: Path) -> None:
    path = amplifier(tmp_path)
    with opened(path) as session:
        report = finish(examine(session))
        edits = finish(redaction(session.format, report, KEY)).fix.edits
        patch = lower(session.format, report.situation, edits, {}, FixedClock())
        receipt = save_as_session(session.format, session.bundle, patch, FixedClock(), edits=edits)
    written = [one for one in receipt.path.parent.iterdir() if one.is_file()]
    assert len(written) == 2
    assert not any(KEY in one.read_text(encoding="utf-8") for one in written)


def test_it_goes_from_what_is_copied_along_and_the_original_stays(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "projects" / "-p"
    folder.mkdir(parents=True)
    path = story(folder, PROMPT_1=KEY)
    results = path.with_suffix("") / "tool-results"
    results.mkdir(parents=True)
    (results / "a.txt").write_text(f"found {KEY}", encoding="utf-8")
    (results / "b.txt").write_text("harmless", encoding="utf-8")
    (results / "c.jsonl").write_text(json.dumps({"k": json.dumps([KEY])}).replace("16C7", "\\u00316C7") + "\n{}\n")
    results.joinpath("a.txt").chmod(0o600)
    with opened(path) as session:
        report = finish(examine(session))
        edits = finish(redaction(session.format, report, KEY)).fix.edits
        patch = lower(session.format, report.situation, edits, {}, FixedClock())
        receipt = save_as_session(session.format, session.bundle, patch, FixedClock(), edits=iter(edits))
    new = receipt.path.with_suffix("") / "tool-results"
    assert receipt.redacted == (new / "a.txt", new / "c.jsonl")
    assert (new / "a.txt").read_text() == "found [redacted]"
    assert (new / "a.txt").stat().st_mode & 0o777 == 0o600
    assert json.loads((new / "c.jsonl").read_text().splitlines()[0]) == {"k": '["[redacted]"]'}
    assert (results / "a.txt").read_text() == f"found {KEY}"


def word_of(path: Path) -> tuple[Path, str] | None:
    """A transcript of the samples and a word that its conversation holds."""
    main = next(iter([*path.glob("body.json"), *path.glob("*.jsonl"), path]))
    with open_word(str(main), PLAIN, path) as session:
        situation = finish(examine(session)).situation
        texts = (situation.text(row) for row in situation.thread.rows)
        word = next((one for text in texts for one in text.split() if len(one) > 4 and one.isalpha()), None)
    return (main, word) if word else None


@pytest.mark.parametrize("folder", ["claude_code", "amplifier", "messages"])
def test_a_word_of_a_sample_is_in_no_record_afterwards(folder: str) -> None:
    found = [one for path in sorted(SAMPLES.glob(f"{folder}/*/"))[::4] if (one := word_of(path))]
    assert found
    for main, word in found:
        with open_word(str(main), PLAIN, main.parent) as session:
            report = finish(examine(session))
            edits = finish(redaction(session.format, report, word)).fix.edits
            patch = lower(session.format, report.situation, edits, {}, FixedClock())
            rows = View(session.bundle.main, patch)
            assert all(word not in json.dumps(rows.value(row)) for row in range(len(rows)))
