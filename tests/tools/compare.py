"""The prediction against real clients, request by request. Run by hand, from the root of a checkout:

    UNBRICK_CLIENTS=… PYTHONPATH=tests python -m tools.compare [--kept FOLDER] [--from SOURCE,…] [VERSION…]

Sessions are resumed with a new prompt, and the first request of the conversation is compared with the predicted one:
outcome, roles, members of messages, strings or lists, and of every block type, ids, names, inputs and texts. Told by
kind only is what the client writes anew at each start: the context reminder, reminders beside the new prompt and the
system turn behind it. What was observed is kept in FOLDER, so that a changed prediction is judged without running a
client again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import builder, compactions
from tools import mutations as more
from tools.fresh import STORIES, Writer, written
from tools.realclient import MODELS, NEXT, clients, resume
from tools.scenes import SCENES
from unbrick.check import check
from unbrick.formats.claude_code import attachments
from unbrick.opening import detect
from unbrick.report import Cause
from unbrick.request import Request, Synthetic
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.target import NOWHERE, Target, Version

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "claude_code"
BASE = ROOT / "sample_sessions" / "base"
CONTEXT = "<system-reminder>\nAs you answer the user's questions"
LARGE = ("control", "orphan_mid", "parent_broken", "parent_cycle", "missing_line_mid", "branch_tail", "garbage_mid",
         "torn_glued", "sidechain_tail", "uuid_duplicate", "x_linear")
COMPACTED_LARGE = ("c_control", "c_summary2_removed_nolink", "c_post_parent_broken", "c_post_parent_old")
PATIENCE = 8
"""Seconds after which a client that is expected to hang is taken to do so."""

Block = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A session to resume: where it comes from, its name, id, bytes and model."""

    source: str
    name: str
    session: str
    data: bytes
    model: str | None


@dataclass(frozen=True)
class Observed:
    """What a client did: the outcome of a report, what it printed, the messages of its first request."""

    outcome: str
    printed: str
    error: str | None
    messages: list[dict[str, Any]] | None


def mutations(version: str, _kept: Path) -> Iterator[Case]:
    """Every mutation of the built session, and some of them in a large file."""
    model = builder.story(version).model
    for name in more.MUTATIONS:
        yield Case("mutations", name, builder.SESSION, builder.mutated(version, name)[1], model)


def compacted(version: str, _kept: Path) -> Iterator[Case]:
    """Every mutation of a session that was compacted twice, and some of them in a large file."""
    model = builder.story(version).model
    big = [name.replace("c_", "c_big_", 1) for name in COMPACTED_LARGE]
    for name in [*compactions.MUTATIONS, *big]:
        data = compactions.mutated(version, name)[1]
        if data:
            yield Case("compacted", name, builder.SESSION, data, model)


def large(version: str, _kept: Path) -> Iterator[Case]:
    """Mutations of a session above 5 MB."""
    model = builder.story(version).model
    for name in LARGE:
        yield Case("large", f"xb_{name}", builder.SESSION, builder.mutated(version, name, large=True)[1], model)


def corpus(version: str, _kept: Path) -> Iterator[Case]:
    """The recorded sessions of this and of older versions, as after an update; of the oldest where there is none."""
    found = sorted((path.name for path in CORPUS.glob("*")), key=Version.parse)
    for family in [one for one in found if Version.parse(one) <= Version.parse(version)] or found[:1]:
        for path in sorted((CORPUS / family).glob("*/next-*.json")):
            truth = json.loads(path.read_bytes())
            if truth["accepted"]:
                data = (path.parent / "project" / truth["session"]).read_bytes()
                name = f"{family} {path.parent.name} {path.stem[5:13]}"
                yield Case("corpus", name, Path(truth["session"]).stem, data, truth.get("model"))


def turns(version: str, kept: Path) -> Iterator[Case]:
    """The mutations once more, for a model that takes no system turns where the built session's does."""
    if Version.parse(version) < Version.parse("2.1.158"):
        return
    model = builder.story(version).model
    other = "claude-opus-4-7"
    for case in mutations(version, kept):
        yield Case("turns", case.name, case.session, case.data.replace(model.encode(), other.encode()), other)


def base(version: str, _kept: Path) -> Iterator[Case]:
    """The sessions that the samples are made of, as far as this or an older version wrote them."""
    for path in sorted(BASE.glob("*.jsonl")):
        wrote = path.stem.split("-")[1]
        if Version.parse(wrote) <= max(Version.parse(version), Version.parse("1.0.44")):
            yield Case("base", path.stem, "5ca1ab1e-0000-4000-8000-000000000001", path.read_bytes(), MODELS[wrote])


def fresh(version: str, kept: Path) -> Iterator[Case]:
    """Sessions that the client writes now."""
    yield from _fresh(version, _model(version), kept, STORIES)


def fresh_turns(version: str, kept: Path) -> Iterator[Case]:
    """The same with a model that takes system turns."""
    if Version.parse(version) >= Version.parse("2.1.158"):
        yield from _fresh(version, _turning(version), kept, STORIES)


def scenes(version: str, kept: Path) -> Iterator[Case]:
    """The scenes of the recorded sessions, played now."""
    yield from _fresh(version, _model(version), kept, SCENES)


def scenes_turns(version: str, kept: Path) -> Iterator[Case]:
    """The same with a model that takes system turns."""
    if Version.parse(version) >= Version.parse("2.1.158"):
        yield from _fresh(version, _turning(version), kept, SCENES)


def _model(version: str) -> str:
    return "claude-opus-4-7" if Version.parse(version) >= Version.parse("2.1.112") else "claude-sonnet-4-5-20250929"


def _turning(version: str) -> str:
    return "claude-opus-5-5" if Version.parse(version) >= Version.parse("2.1.300") else "claude-opus-4-8"


def _fresh(version: str, model: str, kept: Path, stories: Mapping[str, Callable[[Writer], None]]) -> Iterator[Case]:
    for name, story in stories.items():
        folder = kept / f"{version}-{model}-{name}"
        if not folder.exists():
            found = written(clients()[version], version, model, story)
            folder.mkdir(parents=True)
            for session, data in found.items():
                (folder / f"{session}.jsonl").write_bytes(data)
        files = sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_size, reverse=True)
        for number, path in enumerate(files):
            yield Case("fresh", f"{name}{f' {number}' if number else ''}", path.stem, path.read_bytes(), model)


def kept_cases(version: str, kept: Path) -> Iterator[Case]:
    """Sessions that a client of a version has written before."""
    for folder in sorted(kept.glob(f"{version}-claude-*")):
        model, _, name = folder.name.removeprefix(f"{version}-").rpartition("-")
        for path in sorted(folder.glob("*.jsonl")):
            yield Case("kept", name, path.stem, path.read_bytes(), model)


SOURCES = {"mutations": mutations, "turns": turns, "large": large, "compacted": compacted, "corpus": corpus,
           "base": base, "fresh": fresh, "fresh_turns": fresh_turns, "scenes": scenes,
           "scenes_turns": scenes_turns}


def observe(client: Path, version: str, case: Case, patience: float, kept: Path) -> Observed:
    """Resume a case with a client, unless that was done before."""
    digest = hashlib.sha256(f"{version} {case.session} {case.model} ".encode() + case.data).hexdigest()[:24]
    path = kept / f"{version}-{digest}.json"
    if path.exists():
        return Observed(**json.loads(path.read_bytes()))
    got = resume(client, case.session, case.data, model=case.model, timeout=patience)
    messages = got.main.body["messages"] if got.main is not None else None
    seen = Observed(got.outcome, got.printed[:2000], got.error, messages)
    kept.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(seen.__dict__))
    return seen


@dataclass(frozen=True)
class Predicted:
    """What unbrick says: the outcome, and the request with the new prompt."""

    outcome: str
    request: Request
    messages: list[dict[str, Any]]
    synthetic: list[list[Synthetic | None]]


def predict(version: str, case: Case) -> Predicted:
    """The prediction for a case."""
    with Source.of(case.data, f"/home/dev/{case.session}.jsonl") as source:
        format_ = detect(source)
        target = Target(format_.client, Version.parse(version), case.model)
        report = finish(check(format_, format_.bundle(source), target=target, surroundings=NOWHERE))
        session, thread = report.situation.session, report.situation.thread
        request = format_.request(session, thread, target, NOWHERE, NEXT)
        messages = list(request.messages())
        why = [
            [request.synthetic.get(part) for part in range(request.first[i], request.first[i + 1])]
            for i in range(len(request))
        ]
        # Settings of another machine are not those that the client is run with here.
        outcome = "accepted" if report.cause is Cause.SETTINGS else str(report.resume.outcome)
        return Predicted(outcome, request, messages, why)


def blocks(content: str | list[Block]) -> list[Block]:
    """Content as blocks without marks for the cache."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [{key: value for key, value in part.items() if key != "cache_control"} for part in parts]


def renewed(block: Block) -> bool:
    """Whether a text is one that the client writes beside the new prompt."""
    return block.get("type") == "text" and str(block.get("text", "")).startswith(attachments.OPENING)


def differences(seen: Observed, told: Predicted) -> Iterator[tuple[str, str]]:
    """(kind, sentence) of everything in which the prediction differs."""
    loaded = seen.messages is not None
    if seen.outcome != told.outcome:
        yield "outcome", f"{told.outcome} instead of {seen.outcome} ({seen.error or seen.printed[:120]!r})"
    if not loaded or not told.messages:
        return
    theirs, ours = list(seen.messages or ()), told.messages
    context = any(_is_context(block) for message in theirs for block in blocks(message["content"]))
    kept = [i for i, why in enumerate(told.synthetic) if context or set(why) != {Synthetic.REMINDER}]
    ours, synthetic = [ours[i] for i in kept], [told.synthetic[i] for i in kept]
    if theirs[-1]["role"] == "system" and ours[-1]["role"] == "user":
        theirs.pop()
    if [m["role"] for m in ours] != [m["role"] for m in theirs]:
        said = ["".join(str(m["role"])[0] for m in side) for side in (ours, theirs)]
        yield "roles", f"{said[0]} instead of {said[1]}"
        return
    for index, (one, two) in enumerate(zip(ours, theirs, strict=True)):
        last = index == len(ours) - 1
        extra = [{k: v for k, v in m.items() if k not in ("role", "content")} for m in (one, two)]
        if extra[0] != extra[1]:
            yield "members", f"{index}: {extra[0]} instead of {extra[1]}"
        marked = not isinstance(two["content"], str) and any("cache_control" in b for b in two["content"])
        bare = not context and Synthetic.REMINDER in synthetic[index]
        if not last and not marked and not bare and isinstance(one["content"], str) != isinstance(two["content"], str):
            yield "strings", f"{index}: {type(one['content']).__name__} instead of {type(two['content']).__name__}"
        for kind, sentence in _blocks(one, two, synthetic[index], last=last, context=context):
            yield kind, f"{index}: {sentence}"


def _blocks(
    one: dict[str, Any], two: dict[str, Any], synthetic: list[Synthetic | None], *, last: bool, context: bool
) -> Iterator[tuple[str, str]]:
    mine = list(zip(synthetic, blocks(one["content"]), strict=True))
    other = blocks(two["content"])
    if not context:  # older clients have none to give in a folder without instructions
        mine = [(why, block) for why, block in mine if why is not Synthetic.REMINDER]
    if last:
        mine = [(why, block) for why, block in mine if not renewed(block)]
        other = [block for block in other if not renewed(block)]
    kinds = [block.get("type") for _why, block in mine], [block.get("type") for block in other]
    if kinds[0] != kinds[1]:
        yield "blocks", f"{_short(b for _w, b in mine)} instead of {_short(other)}"
        return
    for (why, ours), theirs in zip(mine, other, strict=True):
        told = _is_context(theirs)
        if (why is Synthetic.REMINDER) != told:
            yield "context", f"{_short([ours])} instead of {_short([theirs])}"
        elif not told and (_ended(ours) != _ended(theirs) if last else ours != theirs):
            kind = "texts" if ours.get("type") in ("text", "thinking") else "values"
            said = [_short([ours]), _short([theirs])]
            said = said if said[0] != said[1] else [json.dumps(ours), json.dumps(theirs)]
            yield kind, f"{said[0]} instead of {said[1]}"


def _is_context(block: Block) -> bool:
    return str(block.get("text", "")).startswith(CONTEXT)


def _ended(block: Block) -> Block:
    """A block of the last message without the line break that sets off what the client writes behind it."""
    return {**block, "text": str(block["text"]).removesuffix("\n")} if block.get("type") == "text" else block


def _short(parts: Iterable[Block]) -> str:
    said = []
    for block in parts:
        words = block.get("text") or block.get("thinking") or block.get("id") or block.get("content")
        text = words if isinstance(words, str) else json.dumps(words)
        said.append(f"{block.get('type')}:{text if len(text) < 130 else text[:70] + ' … ' + text[-50:]!r}")
    return "[" + ", ".join(said) + "]"


def judge(version: str, client: Path, case: Case, kept: Path) -> list[tuple[str, str]]:
    """What differs for a case."""
    told = predict(version, case)
    patience = PATIENCE if told.outcome == "hang" else 60
    return list(differences(observe(client, version, case, patience, kept), told))


def judged(version: str, client: Path, cases: Sequence[Case], kept: Path) -> list[list[tuple[str, str]]]:
    """What differs for each case; two clients run at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda case: judge(version, client, case, kept), cases))


def main() -> None:
    """Compare and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="*")
    parser.add_argument("--kept", type=Path, default=Path(tempfile.gettempdir()) / "unbrick-compare")
    parser.add_argument("--from", dest="sources", default=",".join(SOURCES))
    parser.add_argument("--quiet", action="store_true", help="only the table")
    given = parser.parse_args()
    found = clients()
    table: list[str] = []
    for version in given.versions or found:
        cells: dict[str, str] = {}
        kinds: Counter[str] = Counter()
        for source in given.sources.split(","):
            cases = list(SOURCES[source](version, given.kept))
            done = judged(version, found[version], cases, given.kept)
            cells[source] = f"{sum(not one for one in done)} of {len(done)}"
            for case, differing in zip(cases, done, strict=True):
                kinds.update({kind for kind, _sentence in differing})
                if differing and not given.quiet:
                    print(f"{version} {source} {case.name}")
                    for kind, sentence in differing[:3]:
                        print(f"    {kind} {sentence}")
        row = " | ".join(cells.values())
        table.append(f"| {version} | {row} | {', '.join(f'{kind} {count}' for kind, count in kinds.items())} |")
        print(table[-1], flush=True)
    print("\n".join(["", f"| client | {given.sources.replace(',', ' | ')} | differences |", *table]))


if __name__ == "__main__":
    main()
