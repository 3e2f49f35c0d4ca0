"""What Claude Code's configuration and environment decide about what it sends; read, never written.

Which of it matters: claude-code-resume.md §4 (anthropics/claude-code#60947).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from unbrick.bundle import Bundle
from unbrick.disk import is_file
from unbrick.formats.claude_code.config import config_home, state_file
from unbrick.formats.claude_code.installed import installed
from unbrick.record import read
from unbrick.target import Setting, Surroundings

FLAG = "tengu_fennel_kite_model"
"""The remote flag that names models for which attachments go out as system turns."""

ENVIRONMENT = "environment"
API_HOST = "api.anthropic.com"
FALSE = frozenset({"", "0", "false", "no", "off"})


def surroundings(bundle: Bundle, config_dir: Path | None, environ: Mapping[str, str]) -> Surroundings:
    """The client's configuration around a session, as neutral facts, each with the file it is from.

    Keys: `mid_conversation_system` (part of a model id), `disable_experimental_betas`, `endpoint` (host, when it
    is not the first party's) and `model`. The `env` block of a settings file wins over the environment, a
    project's file over the person's, ANTHROPIC_MODEL over `model`. What cannot be read counts as absent.
    """
    home = config_home(config_dir, environ) if config_dir is not None or bundle.home is None else bundle.home
    state = state_file(home, environ)
    found: dict[str, Setting] = {}

    def note(name: str, value: object, source: str) -> None:
        if isinstance(value, str) and value and name not in found:
            found[name] = Setting(name, value, source)

    for environment, source in _environments(home, bundle.project, environ):
        note("mid_conversation_system", environment.get("CLAUDE_CODE_MID_CONVERSATION_SYSTEM"), source)
        disabled = environment.get("CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS")
        if disabled is not None and str(disabled).strip().lower() not in FALSE:
            note("disable_experimental_betas", str(disabled), source)
        note("endpoint", _host(environment.get("ANTHROPIC_BASE_URL")), source)
        note("model", environment.get("ANTHROPIC_MODEL"), source)
    for path in _settings_files(home, bundle.project):
        note("model", _read(path).get("model"), str(path))
    note("mid_conversation_system", _flag(_read(state)), str(state))
    return Surroundings(True, home, installed(environ), found)


def _environments(
    home: Path, project: Path | None, environ: Mapping[str, str]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Environments that the client runs in, the one that wins first. A settings file's `env` block is put over
    the environment that the client was started in."""
    for path in _settings_files(home, project):
        block = _read(path).get("env")
        if isinstance(block, dict):
            yield block, str(path)
    yield environ, ENVIRONMENT


def _settings_files(home: Path, project: Path | None) -> list[Path]:
    local = [] if project is None else [
        project / ".claude" / "settings.local.json", project / ".claude" / "settings.json",
    ]
    return [*local, home / "settings.json"]


def _flag(state: Mapping[str, Any]) -> str | None:
    """The flag's value wherever the client caches it: in `clientDataCache`, or among its cached features."""
    for key in ("clientDataCache", *sorted(key for key in state if key.startswith("cached"))):
        cache = state.get(key)
        value = cache.get(FLAG) if isinstance(cache, dict) else None
        if isinstance(value, dict):
            value = value.get("value")
        if isinstance(value, str) and value:
            return value
    return None


def _host(url: object) -> str | None:
    if not isinstance(url, str) or not url.strip():
        return None
    try:
        host = urlsplit(url if "//" in url else f"//{url}").netloc.rpartition("@")[2]
    except ValueError:
        host = url
    return None if host.partition(":")[0] == API_HOST else host or url


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if is_file(path):
            return read(path.read_bytes())[0] or {}
    except (OSError, ValueError):
        pass
    return {}
