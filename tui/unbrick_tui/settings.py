"""What a person set once: colours, detail, the target, keys. Read from `settings.toml`, never written; a mistake in it
is a sentence with its line, and everything else holds all the same."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from unbrick.disk import whole
from unbrick.errors import UsageError
from unbrick.opening import Choices
from unbrick.printable import printable
from unbrick_tui.bindings import ids, is_key
from unbrick_tui.theme import NAMES, full

LARGEST = 1_000_000
"""Bytes; nobody sets as much as that."""
LEVELS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Settings:
    """What holds; None or empty where nothing was set. `theme` is the name it is registered under, `detail` the level
    of detail, `keys` maps ids of bindings to keys, `mistakes` are sentences."""

    theme: str | None = None
    ascii: bool = False
    detail: int | None = None
    client: str | None = None
    model: str | None = None
    way: str | None = None
    strict: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()

    def with_options(self, *, ascii: bool, theme: str | None) -> Settings:
        """With what was said on the command line, which goes first."""
        return replace(self, ascii=ascii or self.ascii, theme=full(theme) if theme else self.theme)


DEFAULTS = Settings()


def path() -> Path:
    """Where the settings are: `unbrick/settings.toml` in the platform's folder for configuration."""
    return user_config_path("unbrick", appauthor=False) / "settings.toml"


def load(file: Path | None = None) -> Settings:
    """The settings, those of this machine unless a file is named; the defaults where there is none. Never raises."""
    file = file or path()
    try:
        text = whole(file, LARGEST).decode("utf-8")
    except FileNotFoundError:
        return DEFAULTS
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        return Settings(mistakes=(f"{file}: cannot be read ({reason.lower()}); the defaults hold",))
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Settings(mistakes=(f"{file}: {_plain(str(error), text)}; the defaults hold",))
    return _Reading(file, text).settings(values)


def _plain(error: str, text: str) -> str:
    """`line 3: expected "=" after a key`, from what the reader of TOML says."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", error, re.DOTALL)
    if found is None:
        return printable(error)
    said = found[1][:1].lower() + found[1][1:]
    return f"line {found[2] or len(text.splitlines())}: {printable(said)}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_client(value: object) -> bool:
    try:
        return isinstance(value, str) and Choices(client=value, environ={}).version() is not None
    except UsageError:
        return False


FITS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "theme": (_is_text, f"the name of a theme: {', '.join(NAMES)}, or one of Textual's"),
    "ascii": (_is_flag, "true or false"),
    "detail": (lambda value: type(value) is int and value in LEVELS, "a number from 1 to 5"),
    "target.client": (_is_client, "a version such as \"2.1.139\", \"installed\" or \"recorded\""),
    "target.model": (_is_text, "the name of a model"),
    "target.way": (_is_text, "a way to resume"),
    "target.strict": (_is_flag, "true or false"),
}
"""Every setting but the keys: what it may be, and how that is said."""


class _Reading:
    """From decoded values to settings, with a sentence for each one that does not fit."""

    def __init__(self, file: Path, text: str) -> None:
        self._file = file
        self._lines = text.splitlines()
        self._mistakes: list[str] = []

    def settings(self, values: Mapping[str, Any]) -> Settings:
        """Everything that fits."""
        taken: dict[str, Any] = {}
        top = {name: value for name, value in values.items() if name not in ("target", "keys")}
        for table, given in (("", top), ("target", self._table(values, "target"))):
            for name, value in given.items():
                dotted = f"{table}.{name}" if table else name
                fits, wanted = FITS.get(dotted, (None, ""))
                if fits is None:
                    self._wrong(name, f"there is no setting “{dotted}”", table)
                elif fits(value):
                    taken[name] = full(value) if name == "theme" else value
                else:
                    self._wrong(name, f"“{dotted}” has to be {wanted}, and is {value!r}", table)
        keys = dict(self._keys(self._table(values, "keys")))
        return Settings(**taken, keys=keys, mistakes=tuple(self._mistakes))

    def _keys(self, keys: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        known = ids()
        # `act.fix = "x"` without quotes around the name is a table in a table.
        flat = {
            f"{name}.{inner}" if inner else name: value
            for name, given in keys.items()
            for inner, value in (given.items() if isinstance(given, dict) else [("", given)])
        }
        for name, value in flat.items():
            last = name.rpartition(".")[2]
            if name not in known:
                self._wrong(last, f"no key has the name “{name}”; docs/settings.md lists them all", "keys")
                continue
            wanted = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else []
            unknown = next((key for key in wanted if not is_key(key)), None)
            if unknown is not None:
                self._wrong(last, f"“{name}”: there is no key “{unknown}”", "keys")
            elif wanted:
                yield name, ",".join(wanted)
            else:
                self._wrong(last, f'“{name}” wants keys as a text, such as "x" or "x,ctrl+x"', "keys")

    def _table(self, values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        given = values.get(name, {})
        if isinstance(given, dict):
            return given
        self._wrong(name, f"“{name}” is a table: [{name}]")
        return {}

    def _wrong(self, name: str, said: str, table: str = "") -> None:
        inside = not table
        pattern = re.compile(rf"\s*\[*\s*[\w\"'. -]*?\b{re.escape(name)}\b[\"']?\s*[\]=]")
        where = ""
        for number, line in enumerate(self._lines, 1):
            if table and re.match(rf"\s*\[\s*{table}\s*\]", line):
                inside = True
            if inside and pattern.match(line):
                where = f", line {number}"
                break
        self._mistakes.append(printable(f"{self._file}{where}: {said}"))


def shown(settings: Settings) -> Iterator[str]:
    """The settings in force, as a file that would set them."""
    table = ""
    for dotted in (*FITS, *(f'keys."{name}"' for name in settings.keys)):
        inside, _, name = dotted.rpartition(".") if not dotted.startswith("keys") else dotted.partition(".")
        if inside != table:
            table = inside
            yield from ("", f"[{table}]")
        value = settings.keys[name.strip('"')] if table == "keys" else getattr(settings, name)
        # JSON spells texts, numbers and flags as TOML does.
        yield printable(f"# {name} is not set" if value is None else f"{name} = {json.dumps(value)}")
