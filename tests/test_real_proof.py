"""Every sample, its repaired copy and its cuts on real clients: accepted, and with every message that was promised.

Needs the clients: ``UNBRICK_CLIENTS="2.1.139=/path/claude,2.1.329=/path/claude"`` (docs/proof.md). Each session is
saved as a new one by the code that `--as-session` runs. UNBRICK_EVERY_CUT=1 tries all safe points instead of three.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tools.proofs import GOOD, SAMPLES, VERSIONS, Bench, folders, prove
from tools.realclient import clients

CLIENTS = clients()
SMOKE = (
    # What the project began with: a call without its result, a compaction that timed out, a turn that nobody takes.
    "crash-mid-tool", "failed-compaction", "role-system-with-flag",
    # One of each family.
    "torn-and-glued", "null-parent-in-the-middle", "bare-boundary", "text-before-result", "broken-image", "healthy",
)
KNOWN = {
    ("role-system-without-flag", "2.1.139"): "what refuses it is a switch of the service that no file shows but the "
    "recorded error, and a cut takes that along",
    ("context-too-long", "1.0.128"): "it has the history summarised before it asks",
    ("context-too-long", "2.1.139"): "it has the history summarised before it asks",
    ("malformed-attachment", "1.0.128"): "it does not know attachments, and passes over what is wrong with them",
    ("unreadable-advice", "1.0.128"): "it does not send what it does not know",
    ("kept-too-much", "2.1.139"): "it does not put back what the boundary kept",
}
"""Samples that a client, one that they are not judged for in `expected.json` but for the first, takes in another way
than unbrick says, and how."""


def cases(names: Iterable[str]) -> list[Any]:
    """Each sample on each client that is there."""
    return [
        pytest.param(SAMPLES / name, version, id=f"{name} on {version}", marks=[
            pytest.mark.xfail(reason=KNOWN[name, version], strict=True)
        ] if (name, version) in KNOWN else [])
        for name in names for version in VERSIONS if version in CLIENTS
    ]


pytestmark = pytest.mark.skipif(
    not CLIENTS, reason="NO REAL CLIENT: set UNBRICK_CLIENTS=2.1.139=/path/claude,2.1.329=/path/claude to prove this"
)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the clients did, shared between tests: equal bytes are resumed once."""
    return tmp_path_factory.mktemp("observed")


def hold(folder: Path, version: str, kept: Path) -> None:
    """Prove a sample on a client."""
    row = prove(folder, Bench(version, CLIENTS[version], kept), every=bool(os.environ.get("UNBRICK_EVERY_CUT")))
    assert not row.said
    assert row.after in GOOD or row.hopeless
    assert row.messages[1] >= row.messages[0] or row.before == "healed"


@pytest.mark.parametrize(("folder", "version"), cases(SMOKE))
def test_smoke(folder: Path, version: str, kept: Path) -> None:
    hold(folder, version, kept)


@pytest.mark.parametrize(("folder", "version"), cases(one.name for one in folders() if one.name not in SMOKE))
def test_every_other_sample(folder: Path, version: str, kept: Path) -> None:
    hold(folder, version, kept)
