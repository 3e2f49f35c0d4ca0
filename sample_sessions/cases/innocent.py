"""Innocent files."""

from __future__ import annotations

from sample_sessions.making import (
    NEW,
    OLD,
    ROLE,
    Item,
    Json,
    Judged,
    sample,
)

REFUSED = "role 'system' is not supported on this model"
SYSTEM_TURNS: Json = {"CLAUDE_CODE_MID_CONVERSATION_SYSTEM": "opus-4-7"}
FLAG: Json = {"clientDataCache": {"tengu_fennel_kite_model": "opus-4-7"}}


@sample(
    "role-system-with-flag", ROLE, "anthropics/claude-code#60947",
    Judged(OLD, "refused", REFUSED, codes=("C005", "E001"), verdict="broken"), Judged(NEW), delta=-2, config=FLAG,
    env=SYSTEM_TURNS,
)
def role_system_with_flag(r: list[Json]) -> list[Item]:
    """Compacted twice, then every prompt is refused. The file holds no system turn: a flag in the client's own
    configuration makes it send them."""
    return [*r]


@sample(
    "role-system-without-flag", ROLE, "anthropics/claude-code#60947",
    Judged(OLD, "refused", REFUSED, codes=("E001",), verdict="broken"), Judged(NEW), delta=-2, env=SYSTEM_TURNS,
)
def role_system_without_flag(r: list[Json]) -> list[Item]:
    """The same file without the configuration that it was recorded under: all that speaks is the recorded error."""
    return [*r]
