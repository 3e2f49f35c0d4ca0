"""`unbrick export`: where it goes, in which form, and what is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tools import builder, hostile
from unbrick.errors import CannotWriteError, UsageError
from unbrick_tui.cli import cli

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    hostile.write(tmp_path)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def run(folder: Path) -> Run:
    path = folder.parent / f"{builder.SESSION}.jsonl"

    def invoke(*options: str) -> Result:
        return CliRunner().invoke(cli, ["export", str(path), "--no-surroundings", *options], standalone_mode=False)

    return invoke


@pytest.mark.parametrize(("options", "name", "begins"), [
    pytest.param((), f"{builder.SESSION}.md", b"# Session", id="nothing said"),
    pytest.param(("--as", "html"), f"{builder.SESSION}.html", b"<!doctype html>", id="form"),
    pytest.param(("-o", "x.html"), "x.html", b"<!doctype html>", id="suffix"),
    pytest.param(("--as", "messages", "-o", "x.txt"), "x.txt", b'{"model"', id="form before suffix"),
    pytest.param(("--as", "report"), "unbrick-report.zip", b"PK", id="bundle"),
])
def test_the_form_and_the_name(run: Run, folder: Path, options: tuple[str, ...], name: str, begins: bytes) -> None:
    done = run(*options)
    assert done.exception is None, done.exception
    assert f"wrote {folder / name}" in done.stdout or f"wrote {name}" in done.stdout
    assert (folder / name).read_bytes().startswith(begins)


@pytest.mark.parametrize("name", ["markdown", "html", "messages", "report"])
def test_standard_output_holds_the_document_alone(run: Run, folder: Path, name: str) -> None:
    done = run("--as", name, "-o", "-")
    assert done.exception is None and not list(folder.iterdir())
    if name == "messages":
        assert json.loads(done.stdout_bytes)["messages"]
    elif name == "report":
        assert zipfile.ZipFile(io.BytesIO(done.stdout_bytes)).testzip() is None
    else:
        assert done.stdout_bytes.startswith((b"<!doctype html>", b"# Session")) and b"wrote" not in done.stdout_bytes


@pytest.mark.parametrize(("options", "error", "why"), [
    pytest.param(("-o", "taken.md"), CannotWriteError, "--force", id="taken"),
    pytest.param(("-o", ""), UsageError, "name of a new file", id="no name"),
    pytest.param(("-o", "nowhere/x.md"), CannotWriteError, "make it first", id="no folder"),
])
def test_what_cannot_be_done_is_said(
    run: Run, folder: Path, options: tuple[str, ...], error: type[Exception], why: str
) -> None:
    (folder / "taken.md").write_text("mine")
    found = run(*options).exception
    assert isinstance(found, error) and why in str(found)
    assert (folder / "taken.md").read_text() == "mine"


def test_force_replaces_a_file(run: Run, folder: Path) -> None:
    (folder / "taken.md").write_text("mine")
    assert run("-o", "taken.md", "--force", "--level", "talk", "--no-findings", "--all").exception is None
    assert (folder / "taken.md").read_text().startswith("# Session")
