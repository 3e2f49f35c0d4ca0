"""The folder that Claude Code keeps settings and sessions in, and how it names a project's folder there."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from unbrick.disk import is_dir, is_file

LONGEST = 200
"""A project name longer than this is cut there and gets a hash behind it."""


def config_home(config_dir: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """The configuration folder: the one given, else $CLAUDE_CONFIG_DIR, else ~/.claude
    (code.claude.com, environment variables)."""
    environ = os.environ if environ is None else environ
    if config_dir is not None:
        return config_dir.expanduser()
    named = environ.get("CLAUDE_CONFIG_DIR")
    if named:
        return Path(named).expanduser()
    home = environ.get("HOME")
    return (Path(home) if home else Path.home()) / ".claude"


def state_file(home: Path, environ: Mapping[str, str] | None = None) -> Path:
    """The file with the client's own state, `.claude.json`: inside a folder that $CLAUDE_CONFIG_DIR names, beside
    the default one."""
    inside = home / ".claude.json"
    if home.name != ".claude" or _same(home, (os.environ if environ is None else environ).get("CLAUDE_CONFIG_DIR")):
        return inside
    beside = home.parent / ".claude.json"
    return inside if is_file(inside) and not is_file(beside) else beside


def _same(home: Path, named: str | None) -> bool:
    return bool(named) and home.expanduser() == Path(str(named)).expanduser()


def project_name(folder: str) -> str:
    """Name of a project's folder: normalised (NFC), each UTF-16 unit that is not an ASCII letter or digit as `-`.

    A long name is cut and a hash follows, computed here as the SDK does; the client's own may differ, so look for
    what begins alike (`project_folders`).
    """
    folder = unicodedata.normalize("NFC", folder)
    name = re.sub(r"[^A-Za-z0-9]", lambda m: "-" if ord(m.group()) < 0x10000 else "--", folder)
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}-{_hash(folder)}"


def _hash(text: str) -> str:
    """The SDK's string hash: 32 bits over UTF-16 units, base 36."""
    value = 0
    units = text.encode("utf-16-le", "surrogatepass")
    for low, high in zip(units[::2], units[1::2], strict=True):
        value = (value * 31 + (low | high << 8)) & 0xFFFFFFFF
    value = abs(value - (1 << 32) if value & 0x80000000 else value)
    digits = ""
    while value or not digits:
        value, digit = divmod(value, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def project_folders(home: Path, folder: Path) -> Iterator[Path]:
    """The folders that hold a project's sessions and exist; more than one only for a very long name."""
    names = dict.fromkeys(project_name(name) for name in (os.path.realpath(folder), str(folder)))
    for name in names:
        exact = home / "projects" / name
        if is_dir(exact):
            yield exact
        if len(name) > LONGEST:
            for other in sorted((home / "projects").glob(name[:LONGEST] + "-*")):
                if other != exact and is_dir(other):
                    yield other
