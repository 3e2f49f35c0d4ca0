"""Exports: nothing in them acts, nothing leaks into the bundle for bug reports, and files are whole and private."""

from __future__ import annotations

import io
import json
import stat
import tracemalloc
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tools import builder, hostile
from unbrick.errors import CannotWriteError
from unbrick.export import WAYS, Level, What, by_suffix, export, suggested
from unbrick.export.style import CSS
from unbrick.opening import Choices, Opened, examine, open_source, open_word
from unbrick.report import Report
from unbrick.scanning.scan import finish
from unbrick.source import Source

CHOICES = Choices(surroundings=False)
WAY = {way.name: way for way in WAYS}
EVERYTHING = What(everything=True)
SAMPLES = Path(__file__).parents[3] / "sample_sessions"


def written(name: str, data: bytes, what: What = EVERYTHING) -> bytes:
    with open_source(Source.of(data), replace(CHOICES, format="claude-code")) as opened:
        return told(name, opened, finish(examine(opened)), what)


def told(name: str, opened: Opened, report: Report, what: What = EVERYTHING) -> bytes:
    file = io.BytesIO()
    finish(WAY[name].write(opened.format, report, what, file))  # type: ignore[arg-type]
    return file.getvalue()


class Page(HTMLParser):
    """A page as a browser would take it apart: every element with its attributes, and the text of each kind."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.odd: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.odd.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]] = self.texts.get(self._open[-1], "") + data

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    @property
    def unclosed(self) -> list[str]:
        return self._open


TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "dl", "dt", "dd", "nav", "details", "summary",
    "ol", "li", "a", "main", "section", "h2", "small", "p", "b", "code", "pre", "img", "footer",
}
ATTRIBUTES = {
    "html": {"lang"}, "meta": {"charset", "http-equiv", "content", "name"}, "details": {"class", "open"},
    "a": {"href"}, "section": {"id", "class"}, "p": {"class"}, "pre": {"class"}, "img": {"alt", "loading", "src"},
}


def insist_inert(page: Page) -> None:
    assert {tag for tag, _ in page.elements} <= TAGS
    assert all(set(attributes) <= ATTRIBUTES.get(tag, set()) for tag, attributes in page.elements)
    assert all((one["href"] or "").startswith("#r") for tag, one in page.elements if tag == "a")
    assert all(
        (one["src"] or "").startswith(("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,"))
        for tag, one in page.elements if tag == "img"
    )
    assert page.texts["style"] == CSS
    assert page.odd == [] and page.unclosed == []
    policy = next(one["content"] for _, one in page.elements if one.get("http-equiv"))
    assert policy is not None and "default-src 'none'" in policy and "script" not in policy and "unsafe" not in policy
    metas = [one for tag, one in page.elements if tag == "meta" and "http-equiv" in one]
    assert [one["http-equiv"] for one in metas] == ["Content-Security-Policy"]


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("everything", [True, False])
def test_hostile_content_is_text_in_the_page(level: Level, everything: bool) -> None:
    page = Page(written("html", hostile.session(), What(everything, level)).decode())
    insist_inert(page)
    images = [one for tag, one in page.elements if tag == "img"]
    assert len(images) == (level is not Level.TALK)
    assert "<script>document.title='OWNED'</script>" in page.texts["p"]


TEXT = st.lists(
    st.sampled_from([
        *hostile.TEXTS[:9], "`", "**", "```", "|", "\n", "#", " ", "&", "<", ">", '"', "'", "]]>", "<!--", "--", "/",
        "a", "\0",
    ]), max_size=8,
).map("".join) | st.text(max_size=20)


@settings(max_examples=100)
@given(st.tuples(TEXT, TEXT, TEXT), TEXT)
def test_no_text_acts_in_any_document(texts: tuple[str, ...], name: str) -> None:
    data = hostile.session(texts, name=name)
    insist_inert(Page(written("html", data).decode()))
    insist_harmless(written("markdown", data).decode())


def insist_harmless(markdown: str) -> None:
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = [inner for token in reader.parse(markdown) for inner in (token, *(token.children or ()))]
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    for block in blocks:
        inner = block.removeprefix("<details><summary>").removesuffix("</summary>")
        assert block == "</details>" or (block.startswith("<details><summary>") and "<" not in inner)
    assert blocks.count("</details>") * 2 == len(blocks)
    assert not any(token.type in ("html_inline", "image") for token in tokens)


def test_hostile_content_is_text_in_markdown() -> None:
    insist_harmless(written("markdown", hostile.session()).decode())


@pytest.mark.parametrize("name", ["html", "markdown"])
def test_what_turns_or_hides_text_is_shown(name: str) -> None:
    shown = written(name, hostile.session()).decode()
    assert "⟨U+202E⟩turned" in shown and "⟨U+E0041⟩" in shown
    assert not set(shown) & set("\u202e\u202c\u2066\u200b\U000e0041\x1b\x00\x9b\r")


def test_calls_stand_with_their_results_and_nothing_is_told_twice() -> None:
    data = builder.story("2.1.158").data()
    shown = written("markdown", data, What()).decode()
    assert all(shown.count(mark) == 1 for mark in hostile.MARKS if not mark.startswith("PROMPT"))
    assert shown.index("echo 2") < shown.index("TOOLOUT-2") < shown.index("echo 3") < shown.index("TOOLOUT-3")


@pytest.mark.parametrize(("level", "thinking", "results"), [
    pytest.param(Level.TALK, False, False, id="talk"), pytest.param(Level.BRIEF, True, True, id="brief"),
    pytest.param(Level.FULL, True, True, id="full"),
])
def test_a_level_says_how_much_is_told(level: Level, thinking: bool, results: bool) -> None:
    shown = written("markdown", builder.story("2.1.158").data(), What(level=level)).decode()
    assert ("THINK-1" in shown, "TOOLOUT-1" in shown) == (thinking, results)
    assert "PROMPT-1" in shown and "REPLY-1" in shown and "echo 1" in shown


KEY = "ghp" + "_" + "9fQz7Lk2Vb8Xw3Rt6Yp1Nc5Md4Hs0Gj2Ka7E"


@pytest.mark.parametrize("name", ["html", "markdown"])
def test_likely_secrets_give_way_unless_they_are_to_stay(name: str) -> None:
    data = hostile.session((f"use {KEY}", json.dumps({"key": KEY})))
    assert KEY not in written(name, data).decode() and "[redacted GitHub token]" in written(name, data).decode()
    assert KEY in written(name, data, What(True, secrets=True)).decode()


def test_messages_are_those_that_will_be_sent(tmp_path: Path) -> None:
    path = hostile.write(tmp_path)
    with open_word(str(path), CHOICES, tmp_path) as opened:
        report = finish(examine(opened))
        body = json.loads(told("messages", opened, report, What()))
        assert body["messages"] == list(report.situation.request.messages())
        assert body["model"] == report.target.model
        everything = json.loads(told("messages", opened, report))["messages"]
    assert len(everything) >= len(body["messages"])


LONGEST = 7
"""No text of a transcript that is longer than this is in a bundle, unless a word of unbrick's own says the same."""
UNIQUE = st.lists(st.text("qwxzjkQWXZJK_-./ é", min_size=LONGEST + 1, max_size=24), min_size=6, max_size=6, unique=True)


def marked(value: Any, texts: list[str], used: list[str]) -> Any:
    """A JSON value with other texts in the place of all its own, names of members included where they are free."""
    if isinstance(value, dict):
        return {key: marked(one, texts, used) for key, one in value.items()} | {texts[len(used) % 6]: 1}
    if isinstance(value, list):
        return [marked(one, texts, used) for one in value]
    if isinstance(value, str):
        used.append(texts[len(used) % 6])
        return used[-1]
    return value


KEPT = {"type", "role", "uuid", "parentUuid", "timestamp"}


@settings(max_examples=40)
@given(UNIQUE, st.booleans())
def test_no_text_of_a_transcript_is_in_a_bundle(texts: list[str], bare: bool) -> None:
    used: list[str] = []
    lines = []
    for line in builder.story("2.1.158").data().splitlines():
        record = json.loads(line)
        kept = set() if bare else KEPT
        lines.append(json.dumps({
            key: value if key in kept else marked(value, texts, used) for key, value in record.items()
        }))
    data = "\n".join([*lines, f'{{"torn": "{texts[0]}', texts[1]]).encode()
    with zipfile.ZipFile(io.BytesIO(written("report", data))) as bundle:
        content = b"\n".join(bundle.read(name) for name in bundle.namelist()).decode()
    windows = {text[at : at + LONGEST + 1] for text in texts for at in range(len(text) - LONGEST)}
    assert not [window for window in windows if window in content]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*/"))[::5], ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_bundle_of_a_sample_names_its_findings_and_repeats_nothing(path: Path) -> None:
    main = next(iter([*path.glob("body.json"), path]))
    with open_word(str(main), CHOICES, path) as opened:
        report = finish(examine(opened))
        session = report.situation.session
        texts = [report.situation.text(row) for row in range(len(session))]
        strings = session.scan.strings
        ids = [text for text in strings.texts(range(len(strings))) if text]
        with zipfile.ZipFile(io.BytesIO(told("report", opened, report))) as bundle:
            about = json.loads(bundle.read("report.json"))
            structure = bundle.read("structure.jsonl").decode()
            content = json.dumps(about) + structure
    assert [one["code"] for one in about["findings"]] == [one.code for one in report.findings]
    assert structure.count("\n") == len(session)
    assert str(opened.bundle.path.parent) not in content
    ours = content.replace("_", " ")
    assert not [text for text in (*ids, *texts) if len(text) > 12 and text in content and text not in ours]


@pytest.mark.parametrize("name", WAY)
def test_every_sample_is_written(name: str) -> None:
    for path in sorted(SAMPLES.glob("*/*/"))[::4]:
        main = next(iter([*path.glob("body.json"), path]))
        with open_word(str(main), CHOICES, path) as opened:
            report = finish(examine(opened))
            assert told(name, opened, report) and told(name, opened, report, What(level=Level.TALK))


@pytest.mark.parametrize("name", WAY)
@given(st.binary(max_size=300))
@settings(max_examples=30)
def test_no_bytes_raise(name: str, noise: bytes) -> None:
    lines = builder.story("2.1.158").data().splitlines()
    odd = b'{"type":"user","message":{"content":[1,null,{"type":7}]},"uuid":[]}'
    data = b"\n".join([*lines[:4], noise, odd, *lines[4:]])
    assert written(name, data)


ODD = [
    pytest.param(b'"echo 1"', b"[" * 10_000 + b"1" + b"]" * 10_000, id="nested ten thousand deep"),
    pytest.param(b'"echo 1"', b"9" * 100_000, id="a number of a hundred thousand digits"),
    pytest.param(b'"echo 1"', b"1e999", id="a number without end"),
    pytest.param(b'"command"', b'"a":1,"a":2,"\\ud800":3,"command"', id="repeated and broken names"),
    pytest.param(b'"TOOLOUT-1"', json.dumps("[" * 10_000).encode(), id="brackets in a text"),
]


@pytest.mark.parametrize("name", WAY)
@pytest.mark.parametrize(("old", "new"), ODD)
def test_odd_values_are_written(name: str, old: bytes, new: bytes) -> None:
    assert written(name, builder.story("2.1.158").data().replace(old, new))


@pytest.mark.parametrize("name", ["html", "markdown"])
def test_that_a_resume_loads_nothing_is_said(name: str) -> None:
    alone = b"".join(line for line in builder.story("2.1.158").data().splitlines(True) if b'"isSidechain"' in line)
    side = alone.replace(b'"isSidechain":false', b'"isSidechain":true').replace(
        b'"isSidechain": false', b'"isSidechain": true')
    assert "--all" in written(name, side, What()).decode() and "REPLY-1" in written(name, side).decode()


def test_an_export_is_whole_private_and_never_over_another_file(tmp_path: Path) -> None:
    path = hostile.write(tmp_path)
    path.chmod(0o640)
    with open_word(str(path), CHOICES, tmp_path) as opened:
        report = finish(examine(opened))

        def into(there: Path, force: bool = False) -> int:
            return finish(export(WAY["html"], opened.format, report, What(), there, force=force))

        there = suggested(WAY["html"], report, tmp_path)
        size = into(there)
        assert there.stat().st_size == size and stat.S_IMODE(there.stat().st_mode) == 0o640
        assert suggested(WAY["html"], report, tmp_path) != there
        with pytest.raises(CannotWriteError, match="exists already"):
            into(there)
        assert into(there, force=True) == size
        before = path.read_bytes()
        (tmp_path / "link").symlink_to(path)
        refused = ((path, "belongs to the session"), (tmp_path, "no regular file"), (tmp_path / "link", "no regular"))
        for taken, why in refused:
            with pytest.raises(CannotWriteError, match=why):
                into(taken, force=True)
        with pytest.raises(CannotWriteError, match="is not a folder"):
            into(tmp_path / "nowhere" / "x.html")
        assert path.read_bytes() == before


def test_an_export_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    path = hostile.write(tmp_path)
    with open_word(str(path), CHOICES, tmp_path) as opened:
        progress = export(WAY["markdown"], opened.format, finish(examine(opened)), What(), tmp_path / "x.md")
        next(progress)
        assert len(list(tmp_path.iterdir())) == 2
        progress.close()
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", WAY)
def test_memory_does_not_grow_with_the_session(name: str, tmp_path: Path) -> None:
    lines = builder.story("2.1.158").data().splitlines()
    big = [line.replace(b"TOOLOUT-1", b"word " * 8000).replace(b"REPLY-1", b"word " * 8000) for line in lines]

    def peak(times: int) -> int:
        turns = [
            line.replace(b"0000-4000", f"{number:04x}-4000".encode()).replace(b"8000-", f"{number:04x}-".encode())
            for number in range(times) for line in big
        ]
        with open_source(Source.of(b"\n".join(turns)), CHOICES) as opened:
            report = finish(examine(opened))
            with (tmp_path / "out").open("wb") as file:
                progress = WAY[name].write(opened.format, report, EVERYTHING, file)
                tracemalloc.start()
                finish(progress)  # type: ignore[arg-type]
                found = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
        return found

    assert peak(40) < peak(4) + 1_000_000


@pytest.mark.parametrize(("file", "name"), [
    ("a.md", "markdown"), ("A.HTML", "html"), ("b.json", "messages"), ("c.zip", "report"),
])
def test_a_suffix_tells_the_form(file: str, name: str) -> None:
    assert by_suffix(Path(file)) is WAY[name]
    assert by_suffix(Path("x.txt")) is None
