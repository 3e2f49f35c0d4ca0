"""The client installed on this machine, read from its files and never executed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from unbrick.disk import is_file
from unbrick.record import read
from unbrick.target import Version

PACKAGE = "@anthropic-ai/claude-code"
FEW = 1 << 20


def installed(environ: Mapping[str, str]) -> Version | None:
    """Version of the client that `claude` starts; None when none is found.

    The first `claude` on $PATH counts, followed through its links: to a package (npm), or to a file named by its
    version (native). Without one, the places that the client's own installers use.
    """
    home = Path(environ.get("HOME") or "~").expanduser()
    for folder in environ.get("PATH", "").split(os.pathsep):
        program = Path(folder or ".") / "claude"
        if is_file(program) and os.access(program, os.X_OK):
            found = _of_program(program, home)
            if found is not None:
                return found
    return next(_elsewhere(home), None)


def of_program(program: Path, environ: Mapping[str, str]) -> Version | None:
    """Version of the client that a program is, read from the files around it; None when they do not tell."""
    return _of_program(program, Path(environ.get("HOME") or "~").expanduser())


def _of_program(program: Path, home: Path) -> Version | None:
    try:
        real = program.resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    if real.parent.name == "versions":
        return _version(real.name)
    for folder in list(real.parents)[:6]:
        found = _of_package(folder) or _of_package(folder / "node_modules" / PACKAGE)
        if found is not None:
            return found
    return _of_wrapper(real, home)


def _of_wrapper(script: Path, home: Path) -> Version | None:
    """The client behind the small shell script that a local installation puts on the path."""
    try:
        with script.open("rb") as file:
            text = file.read(4096)
    except OSError:
        return None
    if text.startswith(b"#!") and b".claude/local/" in text:
        return _of_package(home / ".claude" / "local" / "node_modules" / PACKAGE)
    return None


def _elsewhere(home: Path) -> Iterator[Version]:
    program = home / ".local" / "bin" / "claude"
    found = _of_program(program, home) if is_file(program) else None
    if found is not None:
        yield found
    try:
        names = [entry.name for entry in (home / ".local" / "share" / "claude" / "versions").iterdir()]
    except OSError:
        names = []
    versions = [version for version in map(_version, names) if version is not None]
    if versions:
        yield max(versions)
    local = _of_package(home / ".claude" / "local" / "node_modules" / PACKAGE)
    if local is not None:
        yield local


def _of_package(folder: Path) -> Version | None:
    try:
        with (folder / "package.json").open("rb") as file:
            value = read(file.read(FEW))[0]
    except OSError:
        return None
    if value is None or value.get("name") != PACKAGE or not isinstance(value.get("version"), str):
        return None
    return _version(value["version"])


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except ValueError:
        return None
