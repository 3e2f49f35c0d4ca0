"""For whom a session may be judged: clients, models and ways to resume it to choose from, and what a person types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from unbrick.errors import UsageError
from unbrick.formats import Format
from unbrick.models import COMMON, COMMON_OPENAI
from unbrick.session import Session
from unbrick.target import WAYS, Basis, Surroundings, Target, Version

_VERSION = re.compile(r"v?\d+(?:\.\d+)+(?:[-+ ].*)?")
_MODEL = re.compile(r"[\w./:@-]{2,100}(?:\[1m\])?", re.ASCII)

MOST = 3
"""Changes of a version that are named."""


class Aim(NamedTuple):
    """A target to choose, what it is called, and what is to be known about it."""

    title: str
    detail: str
    target: Target


def aims(format_: Format, session: Session, around: Surroundings, current: Target) -> Iterator[Aim]:
    """All that can be chosen beside the current target: ways first, then clients, the newest first, then models, and
    a consumer that heals nothing."""
    for way in format_.ways(session):
        if way != current.way:
            yield Aim(WAYS.get(way, way), "another way to resume", format_.aimed(replace(current, way=way)))
    yield from _clients(format_, session, around, current)
    yield from _models(format_, session, current)
    strict = "heals what it can again" if current.strict else "a consumer that heals nothing"
    yield Aim("not strict" if current.strict else "strict", strict, replace(current, strict=not current.strict))


def _clients(format_: Format, session: Session, around: Surroundings, current: Target) -> Iterator[Aim]:
    recorded = format_.recorded(session)
    if not recorded.version.numbers:
        return
    known: dict[Version, tuple[str, Basis]] = {recorded.version: ("wrote this file", recorded.basis)}
    if around.installed is not None:
        said = "installed on this machine"
        said += ", and wrote this file" if around.installed == recorded.version else ""
        known[around.installed] = (said, Basis.INSTALLED)
    for version, (said, basis) in known.items():
        if version != current.version:
            yield Aim(str(version), said, replace(current, version=version, basis=basis))
    for version in reversed(format_.versions()):
        if version not in known and version != current.version:
            changes = format_.changes(version)
            more = f" and {len(changes) - MOST} more" if len(changes) > MOST else ""
            said = f"changes {', '.join(changes[:MOST])}{more}" if changes else "a version that is known"
            said = "the newest that is known" if version == format_.newest() else said
            yield Aim(str(version), said, replace(current, version=version, basis=Basis.GIVEN))


def _models(format_: Format, session: Session, current: Target) -> Iterator[Aim]:
    scan = session.scan
    own = [scan.strings.text(number) for number in dict.fromkeys(reversed(scan.model)) if number >= 0]
    common = COMMON_OPENAI if current.api.startswith("openai") else COMMON
    for model in dict.fromkeys([*(one for one in own if one and not one.startswith("<")), *common]):
        if model != current.model:
            said = "answered in this file" if model in own else "a model"
            yield Aim(model, said, format_.aimed(replace(current, model=model)))


def aimed_at(text: str, format_: Format, current: Target) -> Target:
    """The target that a person typed: a client's version, a model, or both. Raises UsageError for neither."""
    target = current
    words = text.split()
    for word in words:
        if _VERSION.fullmatch(word):
            if not current.resumed:
                raise UsageError("No client stands between this file and the API; name a model.")
            target = replace(target, version=Version.parse(word), basis=Basis.GIVEN)
        elif _MODEL.fullmatch(word):
            target = format_.aimed(replace(target, model=word))
        else:
            words = []
    if not words:
        raise UsageError("Type a client version such as 2.1.139, a model such as claude-opus-4-7, or both.")
    return target
