"""The settings file: what it may say, what is said of its mistakes, and that keys follow it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from driving import Open, notices, press, screen_text
from hypothesis import given
from hypothesis import strategies as st

from unbrick_tui import manual
from unbrick_tui.cli import cli
from unbrick_tui.screens.choice import ChoiceScreen
from unbrick_tui.settings import DEFAULTS, FITS, Settings, load, path, shown

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_says_what_there_is() -> None:
    assert PAGE.read_text(encoding="utf-8") == manual.page(), "run python -m unbrick_tui.manual > docs/settings.md"


def test_the_example_of_the_page_is_without_mistake(tmp_path: Path) -> None:
    example = PAGE.read_text(encoding="utf-8").split("```")[1].removeprefix("toml\n")
    file = tmp_path / "settings.toml"
    file.write_text(example, encoding="utf-8")
    found = load(file)
    assert found.mistakes == ()
    assert found.keys == {"act.fix": "f,ctrl+f", "find.search": "slash,ctrl+s"}
    assert (found.theme, found.client, found.detail) == ("unbrick-light", "installed", 4)
    assert all(f"{name.rpartition('.')[2]} =" in example for name in FITS)


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "settings.toml") == DEFAULTS


MISTAKES = [
    pytest.param('theme = "light"\ntheme', "line 2", id="not TOML"),
    pytest.param("theme =", "line 1: invalid value", id="an end too soon"),
    pytest.param("ascii = true\ntheme = 3", "line 2: “theme” has to be the name of a theme", id="not a text"),
    pytest.param("ascii = 1", "line 1: “ascii” has to be true or false, and is 1", id="not a flag"),
    pytest.param("detail = 9", "line 1: “detail” has to be a number from 1 to 5, and is 9", id="out of range"),
    pytest.param("colour = 'red'", "line 1: there is no setting “colour”", id="unknown"),
    pytest.param("\n[target]\nclient = 'new'", "line 3: “target.client” has to be a version", id="no version"),
    pytest.param("target = 1", "line 1: “target” is a table: [target]", id="not a table"),
    pytest.param("[keys]\n'act.fox' = 'x'", "line 2: no key has the name “act.fox”", id="no such name"),
    pytest.param("[keys]\nact.fix = 'ctrl+'", "line 2: “act.fix”: there is no key “ctrl+”", id="no such key"),
    pytest.param("[keys]\n'act.fix' = ['x']", "line 2: “act.fix” wants keys as a text", id="keys that are a list"),
    pytest.param("[keys]\n'act.fix' = ''", "line 2: “act.fix” wants keys as a text", id="no keys"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_is_a_sentence_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    found = load(file)
    (mistake,) = found.mistakes
    assert mistake.startswith(str(file))
    assert said in mistake


def test_what_is_right_holds_beside_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("detail = 9\nascii = true\n[keys]\nact.fix = 'x'\n", encoding="utf-8")
    found = load(file)
    assert (found.ascii, found.keys, len(found.mistakes)) == (True, {"act.fix": "x"}, 1)


@given(st.binary(max_size=200))
def test_no_file_whatever_stops_the_application(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("any") / "settings.toml"
    file.write_bytes(data)
    load(file)


@given(st.builds(
    Settings, theme=st.sampled_from([None, "unbrick-dark", "nord"]), ascii=st.booleans(),
    detail=st.none() | st.integers(1, 5), model=st.none() | st.text(st.characters(codec="ascii"), min_size=1),
    keys=st.dictionaries(st.sampled_from(["act.fix", "find.next"]), st.sampled_from(["x", "ctrl+y", "question_mark"])),
))
def test_what_is_shown_would_set_the_same(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> None:
    said = "\n".join(shown(settings))
    assert tomllib.loads(said) is not None
    if settings.model is None or settings.model.isprintable():
        file = tmp_path_factory.mktemp("shown") / "settings.toml"
        file.write_text(said, encoding="utf-8")
        assert load(file) == settings


def test_the_command_prints_path_mistakes_and_what_holds() -> None:
    file = path()
    file.parent.mkdir(parents=True)
    file.write_text("ascii = true\nsize = 3\n", encoding="utf-8")
    done = CliRunner().invoke(cli, ["settings"])
    assert done.exit_code == 0
    assert str(file) in done.stdout
    assert "ascii = true" in done.stdout
    assert "line 2: there is no setting “size”" in done.stderr


async def test_a_key_is_bound_anew(open_app: Open) -> None:
    keys = {"act.fix": "x", "look.problems": "f"}
    async with open_app("crash-mid-tool", settings=Settings(keys=keys)) as pilot:
        await press(pilot, "question_mark")
        text = screen_text(pilot.app)
        assert "x                 fix what is wrong here" in text
        await press(pilot, *"problems")
        assert "f                 list all problems" in screen_text(pilot.app)
        await press(pilot, "escape", "escape", "x", "enter")
        assert "1 edit, not saved" in screen_text(pilot.app)
        await press(pilot, "f")
        assert isinstance(pilot.app.screen, ChoiceScreen), "the list of problems"


async def test_mistakes_are_said_when_the_application_opens(open_app: Open) -> None:
    async with open_app("healthy", settings=Settings(mistakes=("settings.toml, line 3: so and so",))) as pilot:
        assert "settings.toml, line 3: so and so" in notices(pilot.app)


async def test_sentences_name_the_keys_of_the_person(open_app: Open) -> None:
    keys = {"act.undo": "x", "keep.save": "ctrl+s", "act.fix": "z"}
    async with open_app("crash-mid-tool", settings=Settings(keys=keys)) as pilot:
        await press(pilot, "z", "enter")
        assert "x takes it back" in notices(pilot.app)
        await press(pilot, "r")
        assert "press ctrl+s to save" in screen_text(pilot.app)


async def test_what_must_be_backed_up_names_the_key_of_the_person(open_app: Open) -> None:
    settings = Settings(keys={"keep.back-up": "ctrl+b"})
    async with open_app("amplifier/torn-last-line", (120, 40), settings=settings) as pilot:
        assert "Press ctrl+b to back up now" in screen_text(pilot.app)
