"""From which version on a client does otherwise: each step of the page of versions, bisected. Run by hand:

    UNBRICK_CLIENTS=… PYTHONPATH=tests python -m tools.steps --clients FOLDER --versions FILE [--kept FOLDER] [TRAIT…]

For a step a case is looked for whose prediction it changes; the versions between the measured ones before and behind it
resume that case, and what they send says which side they are on. FILE lists all versions (`npm view … versions
--json`); those that are needed are installed into FOLDER/cVERSION.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import Field, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tools import compare
from tools.compare import Case, Predicted, differences, observe, predict
from unbrick.formats.claude_code import request, thread
from unbrick.formats.claude_code.behaviour import Behaviour, behaviour
from unbrick.target import Version

PACKAGE = "@anthropic-ai/claude-code"
TRIED = 6
"""Cases that are asked for a step, until one is answered by every version."""
MEASURED = ("1.0.44", "1.0.128", "2.0.14", "2.0.76", "2.1.20", "2.1.70", "2.1.90", "2.1.112", "2.1.139", "2.1.158",
            "2.1.200", "2.1.240", "2.1.266", "2.1.290", "2.1.300", "2.1.329")
"""Versions whose traits are known; a step lies between two of them."""


def predicted(version: str, case: Case, trait: str, value: object) -> Predicted:
    """The prediction for a case where a trait has a value."""
    def other(given: Version) -> Behaviour:
        return replace(behaviour(given), **{trait: value})

    with patch.object(thread, "behaviour", other), patch.object(request, "behaviour", other):
        return predict(version, case)


class Bisection:
    """Finds the versions; installs and runs clients as needed."""

    def __init__(self, folder: Path, versions: list[str], kept: Path) -> None:
        self.folder, self.kept = folder, kept
        self.all = sorted(versions, key=Version.parse)
        self.cases: dict[str, list[Case]] = {}

    def client(self, version: str) -> Path:
        """A client of a version."""
        home = self.folder / f"c{version}"
        path = home / "node_modules" / ".bin" / "claude"
        if not path.exists():
            command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(home)]
            subprocess.run([*command, f"{PACKAGE}@{version}"], check=False, timeout=300, stdout=subprocess.DEVNULL)
        return path

    def pool(self, version: str) -> list[Case]:
        """Cases in the shape of a version."""
        if version not in self.cases:
            sources = (compare.mutations, compare.turns, compare.large)
            found = [case for source in sources for case in source(version, self.kept)]
            found += compare.kept_cases(version, self.kept)
            self.cases[version] = found
        return self.cases[version]

    def telling(self, trait: Field[Any], version: str, old: object, new: object) -> Iterator[Case]:
        """Cases whose prediction the step changes."""
        for case in self.pool(version):
            one, two = (predicted(version, case, trait.name, value) for value in (old, new))
            if (one.outcome, one.messages) != (two.outcome, two.messages):
                yield case

    def side(self, version: str, trait: str, case: Case, old: object, new: object) -> bool | None:
        """Whether a version does the new thing; None where it does neither or both."""
        path = self.client(version)
        if not path.exists():
            return None
        told = [predicted(version, case, trait, value) for value in (old, new)]
        patience = compare.PATIENCE if "hang" in {str(one.outcome) for one in told} else 40
        seen = observe(path, version, case, patience, self.kept)
        wrong = [len(list(differences(seen, one))) for one in told]
        return None if bool(wrong[0]) == bool(wrong[1]) else not wrong[1]

    def step(self, trait: Field[Any], since: str, old: object, new: object) -> Iterator[str]:
        """What was found for a step, in words."""
        wanted = Version.parse(since)
        after = next((v for v in MEASURED if Version.parse(v) >= wanted), None)
        before = [v for v in MEASURED if Version.parse(v) < wanted]
        if after is None or not before:
            yield "not between measured versions"
            return
        count = 0
        for case in self.telling(trait, after, old, new):
            sure = [self.side(v, trait.name, case, old, new) for v in (before[-1], after)]
            if sure != [False, True]:
                continue
            count += 1
            low, high = self.all.index(before[-1]), self.all.index(after)
            unclear: list[str] = []
            while high - low > 1:
                middle = (low + high) // 2
                side = self.side(self.all[middle], trait.name, case, old, new)
                if side is None:
                    unclear.append(self.all[middle])
                    side = True
                low, high = (low, middle) if side else (middle, high)
            said = f" (unclear: {', '.join(unclear)})" if unclear else ""
            yield f"{self.all[high]} by {case.source} {case.name}, not {self.all[low]}{said}"
            if not unclear or count == TRIED:
                return
        if not count:
            yield f"no case tells {before[-1]} from {after}"


def main() -> None:
    """Bisect and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("traits", nargs="*")
    parser.add_argument("--clients", type=Path, required=True)
    parser.add_argument("--versions", type=Path, required=True)
    parser.add_argument("--kept", type=Path, default=Path(tempfile.gettempdir()) / "unbrick-compare")
    given = parser.parse_args()
    bisection = Bisection(given.clients, json.loads(given.versions.read_text()), given.kept)
    for trait in fields(Behaviour):
        if given.traits and trait.name not in given.traits:
            continue
        for (_, old), (since, new) in pairwise(trait.metadata["steps"]):
            for words in bisection.step(trait, since, old, new):
                print(f"{trait.name} {since}: {words}", flush=True)


if __name__ == "__main__":
    main()
