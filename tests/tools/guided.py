"""Fuzzing led by coverage: readers, the byte splicer, redaction, documents, whole sessions, images.

    PYTHONPATH=core:tui:tests python -m tools.guided line --seconds 600 --keep found/

Wants Atheris (`pip install atheris`), which nothing else of the project does. What breaks a law is written to `--keep`
and ends the run; `python -m tools.guided line --only FILE` plays it again, and needs no Atheris. With `--large` all
that is read is taken for large.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["unbrick"]) if atheris else nullcontext():
    from tools import fuzz, hostile, large, media, strategies
    from unbrick import jsonspan, record
    from unbrick.elements import Elements
    from unbrick.finding import Safety
    from unbrick.formats.messages.framing import framed
    from unbrick.media import documents, images, looks, pixels
    from unbrick.opening import Choices, examine, open_source
    from unbrick.repair import repair
    from unbrick.scanning.scan import finish
    from unbrick.secrecy import secrets
    from unbrick.secrecy.hide import Hidden
    from unbrick.source import Source

LONGEST = {"line": 4_000, "document": 8_000, "session": 20_000, "image": 4_000}
SHORTEST = 5
"""Characters of a text that is taken for a secret."""


def line(data: bytes) -> None:
    """Any bytes as one line: a value or a fault, and each edit of it does what it says and nothing else."""
    value, fault = record.read(data)
    fuzz.insist(value is not None or fault is not None, "a line is a record, or a fault says why not")
    for piece in record.cut_out(data, fault) if fault else ():
        fuzz.insist(record.read(piece)[0] is not None, f"what is salvaged can be read: {piece!r}")
    jsonspan.prune_depth(data)
    list(secrets.in_record(data))
    if value is None or (fault and fault.kind is not record.FaultKind.SURROGATE):
        return
    for pointer in strategies.paths(value)[:6]:
        start, end = jsonspan.locate(data, pointer)
        fuzz.insist(_same(_read(data[start:end]), _at(value, pointer)), f"{pointer} is where it was found")
        changed, want = jsonspan.set_value(data, pointer, b'"\\u0000"'), strategies.replaced(value, pointer, "\0")
        fuzz.insist(_same(_read(changed), want), f"{pointer} set, and nothing else")
        fuzz.insist(jsonspan.set_value(changed, pointer, data[start:end]) == data, f"{pointer} set back")
        _without(want, pointer)
        fuzz.insist(_same(_read(jsonspan.remove(data, pointer)), want), f"{pointer} removed, and nothing else")
    apart, changed = jsonspan.Apart(), data
    several = {pointer: b'"\\u0000"' for pointer in reversed(strategies.paths(value)) if apart.add(pointer)}
    for pointer, new in several.items():
        changed = jsonspan.set_value(changed, pointer, new)
    fuzz.insist(not several or jsonspan.set_values(data, several) == changed, "set in one go as one by one")
    for pointer in [pointer for pointer in strategies.paths(value) if isinstance(_at(value, pointer), list)][:3]:
        others, want = set(range(0, len(_at(value, pointer)), 2)), json.loads(json.dumps(value))
        del _at(want, pointer)[::2]
        left = jsonspan.remove_elements(data, pointer, others) if others else data
        fuzz.insist(_same(_read(left), want), f"every other one of {pointer} removed, and nothing else")
    added = _read(jsonspan.set_member(data, (), "n\u00e9w", b"1"))
    fuzz.insist(_same(added, {**value, "n\u00e9w": 1}), "a member added, and nothing else")
    for said in [text for text in _texts(value) if len(text) >= SHORTEST][:1]:
        try:
            hidden = Hidden(said, "[redacted]")
        except ValueError:
            continue
        left, count = hidden.hide(data)
        fuzz.insist(count and said not in [*_texts(_read(left))], f"{said!r} is redacted")


def document(data: bytes) -> None:
    """Any bytes as a document of messages: its pieces and what stands around them are the file."""
    found = framed(Source.of(data, "body.json"))
    if not isinstance(found, Elements):
        return
    fuzz.insist(b"".join(found.patched({})) == data, "1: saving without an edit writes the same bytes")
    whole = all(record.read(raw)[1] is None for raw in found.lines())
    for index in range(min(len(found), 8)):
        raw = found[index]
        if found.parted and not found.flaw:
            same = b"".join(found.patched({index + 1: (raw,)}))
            fuzz.insist(same == data, f"message {index + 1} put in its own place")
        if whole and not found.flaw:
            left = _read(b"".join(found.patched({index + 1: ()})))
            for step in found.base:
                left = left[step]
            fuzz.insist(len(left) == len(found) - 1, f"message {index + 1} taken out leaves the others")


def session(data: bytes) -> None:
    """Any bytes as a transcript: judged, repaired, judged again."""
    name = "body.json" if data[:1] in (b"[", b"{") and b"\n{" not in data else "session.jsonl"
    try:
        opened = open_source(Source.of(data, name), Choices(surroundings=False))
    except fuzz.UnbrickError:
        return
    with opened:
        report = finish(examine(opened))
        where = (opened.format, opened.bundle, report.target, opened.surroundings)
        done = finish(repair(*where, allow=frozenset(Safety), clock=fuzz.fresh(), known=report))
        fuzz.insist(not fuzz.worse(report, done.after), "4: a repair makes no verdict worse")
        again = finish(repair(*where, patch=done.patch, allow=frozenset(Safety), clock=fuzz.fresh()))
        left = [one.finding.id for one in again.applied]
        fuzz.insist(not left, f"3: repairing twice is repairing once ({left})")


def image(data: bytes) -> None:
    """Any bytes as an image: looked at, scaled, and in a document."""
    text = base64.b64encode(data).decode()
    images.read(text)
    looks.about(text)
    looks.picture(text, 40, 20)
    pixels.scaled(text, 20)
    documents.read(text)
    documents.text(text)


def _read(raw: bytes) -> Any:

    return jsonspan.JSON_DECODER.decode(raw.decode("utf-8", "surrogatepass"))


def _at(value: Any, pointer: tuple[str | int, ...]) -> Any:
    for step in pointer:
        value = value[step]
    return value


def _without(value: Any, pointer: tuple[str | int, ...]) -> None:
    del _at(value, pointer[:-1])[pointer[-1]]


def _same(one: object, other: object) -> bool:
    """Whether two values are one to JavaScript, whose numbers are all floats."""
    return _plain(one) == _plain(other)


def _plain(value: object) -> object:
    return json.loads(json.dumps(value), parse_int=float)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


TARGETS: dict[str, Callable[[bytes], None]] = {
    "line": line, "document": document, "session": session, "image": image,
}


def seeds(target: str) -> list[bytes]:
    """What a run begins with."""
    paths = [path for _name, path, _folder in fuzz.origins(corpus=False)]
    wholes = [path.read_bytes() for path in paths]
    if target == "line":
        found = {one for data in wholes for one in data.splitlines() if len(one) < LONGEST[target]}
        return sorted(found, key=len)[:600]
    if target == "image":
        packed = [base64.b64decode(hostile.png(3, 2)), base64.b64decode(hostile.bomb())[:400]]
        drawn = media.written(b"/X Do", drawn=b"BT /F 1 Tf (a) Tj ET")
        return [*packed, b"GIF89a", b"\xff\xd8\xff", media.pdf(2), media.tree(3, 2), drawn]
    documents = [data for path, data in zip(paths, wholes, strict=True) if path.name == "body.json"]
    if target == "document":
        return documents
    small = [data for data in wholes if len(data) < LONGEST[target]]
    return [*small, *(b"\n".join(data.splitlines()[-8:])[-LONGEST[target] :] for data in wholes)]


def main() -> int:
    """Run one target, or play one input again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=Path)
    parser.add_argument("--keep", type=Path, default=Path("guided-found"))
    parser.add_argument("--large", action="store_true")
    given = parser.parse_args()
    with large.taken_for_large() if given.large else nullcontext():
        return _run(given)


def _run(given: argparse.Namespace) -> int:
    if given.only is not None:
        TARGETS[given.target](given.only.read_bytes())
        return 0
    corpus = given.keep / f"{given.target}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(given.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([
        sys.argv[0], str(corpus), f"-max_total_time={given.seconds}", f"-max_len={LONGEST[given.target]}",
        f"-seed={given.seed}", "-timeout=20", f"-artifact_prefix={given.keep}/{given.target}-", "-rss_limit_mb=1500",
        "-print_final_stats=1",
    ], TARGETS[given.target])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
