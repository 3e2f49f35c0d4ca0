"""What DESIGN says about the shape of the code, held by tests."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from unbrick.formats.table import FORMATS
from unbrick.opening import Choices, examine, open_word
from unbrick.rules import ALL, BY_CODE
from unbrick.scanning.scan import finish

ROOT = Path(__file__).parent.parent
CORE = ROOT / "core" / "unbrick"
TUI = ROOT / "tui" / "unbrick_tui"
SAMPLES = ROOT / "sample_sessions"

FLOW = (
    ("what a file is",
     "errors media disk jsonspan secrecy words printable source elements abridged mending damage record entry edit "
     "target patch bundle clock models"),
    ("what its records are", "scanning"),
    ("what a session is", "session thread request compaction sent held stored"),
    ("what may be wrong", "finding situation relations report answers recorded"),
    ("what clients do", "formats"),
    ("what the API says", "api weighing"),
    ("judging", "rules why failures catalogue check aims"),
    ("showing", "telling"),
    ("acting",
     "editing repair truncate saving redact save restore export foreign opening sessions linting proof"),
)
"""The stages of the data flow. A module imports from its own stage and those above, never from those below."""

FRONT_ENDS = {"textual", "rich", "click", "click_default_group", "unbrick_tui"}
CONCURRENCY = {"threading", "multiprocessing", "asyncio", "concurrent"}
STARTERS = {"subprocess", "multiprocessing", "concurrent"}
CLIENT_WORDS = re.compile(r"parentUuid|isSidechain|leafUuid|isCompactSummary|sourceToolAssistantUUID")
LONGEST = 350

NO_SAMPLE = {
    "E003": "needs a live process that has the session open",
    "S002": "needs a request of 32 MB",
    "C015": "needs an image of five megabytes",
    "S007": "needs a file of 50 MB",
    "C006": "needs a client that misplaces its own turns; none of those that wrote the samples does",
}
"""Rules that cannot have a sample session, and why."""

Import = tuple[str, int]


def modules(root: Path, package: str) -> dict[str, Path]:
    """Dotted name → file of every module of a package."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join((package, *(part for part in parts if part != "__init__")))] = path
    return found


CORE_MODULES = modules(CORE, "unbrick")
TUI_MODULES = modules(TUI, "unbrick_tui")


def imports(path: Path) -> list[Import]:
    """Modules that a file imports anywhere in it, with lines; names imported from a package that are modules
    themselves count as those."""
    known = {**CORE_MODULES, **TUI_MODULES}
    found: list[Import] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(name.name, node.lineno) for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{name.name}" for name in node.names]
            found += [(name, node.lineno) for name in inner if name in known]
            if any(name not in known for name in inner):
                found.append((node.module, node.lineno))
    return found


def stage(module: str) -> int | None:
    """Place in the flow of a core module, None when it has none."""
    top = module.split(".")[1] if "." in module else ""
    return next((place for place, (_title, names) in enumerate(FLOW) if top in names.split()), None)


@pytest.mark.parametrize("module", sorted(CORE_MODULES))
def test_core_knows_no_front_end_and_no_threads(module: str) -> None:
    forbidden = FRONT_ENDS if module.startswith("unbrick.proof") else FRONT_ENDS | CONCURRENCY
    wrong = [(name, line) for name, line in imports(CORE_MODULES[module]) if name.split(".")[0] in forbidden]
    assert not wrong


@pytest.mark.parametrize("module", sorted(CORE_MODULES))
def test_only_helpers_start_processes(module: str) -> None:
    """And the proof, which runs the client itself."""
    wrong = [(name, line) for name, line in imports(CORE_MODULES[module]) if name.split(".")[0] in STARTERS]
    assert not wrong or module == "unbrick.scanning.helpers" or module.startswith("unbrick.proof")


@pytest.mark.parametrize("module", sorted(CORE_MODULES))
def test_imports_go_one_way_along_the_flow(module: str) -> None:
    if module == "unbrick":
        return
    own = stage(module)
    assert own is not None, f"give {module} its place in FLOW"
    for name, line in imports(CORE_MODULES[module]):
        if name.split(".")[0] == "unbrick" and name != "unbrick":
            other = stage(name)
            assert other is not None, f"give {name} its place in FLOW"
            assert other <= own, f"{CORE_MODULES[module]}:{line} imports {name} from a later stage"


def test_no_module_imports_itself_through_others() -> None:
    known = {**CORE_MODULES, **TUI_MODULES}
    graph = {module: {name for name, _ in imports(path) if name in known} for module, path in known.items()}
    packages = {module for module, path in known.items() if path.name == "__init__.py"}
    for module in graph:
        graph[module] -= {parent for parent in packages if module.startswith(parent + ".")}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_core_loads_neither_textual_nor_rich() -> None:
    script = (
        "import importlib, json, sys\n"
        f"for name in {sorted(CORE_MODULES)!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert not set(json.loads(run.stdout)) & FRONT_ENDS


NOT_FOR_A_CHECK = re.compile(
    r"(textual|rich|pydantic|numpy|PIL|pypdf|multiprocessing|subprocess|pickle|tempfile|tomllib|difflib|hashlib"
    r"|unbrick\.(sent|repair|save|atomic|lowering|sessions|export|proof|formats\.\w+\.(lower|chatlower|write|cloning)))\b"
)
"""What takes long to load, and no check of a healthy session needs."""


def test_a_check_loads_only_what_it_needs() -> None:
    session = SAMPLES / "claude_code" / "healthy" / "session.jsonl"
    script = "import sys; from unbrick_tui.cli import run; run(['check', sys.argv[1]]); print(*sys.modules, sep='\\n')"
    run = subprocess.run(
        [sys.executable, "-c", script, str(session)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "unbrick.rules" in run.stdout
    assert not [name for name in run.stdout.split() if NOT_FOR_A_CHECK.match(name)]


NEUTRAL = sorted(m for m in CORE_MODULES if m.split(".")[1:2] not in (["formats"], ["proof"], ["damage"]))


@pytest.mark.parametrize("module", NEUTRAL)
def test_a_clients_words_stay_with_its_format(module: str) -> None:
    """But for `damage`, which has to know how a record begins to find one inside a damaged line."""
    tree = ast.parse(CORE_MODULES[module].read_text(encoding="utf-8"))
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    wrong = [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described
        and CLIENT_WORDS.search(node.value)
    ]
    assert not wrong


@pytest.mark.parametrize("module", sorted({**CORE_MODULES, **TUI_MODULES}))
def test_no_module_grows_out_of_sight(module: str) -> None:
    path = {**CORE_MODULES, **TUI_MODULES}[module]
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_codes_and_names_are_given_once() -> None:
    assert len(BY_CODE) == len(ALL)
    assert len({rule.name for rule in ALL}) == len(ALL)


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_rule_is_explained(code: str) -> None:
    rule = BY_CODE[code]
    assert re.fullmatch(r"[JLBTCSE]\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert len(rule.explanation) >= 80, "the docstring of its check is what the person reads"
    if rule.error:
        re.compile(rule.error)


@cache
def sample_codes() -> frozenset[str]:
    """Codes that the sample sessions expect, and those found in them for the client that wrote them or the newest."""
    found: set[str] = set()
    for path in SAMPLES.glob("*/*/expected.json"):
        found |= set(re.findall(r'"([JLBTCSE]\d{3})"', path.read_text(encoding="utf-8")))
        main = next(path.parent.glob("body.json"), path.parent)
        clients = ("recorded", str(FORMATS[0].newest())) if path.parts[-3] != "messages" else (None,)
        for client in clients:
            with open_word(str(main), Choices(client, surroundings=False), path.parent) as opened:
                found |= {finding.code for finding in finish(examine(opened)).findings}
    return frozenset(found)


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_rule_has_a_sample(code: str) -> None:
    if code in NO_SAMPLE:
        assert code not in sample_codes(), f"{code} has a sample by now: take it out of NO_SAMPLE"
        pytest.skip(NO_SAMPLE[code])
    assert code in sample_codes()


def test_the_ci_script_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
