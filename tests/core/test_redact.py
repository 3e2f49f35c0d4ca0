"""A redacted value is nowhere in the session any more, and the session works as before."""

from __future__ import annotations

import base64
import bz2
import errno
import gzip
import io
import json
import lzma
import os
import random
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tools import builder
from unbrick.check import check
from unbrick.clock import FixedClock
from unbrick.edit import Redact
from unbrick.errors import CannotWriteError, UsageError
from unbrick.opening import Choices, Opened, examine, open_word
from unbrick.patch import View
from unbrick.redact import Redaction, compressed, elsewhere, redact, redaction
from unbrick.repair import lower
from unbrick.report import Report, Verdict
from unbrick.save import save_as_session, save_in_place
from unbrick.scanning.scan import finish
from unbrick.secrecy import packed
from unbrick.secrecy.packed import begins
from unbrick.source import Source

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
    followed = receipt.backup.name.replace(path.name, "metadata.json")
    assert {one.name for one in named} == {receipt.backup.name, followed, "events.jsonl"}


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


def copied(path: Path) -> Path:
    """The new session that a redaction of the key in a session leads to."""
    with opened(path) as session:
        report = finish(examine(session))
        edits = finish(redaction(session.format, report, KEY)).fix.edits
        patch = lower(session.format, report.situation, edits, {}, FixedClock())
        return save_as_session(session.format, session.bundle, patch, FixedClock(), edits=edits).path


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """A session with the key, and the transcript of a subagent with the key in a signed thought."""
    folder = tmp_path / "config" / "projects" / "-p"
    folder.mkdir(parents=True)
    path = story(folder, PROMPT_1=KEY)
    inner = path.with_suffix("") / "subagents" / "agent-a1.jsonl"
    inner.parent.mkdir(parents=True)
    inner.write_bytes(builder.story("2.1.158").data().replace(b"THINK-1", KEY.encode()))
    return path


def test_a_thought_of_a_subagent_that_holds_it_goes_from_the_copy(agent: Path) -> None:
    before = next(agent.parent.rglob("agent-*.jsonl")).read_bytes()
    (after,) = copied(agent).with_suffix("").rglob("agent-*.jsonl")
    assert before.count(b'"thinking":') == 1 and b'"thinking":' not in after.read_bytes()
    assert KEY.encode() not in after.read_bytes() and b"signature" not in after.read_bytes()
    with opened(after) as session:
        assert finish(examine(session)).verdict is Verdict.HEALTHY


@pytest.mark.parametrize("call", ["lstat", "open", "iterdir"])
def test_where_a_copy_cannot_be_looked_at_nothing_is_written(
    agent: Path, call: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was not looked at would keep it."""
    before, real, failed = sorted(agent.parent.rglob("*")), getattr(Path, call), []

    def fails(path: Path, *given: Any) -> Any:
        named = path.name == ("subagents" if call == "iterdir" else "agent-a1.jsonl")
        if named and "copy" in path.parts and not failed:
            failed.append(path)
            raise OSError(errno.ENOENT if call == "lstat" else errno.EIO, "it fails", str(path))
        return real(path, *given)

    monkeypatch.setattr(Path, call, fails)
    with pytest.raises(CannotWriteError):
        copied(agent)
    monkeypatch.undo()
    assert failed and sorted(agent.parent.rglob("*")) == before


def test_where_a_part_cannot_be_read_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = amplifier(tmp_path), Path.read_bytes
    before = {one: one.read_bytes() for one in path.parent.iterdir()}
    with opened(path) as session:
        report = finish(examine(session))
        edits = finish(redaction(session.format, report, KEY)).fix.edits
        patch = lower(session.format, report.situation, edits, {}, FixedClock())

        def fails(one: Path) -> bytes:
            if one in session.bundle.parts.values():
                raise OSError(errno.EIO, "it fails", str(one))
            return real(one)

        monkeypatch.setattr(Path, "read_bytes", fails)
        monkeypatch.setattr(type(session.format), "follow", lambda *_given: {})
        with pytest.raises(CannotWriteError):
            save_in_place(session.format, session.bundle, patch, FixedClock(), edits)
    monkeypatch.undo()
    assert {one: one.read_bytes() for one in path.parent.iterdir()} == before


def test_where_it_holds_a_subagent_together_nothing_is_written(agent: Path) -> None:
    inner = next(agent.parent.rglob("agent-*.jsonl"))
    inner.write_bytes(inner.read_bytes().replace(b'"name":"Bash"', f'"name":"{KEY}"'.encode()))
    before = set(agent.parent.rglob("*"))
    with pytest.raises(UsageError, match="holds the session together"):
        copied(agent)
    assert set(agent.parent.rglob("*")) == before


SPECIAL = 'k9+Zq/7w"Ü=Vx4 Lm#2&Rt'
"""A value with what addresses, pages, JSON and base64 each write otherwise."""
LONGER = f"user=ada\npassword={SPECIAL}\nhost=example.org\n" * 3

SPELLED: list[tuple[str, Callable[[str], str]]] = [
    ("as it stands", str),
    ("with an escape for each letter", lambda value: "".join(f"\\u{ord(one):04x}" for one in value)),
    ("in JSON", lambda value: json.dumps({"k": value})),
    ("in JSON in JSON in JSON", lambda value: json.dumps({"a": json.dumps({"b": json.dumps([value])})})),
    ("in JSON without a need for ASCII", lambda value: json.dumps({"k": value}, ensure_ascii=False)),
    ("in an address", lambda value: "https://x/?p=" + quote(value, safe="")),
    ("in an address in small letters", lambda value: "https://x/?p=" + quote(value, safe="").lower().replace("zq", "Zq")
     .replace("vx", "Vx").replace("lm", "Lm").replace("rt", "Rt")),
    ("in the path of an address", lambda value: "https://x/" + quote(value)),
    ("in a page", lambda value: value.replace("&", "&amp;").replace('"', "&quot;")),
    *((f"in base64 behind {count} letters", lambda value, count=count: _base64(f"{'x' * count}{value} and on"))
      for count in range(3)),
    ("in wrapped base64", lambda value: base64.encodebytes(f"{LONGER}".encode()).decode()),
    ("in base64 for addresses", lambda value: base64.urlsafe_b64encode(f"ÿ{value}".encode()).decode()),
    *((f"in base64 in base64 behind {count} letters", lambda value, count=count: _base64(
        json.dumps({"a" * count: _base64(value)}))) for count in range(3)),
    ("in base64 of UTF-16", lambda value: base64.b64encode(f"echo {value}\n".encode("utf-16-le")).decode()),
    ("in hexadecimal", lambda value: f" {value} ".encode().hex()),
    ("in hexadecimal, in pairs", lambda value: f" {value} ".encode().hex(" ").upper()),
]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def meant(text: str, depth: int = 2) -> Iterator[str]:
    """A text, and what its words stand for if they are encoded."""
    yield text
    for word in ("".join(text.split()), *text.split('"')) if depth else ():
        for decode in (bytes.fromhex, base64.b64decode, base64.urlsafe_b64decode):
            with suppress(ValueError):
                data = decode(word)
                yield data.decode("utf-16-le", "replace")
                yield from meant(data.decode("utf-8", "replace"), depth - 1)


CLAUDE = builder.story("2.1.158").data()


@pytest.mark.parametrize("format_", ["claude_code", "amplifier", "messages"])
@pytest.mark.parametrize("spell", [pytest.param(spell, id=name) for name, spell in SPELLED])
@pytest.mark.parametrize("torn", [False, True], ids=["whole", "torn"])
def test_it_is_reached_however_it_is_spelled(
    tmp_path: Path, format_: str, spell: Callable[[str], str], torn: bool,
) -> None:
    text = spell(SPECIAL)
    raw = (text if text.startswith("\\") else json.dumps(text)[1:-1]).encode()
    if format_ == "claude_code":
        path = tmp_path / f"{builder.SESSION}.jsonl"
        path.write_bytes(CLAUDE.replace(b"TOOLOUT-1", raw))
    elif format_ == "amplifier":
        path = amplifier(tmp_path)
        path.write_bytes(path.read_bytes().replace(KEY.encode(), raw))
    else:
        path = tmp_path / "messages.jsonl"
        lines = json.dumps(BODY["messages"]).replace(f"Use {KEY}", "TOOLOUT-1")
        lines = "".join(json.dumps(one) + "\n" for one in json.loads(lines))
        path.write_bytes(lines.encode().replace(b"TOOLOUT-1", raw))
    if torn:
        data = path.read_bytes()
        end = data.index(raw) + len(raw)
        path.write_bytes(data[:end] + data[data.index(b"\n", end) :])
    with opened(path) as session:
        before = finish(examine(session)).verdict
        found, after, left = made(session, SPECIAL)
    assert found.copies and after.verdict is before
    assert raw not in left and SPECIAL.encode() not in left and quote(SPECIAL, safe="").encode() not in left
    pieces = left.decode().replace("\\n", "\n").split('"')
    assert not [one for piece in pieces for one in meant(piece) if SPECIAL[:12] in one]


def zipped(data: bytes) -> bytes:
    """An archive with a file that holds some bytes."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes/empty", "")
        archive.writestr("session.jsonl", data)
    return whole.getvalue()


@pytest.mark.parametrize("packed", [gzip.compress, zipped], ids=["gzip", "zip"])
@pytest.mark.parametrize("write", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
def test_a_line_that_holds_it_compressed_is_named(
    tmp_path: Path, packed: Callable[[bytes], bytes], write: Callable[[bytes], bytes],
) -> None:
    data = write(packed(random.Random(1).randbytes(300) + KEY.encode())).decode()
    with opened(story(tmp_path, TOOLOUT_1=data, TOOLOUT_2="H4sIAAAA")) as session:
        view = View(session.bundle.main)
        (row,), unread = finish(compressed(view, [KEY[::-1], KEY]))
        assert begins(view.raw(row)) and not unread
        assert finish(compressed(view, [KEY[::-1]])) == ((), ())


def test_lines_that_would_take_too_much_room_unpacked_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each by itself, and many of them together."""
    monkeypatch.setattr(packed, "CHUNK", 100)
    monkeypatch.setattr(packed, "MOST", 600)
    monkeypatch.setattr(packed, "ALL", 1000)
    texts = [b"x" * 700 + KEY.encode(), KEY.encode(), b"y" * 390, b"z" * 50 + KEY.encode()]
    path = tmp_path / "session.jsonl"
    blobs = (base64.b64encode(gzip.compress(text)).decode() for text in texts)
    path.write_bytes(b"".join(json.dumps({"type": "user", "content": blob}).encode() + b"\n" for blob in blobs))
    with Source.open(path) as source:
        assert finish(compressed(View(source), [KEY])) == ((1,), (0, 3))


def test_files_whose_names_hold_it_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "projects" / "-p"
    folder.mkdir(parents=True)
    path = story(folder, PROMPT_1=KEY)
    side = path.with_suffix("") / "tool-results"
    kept = [side / f"{KEY}.txt", side / KEY / "a.txt", side / "b.bin"]
    for one in kept:
        one.parent.mkdir(parents=True, exist_ok=True)
        one.write_text(_base64(f"the {KEY} in base64") if one.name == "b.bin" else "harmless", encoding="utf-8")
    (side / "c.txt").write_text("harmless", encoding="utf-8")
    with opened(path) as session:
        assert set(elsewhere(session.format, session.bundle, KEY)) == set(kept)


PACKED = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zip": zipped}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_a_compressed_copy_beside_it_is_named(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    path = story(tmp_path, PROMPT_1=KEY)
    held, torn, other = (path.with_name(f"{name}.jsonl.gz") for name in ("held", "torn", "other"))
    whole = packed(path.read_bytes() * 9)
    held.write_bytes(whole)
    torn.write_bytes(whole[: len(whole) // 9])
    other.write_bytes(packed(b"nothing"))
    with opened(path) as session:
        named = set(elsewhere(session.format, session.bundle, KEY))
    assert held in named and other not in named


def test_a_compressed_file_beside_it_that_is_too_large_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packed, "MOST", 1 << 20)
    path = story(tmp_path, PROMPT_1=KEY)
    large = path.with_name("large.jsonl.gz")
    large.write_bytes(gzip.compress(bytes(1 << 22) + KEY.encode()))
    unread: list[Path] = []
    with opened(path) as session:
        assert large not in set(elsewhere(session.format, session.bundle, KEY, unread))
    assert unread == [large]


def test_sessions_that_work_was_handed_to_are_named(tmp_path: Path) -> None:
    path = amplifier(tmp_path)
    other = path.parent.with_name("0123456789abcdef-0123456789abcdef_helper")
    other.mkdir()
    (other / "metadata.json").write_text(json.dumps({"parent_id": path.parent.name}))
    (other / "transcript.jsonl").write_text(json.dumps({"role": "user", "content": KEY}) + "\n")
    stranger = path.parent.with_name("ffffffffffffffff-0123456789abcdef_helper")
    shutil.copytree(other, stranger)
    (stranger / "metadata.json").write_text(json.dumps({"parent_id": "another"}))
    with opened(path) as session:
        named = set(elsewhere(session.format, session.bundle, KEY))
    assert named == {path.parent / "events.jsonl", other / "transcript.jsonl"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
@pytest.mark.parametrize("client", ["claude_code", "amplifier"])
@pytest.mark.parametrize("in_place", [False, True], ids=["new session", "in place"])
def test_each_file_that_is_written_is_as_private_as_its_original(
    tmp_path: Path, agent: Path, mode: int, client: str, in_place: bool,
) -> None:
    path = agent if client == "claude_code" else amplifier(tmp_path)
    home = tmp_path / ("config" if client == "claude_code" else "projects")
    for one in home.rglob("*"):
        one.chmod(0o700 if one.is_dir() else 0o600)
    path.chmod(mode)
    before = set(home.rglob("*"))
    mask = os.umask(0)
    try:
        with opened(path) as session:
            report = finish(examine(session))
            edits = finish(redaction(session.format, report, KEY)).fix.edits
            patch = lower(session.format, report.situation, edits, {}, FixedClock())
            save = save_in_place if in_place else save_as_session
            receipt = save(session.format, session.bundle, patch, FixedClock(), edits=edits)
    finally:
        os.umask(mask)
    written = {one for one in set(home.rglob("*")) - before if one.is_file()} | {receipt.path, *receipt.beside}
    assert len(written) > 1
    for one in written:
        own = mode if one == receipt.path or one == receipt.backup else 0o600
        assert one.stat().st_mode & 0o777 & ~own == 0, one


def words_of(session: Opened) -> list[str]:
    """Some words of a conversation: a seldom one, a frequent one, and one between. Words of the API's own errors are
    none: what a rule reads there is told by them."""
    situation = finish(examine(session)).situation
    texts = [situation.text(row) for row in situation.thread.rows]
    errors = " ".join(text for text in texts if "API Error" in text)
    counted = Counter(
        one for text in texts for one in text.split() if len(one) > 4 and one.isalpha() and one not in errors
    )
    ranked = sorted(counted, key=lambda one: (counted[one], one))
    return list(dict.fromkeys((ranked[0], ranked[len(ranked) // 2], ranked[-1]))) if ranked else []


FOLDERS = [
    pytest.param(folder, id=f"{folder.parent.name} {folder.name}")
    for kind in ("claude_code", "amplifier", "messages") for folder in sorted(SAMPLES.glob(f"{kind}/*/"))
]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_word_of_a_sample_goes_and_nothing_else_is_found(folder: Path) -> None:
    main = next(iter([*folder.glob("body.json"), *folder.glob("session.jsonl"), folder]))
    with open_word(str(main), PLAIN, folder) as session:
        before = finish(examine(session))
        for word in words_of(session):
            try:
                done = finish(redact(session.format, before, [word], session.surroundings))
            except UsageError as error:
                assert "holds the session together" in str(error)
                continue
            rows = View(session.bundle.main, done.patch)
            assert all(word not in json.dumps(rows.value(row)) for row in range(len(rows)))
            new = Counter(one.code for one in done.after.findings) - Counter(one.code for one in before.findings)
            assert not new, (word, new)
            assert done.after.verdict is before.verdict or done.after.verdict is Verdict.HEALTHY
