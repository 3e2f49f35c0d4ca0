"""Prove samples, their repairs and their cuts on real clients. Run by hand, from the root of a checkout:

    UNBRICK_CLIENTS=… PYTHONPATH=.:tests python -m tools.proofs [--every] [--write] [--kept FOLDER] [SAMPLE…]

Each sample is resumed as it is, as its repaired copy, and cut at safe points (all of them with --every, else the
newest, the oldest and one in the middle); copies and cuts are saved as new sessions by the code that `--as-session`
runs. Held against each other are what unbrick says and what the client sends. What was observed is kept in FOLDER, by
the bytes that were resumed, so that a changed prediction is judged without running a client again. --write puts the
table into docs/proof.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tools.observe import SESSION, marks, readable, run_sample
from tools.realclient import clients
from unbrick import proof
from unbrick.clock import FixedClock
from unbrick.finding import Safety
from unbrick.formats.claude_code.config import project_name
from unbrick.opening import Choices, Opened, examine, open_source
from unbrick.patch import Patch
from unbrick.proof.proving import missing, promised
from unbrick.repair import Repaired, repair
from unbrick.report import Report, Verdict
from unbrick.save import save_as_session
from unbrick.scanning.scan import finish
from unbrick.source import Source
from unbrick.truncate import SafePoint, safe_points, truncate

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_sessions" / "claude_code"
PAGE = ROOT / "docs" / "proof.md"
HEADING = "## Last run"
ABOUT = (
    "Every sample stands in each row, also where its damage is none for that client. Messages\n"
    "are user and assistant records of which everything is in the first request. Below the table: what differs."
)
VERSIONS = ("1.0.128", "2.1.139", "2.1.329")
"""The oldest client that keeps what it is told in one file, the one that most samples were written by, the newest."""
ALLOWS = {"--restore": Safety.RESTORES, "--lossy": Safety.LOSSY}
GOOD = ("accepted", "healed")
PATIENCE = {"hang": 8.0}
FEW = 3
Json = dict[str, Any]


@dataclass(frozen=True)
class Observed:
    """What a client did with some bytes: the outcome of a report, the API's and its own words, the first request."""

    outcome: str
    error: str | None
    printed: str
    messages: list[Json]

    @property
    def good(self) -> bool:
        """Whether the prompt was answered."""
        return self.outcome in GOOD


@dataclass
class Row:
    """One sample on one client. Messages are user and assistant records; `said` is everything that differs."""

    sample: str
    version: str
    before: str = ""
    after: str = ""
    messages: tuple[int, int] = (0, 0)
    """Records of the file that are in the request, before the repair and after it."""
    changed: bool = False
    hopeless: bool = False
    """unbrick says that no repair makes this client take the session."""
    cuts: int = 0
    taken: int = 0
    points: int = 0
    said: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Bench:
    """A client, and what it was observed to do."""

    version: str
    client: Path
    kept: Path

    def resume(self, session: str, data: bytes, model: str | None, folder: Path, patience: float = 60) -> Observed:
        """Resume some bytes in the surroundings of a sample."""
        known = repr((self.version, model, conditions(folder))).encode()
        key = hashlib.sha256(known + reading() + data).hexdigest()[:24]
        path = self.kept / f"{self.version}-{key}.json"
        if path.exists():
            return Observed(**json.loads(path.read_text()))
        got = run_sample(folder, self.client, {"model": model}, data, session, patience)
        seen = Observed(got.outcome.value, got.error, got.printed[:2000], got.messages)
        self.kept.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(seen)))
        return seen


@cache
def reading() -> bytes:
    """A digest of the stand-in: what it answered with other rules counts no more."""
    files = sorted(Path(proof.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).digest()


def expected(folder: Path) -> Json:
    """What is said of a sample."""
    value: Json = json.loads((folder / "expected.json").read_text())
    return value


def conditions(folder: Path) -> list[Any]:
    """What a sample is played with beside its bytes: environment, state, what the API refuses of it."""
    settings = folder / "config" / ".claude.json"
    whole = expected(folder)
    return [*(whole.get(key) for key in ("env", "refuses", "window")), settings.exists() and settings.read_text()]


def model_of(folder: Path, version: str) -> str:
    """The model that a sample is resumed with."""
    judged = expected(folder)["judged"]
    return str(next((one["model"] for one in judged if one["client"] == version), judged[0]["model"]))


def choices(folder: Path, version: str, model: str) -> Choices:
    """Judge for a client in a sample's surroundings."""
    config = folder / "config"
    there = config.is_dir()
    return Choices(client=version, model=model, config_dir=config if there else None, surroundings=there, environ={})


def saved(opened: Opened, patch: Patch) -> tuple[str, bytes]:
    """A patched session as it is saved as a new one: its id, and its bytes."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, ".claude", "projects", project_name("/home/dev/shop-api"))
        folder.mkdir(parents=True)
        path = folder / f"{SESSION}.jsonl"
        path.write_bytes(opened.bundle.path.read_bytes())
        with Source.open(path) as source:
            bundle = opened.format.bundle(source)
            receipt = save_as_session(opened.format, bundle, patch, FixedClock())
        return str(receipt.session_id), receipt.path.read_bytes()


def kept(data: bytes, messages: Iterable[Json]) -> int:
    """Messages of a transcript of which everything is in a request."""
    text = json.dumps(list(messages), ensure_ascii=False)
    whole: dict[str, bool] = {}
    for uuid, words in marks(readable(data)):
        there = words in text or json.dumps(words, ensure_ascii=False)[1:-1] in text
        whole[uuid] = whole.get(uuid, True) and there
    return sum(whole.values())


def prove(folder: Path, bench: Bench, *, every: bool = False) -> Row:
    """Hold one sample, its repaired copy and its cuts against a client."""
    row = Row(folder.name, bench.version)
    model = model_of(folder, bench.version)
    raw = (folder / "session.jsonl").read_bytes()
    with Source.open(folder / "session.jsonl") as source:
        opened = open_source(source, choices(folder, bench.version, model))
        report = finish(examine(opened))
        told = report.resume.outcome.value
        first = bench.resume(SESSION, raw, model, folder, PATIENCE.get(told, 60))
        row.before = first.outcome
        if first.outcome != told:
            row.said.append(f"as it is: {first.outcome}, predicted {told} {first.error or first.printed[:120]!r}")
        row.said += _gone("as it is", report, first)
        done = _mended(opened, report, folder)
        row.changed = bool(done.patch)
        session, data = saved(opened, done.patch) if done.patch else (SESSION, raw)
        second = bench.resume(session, data, model, folder) if done.patch else first
        row.after = second.outcome
        row.hopeless = done.after.verdict is Verdict.BROKEN and done.after.resume.outcome.value not in GOOD
        row.said += _against("repaired", done.after, second)
        row.messages = kept(raw, first.messages) if first.good else 0, kept(data, second.messages) if second.good else 0
        fitting = [point for point in safe_points(report) if point.fits]
        row.points = len(fitting)
        for point in fitting if every else _few(fitting):
            row.cuts += 1
            row.taken += _cut(opened, report, point, bench, folder, row.said)
    return row


def _few(points: Sequence[SafePoint]) -> Sequence[SafePoint]:
    return points if len(points) <= FEW else (points[0], points[len(points) // 2], points[-1])


def _mended(opened: Opened, report: Report, folder: Path) -> Repaired:
    allow = {Safety.SAFE} | {ALLOWS[option] for option in expected(folder)["after_repair"]["options"]}
    return finish(repair(
        opened.format, opened.bundle, report.target, opened.surroundings, allow=allow, clock=FixedClock()
    ))


def _cut(opened: Opened, report: Report, point: SafePoint, bench: Bench, folder: Path, said: list[str]) -> bool:
    cut = finish(truncate(
        opened.format, opened.bundle, point.at, report.target, opened.surroundings, clock=FixedClock(), known=report,
    ))
    session, data = saved(opened, cut.patch)
    got = bench.resume(session, data, report.target.model, folder)
    found = list(_against(f"cut behind line {point.at.line}", cut.after, got))
    said += found
    return got.good and not found


def _against(what: str, report: Report, got: Observed) -> Iterator[str]:
    """What differs between a report and what a client did."""
    told = report.resume.outcome
    if got.outcome != told.value:
        yield f"{what}: {got.outcome}, predicted {told.value} {got.error or got.printed[:120]!r}"
    elif not got.good and report.verdict is not Verdict.BROKEN:
        yield f"{what}: {got.outcome} {got.error!r}"
    yield from _gone(what, report, got)


def _gone(what: str, report: Report, got: Observed) -> Iterator[str]:
    if got.outcome in (*GOOD, "refused"):
        for one in list(missing(report.situation, promised(report.situation), got.messages))[:2]:
            yield f"{what}: line {one.at.line} is missing: {one.words[:60]!r}"


def folders(names: Sequence[str] = ()) -> list[Path]:
    """The samples."""
    found = sorted(path.parent for path in SAMPLES.glob("*/expected.json"))
    return [path for path in found if not names or path.name in names]


def rows(samples: Sequence[Path], versions: Sequence[str], store: Path, *, every: bool) -> Iterator[Row]:
    """Every sample on every client; two clients run at a time."""
    known = clients()
    jobs = [(folder, Bench(version, known[version], store)) for version in versions for folder in samples]
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(lambda job: prove(*job, every=every), jobs)


def table(found: Sequence[Row]) -> str:
    """The table of the docs."""
    lines = [
        "| client | sessions | resume as they are | resume repaired | messages sent before | after | cuts resumed |"
        " differs from what was said |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for version in dict.fromkeys(row.version for row in found):
        own = [row for row in found if row.version == version]
        hopeless = sum(row.hopeless for row in own)
        lines.append(
            f"| {version} | {len(own)} | {sum(row.before in GOOD for row in own)} | "
            f"{sum(row.after in GOOD for row in own)}{f', {hopeless} cannot' if hopeless else ''} | "
            f"{sum(row.messages[0] for row in own):,} | {sum(row.messages[1] for row in own):,} | "
            f"{sum(row.taken for row in own):,} of {sum(row.cuts for row in own):,} | "
            f"{sum(bool(row.said) for row in own)} |"
        )
    return "\n".join(lines) + "\n"


def details(found: Sequence[Row]) -> str:
    """What differs, the first two things of each session, and which sessions no repair helps."""
    lines = [f"- `{row.sample}` on {row.version}: {said}" for row in found for said in row.said[:2]]
    lines += [f"- `{row.sample}` on {row.version} cannot be made to resume, as unbrick says" for row in found
              if row.hopeless]
    return "\n".join(lines) + "\n" if lines else ""


def write(found: Sequence[Row]) -> None:
    """Put the table into the docs, with the day and the system."""
    head = PAGE.read_text("utf-8").split(HEADING)[0]
    day = datetime.now(UTC).strftime("%-d %B %Y")
    system = {"linux": "Linux", "darwin": "macOS"}.get(sys.platform, sys.platform)
    PAGE.write_text(f"{head}{HEADING}\n\n{day}, {system}. {ABOUT}\n\n{table(found)}\n{details(found)}", "utf-8")


def main() -> None:
    """Run and print, and with --write keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", nargs="*")
    parser.add_argument("--versions", default=",".join(v for v in VERSIONS if v in clients()))
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--kept", type=Path, default=Path(tempfile.gettempdir()) / "unbrick-proofs")
    given = parser.parse_args()
    found = []
    for row in rows(folders(given.samples), given.versions.split(","), given.kept, every=given.every):
        found.append(row)
        sent = "{} → {} messages".format(*row.messages)
        print(f"{row.version} {row.sample}: {row.before} → {row.after}, {sent}, cuts {row.taken}/{row.cuts}",
              *row.said, sep="\n    ", flush=True)
    print("", table(found), details(found), Counter(row.before for row in found), sep="\n")
    if given.write:
        write(found)


if __name__ == "__main__":
    main()
