"""Where sessions live, which one a word means, who has it open, where a repaired copy goes."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from unbrick.bundle import Bundle
from unbrick.clock import FixedClock
from unbrick.errors import AmbiguousError, NotFoundError
from unbrick.formats.claude_code import cloning, owners, places
from unbrick.formats.claude_code.config import config_home, project_name, state_file
from unbrick.formats.claude_code.installed import installed
from unbrick.formats.claude_code.settings import surroundings
from unbrick.source import Source
from unbrick.stored import Stored

ONE = "aaaaaaaa-1111-4111-8111-111111111111"
TWO = "aaaabbbb-2222-4222-8222-222222222222"
FAR = "cccccccc-3333-4333-8333-333333333333"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder of the person's own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    home = tmp_path / "home" / ".claude"
    home.mkdir(parents=True)
    return home


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    shop = tmp_path / "my shop"
    shop.mkdir()
    return shop


OPEN: list[Source] = []


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def lay(home: Path, cwd: Path, session_id: str, age: int = 0, *lines: dict[str, Any]) -> Path:
    path = home / "projects" / project_name(os.path.realpath(cwd)) / f"{session_id}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    records = lines or ({"type": "mode"}, {"type": "user", "cwd": str(cwd), "message": {"content": "Fix the till"}})
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def bundle_of(path: Path) -> Bundle:
    OPEN.append(Source.open(path))
    return places.bundle(OPEN[-1])


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        pytest.param("/home/dev/my_shop.v2", "-home-dev-my-shop-v2", id="everything but letters and digits"),
        pytest.param("/tmp/cafe\u0301", "-tmp-caf-", id="normalised first"),
        pytest.param("/tmp/😀", "-tmp---", id="two for what JavaScript counts as two"),
        pytest.param("/" + "a" * 300, "-" + "a" * 199 + "-vtkmfl", id="a long name is cut and hashed"),
    ],
)
def test_project_names(folder: str, name: str) -> None:
    assert project_name(folder) == name


def test_the_folder_given_wins_over_the_environment_and_that_over_the_home(tmp_path: Path) -> None:
    environ = {"CLAUDE_CONFIG_DIR": "/etc/claude", "HOME": "/home/dev"}
    assert config_home(tmp_path, environ) == tmp_path
    assert config_home(None, environ) == Path("/etc/claude")
    assert config_home(None, {"HOME": "/home/dev"}) == Path("/home/dev/.claude")


class TestBundle:
    """What belongs to a transcript."""

    def test_side_files_are_evidence_and_the_project_is_where_it_was_recorded(self, home: Path, shop: Path) -> None:
        path = lay(home, shop, ONE)
        for name in ("subagents/agent-1.jsonl", "subagents/deep/agent-2.jsonl", "tool-results/t.txt"):
            file = path.with_suffix("") / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("{}")
        bundle = bundle_of(path)
        assert (bundle.session_id, bundle.home, bundle.project, bundle.parts) == (ONE, home, shop, {})
        assert {kind: [file.name for file in files] for kind, files in bundle.evidence.items()} == {
            "subagents": ["agent-1.jsonl", "agent-2.jsonl"], "tool-results": ["t.txt"],
        }

    def test_of_several_folders_the_one_that_the_session_is_filed_under(self, home: Path, shop: Path) -> None:
        path = lay(home, shop, ONE, 0, {"cwd": str(shop / "sub")}, {"cwd": 5}, {"cwd": str(shop)})
        assert bundle_of(path).project == shop
        path = lay(home, shop, TWO, 0, {"cwd": "/elsewhere"}, {"cwd": "/third"})
        assert bundle_of(path).project == Path("/elsewhere")

    def test_elsewhere_and_from_a_pipe(self, tmp_path: Path, home: Path) -> None:
        path = tmp_path / "copy.jsonl"
        path.write_bytes(b"")
        bundle = bundle_of(path)
        assert (bundle.session_id, bundle.home, bundle.project) == ("copy", None, None)
        with Source.of(b'{"cwd": "/home/dev"}\n', "<stdin>") as source:
            assert places.bundle(source).project == Path("/home/dev")

    def test_a_persons_own_projects_folder_is_not_the_clients(self, tmp_path: Path, home: Path) -> None:
        path = tmp_path / "projects" / "shop" / "session.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"{}\n")
        assert bundle_of(path).home is None

    def test_a_linked_projects_folder_is_still_the_clients(self, home: Path, shop: Path, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (home / "projects").symlink_to(tmp_path / "data")
        assert bundle_of(lay(home, shop, ONE)).home == home


def paths(found: list[Stored]) -> list[Path]:
    return [one.path for one in found]


class TestFind:
    """Which session a word means."""

    @pytest.fixture(autouse=True)
    def _sessions(self, home: Path, shop: Path, tmp_path: Path) -> None:
        self.home, self.shop, self.other = home, shop, tmp_path / "other"
        self.one, self.two = lay(home, shop, ONE, 50), lay(home, shop, TWO, 20)
        self.far = lay(home, self.other, FAR, 1)
        lay(home, shop, "agent-12ab")

    def test_this_folders_sessions_come_first_and_newest_first(self) -> None:
        assert paths(places.sessions(self.shop, None)) == [self.two, self.one, self.far]
        assert paths(places.sessions(self.other, self.home)) == [self.far, self.two, self.one]
        assert places.sessions(self.shop, self.home / "nowhere") == []

    def test_by_id_or_a_part_that_only_one_has(self) -> None:
        for word in (ONE, ONE.upper(), f"{ONE}.jsonl", "aaaaaa", "4111-8111"):
            assert places.find(word, self.shop, None) == self.one
        assert places.find("ccc", self.shop, None) == self.far

    def test_this_folders_wins(self) -> None:
        lay(self.home, self.other, "aaaaaaaa-9999-4999-8999-999999999999")
        assert places.find("aaaaaaaa", self.shop, None) == self.one
        same = lay(self.home, self.other, ONE)
        assert places.find(ONE, self.shop, None) == self.one
        assert places.find(ONE, self.other, None) == same

    def test_several(self) -> None:
        with pytest.raises(AmbiguousError, match=r"2 sessions match aaaa; name one:\n  /.*bbbb.*\n  /.*aaaaaaaa-1111"):
            places.find("aaaa", self.shop, None)

    def test_none(self) -> None:
        with pytest.raises(NotFoundError, match=r"zzz is no file, and no session in .*The newest are:\n"):
            places.find("zzz", self.shop, None)
        with pytest.raises(NotFoundError, match=rf"Near to it:\n  .*{ONE}"):
            places.find(ONE.replace("8111", "8112"), self.shop, None)
        with pytest.raises(NotFoundError, match=r"holds no sessions.*--config-dir"):
            places.find(ONE, self.shop, self.home / "nowhere")

    def test_a_long_folder_name_is_found_by_its_beginning(self, tmp_path: Path) -> None:
        deep = tmp_path / ("d" * 120) / ("e" * 120)
        deep.mkdir(parents=True)
        path = lay(self.home, deep, "dddddddd-1111-4111-8111-111111111111")
        path.parent.rename(path.parent.with_name(path.parent.name.rpartition("-")[0] + "-bunhash"))
        assert places.sessions(deep, None)[0].path.stem.startswith("dddddddd")


class TestOwner:
    """Who has a session open."""

    @pytest.fixture(autouse=True)
    def _home(self, home: Path, shop: Path) -> None:
        self.home = home
        self.bundle = bundle_of(lay(home, shop, ONE))

    @pytest.fixture
    def process(self) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            yield process
            assert process.stdin is not None
            process.stdin.close()

    def register(self, pid: int, **entry: Any) -> None:
        file = self.home / "sessions" / f"{pid}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"pid": pid, "sessionId": ONE, **entry}))

    def test_nobody(self) -> None:
        assert places.owner(self.bundle) is None

    def test_a_live_process(self, process: subprocess.Popen[bytes]) -> None:
        self.register(process.pid)
        assert places.owner(self.bundle) == process.pid
        self.register(process.pid, startedAt=time.time() * 1000)
        assert places.owner(self.bundle) == process.pid

    def test_another_session(self, process: subprocess.Popen[bytes]) -> None:
        self.register(process.pid, sessionId=TWO)
        assert places.owner(self.bundle) is None

    def test_all_of_a_machine(self, process: subprocess.Popen[bytes]) -> None:
        self.register(process.pid)
        self.register(2**22 + 1, sessionId=TWO)
        assert places.living(self.home) == {ONE: process.pid}

    def test_a_dead_process(self) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            process.wait()
        self.register(process.pid)
        assert places.owner(self.bundle) is None

    @pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not tell when processes started")
    def test_a_recycled_process_id(self, process: subprocess.Popen[bytes]) -> None:
        ticks = owners._process(process.pid)[1]
        assert ticks is not None
        self.register(process.pid, procStart=str(ticks))
        assert places.owner(self.bundle) == process.pid
        for start in (str(ticks - 1), ticks + 500):
            self.register(process.pid, procStart=start)
            assert places.owner(self.bundle) is None
        self.register(process.pid, startedAt=(time.time() - 3600) * 1000)
        assert places.owner(self.bundle) is None

    def test_another_machine_or_container(self, process: subprocess.Popen[bytes]) -> None:
        if owners._domain() is None:
            pytest.skip("the system does not name its process ids' domain")
        now = time.time() * 1000
        self.register(process.pid, pidDomain="linux:other:pid:[1]", updatedAt=now)
        assert places.owner(self.bundle) == process.pid
        self.register(process.pid, pidDomain="linux:other:pid:[1]", updatedAt=now - 2 * owners.DAY_MS)
        assert places.owner(self.bundle) is None
        self.register(process.pid, pidDomain=owners._domain())
        assert places.owner(self.bundle) == process.pid

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"sessionId": 5}', f'{{"sessionId": "{ONE}", "pid": "x"}}'])
    def test_a_registration_that_cannot_be_read(self, text: str) -> None:
        (self.home / "sessions").mkdir()
        (self.home / "sessions" / "1.json").write_text(text)
        (self.home / "sessions" / "2.json").mkdir()
        assert places.owner(self.bundle) is None


class TestClone:
    """Where a repaired copy goes, under which name, and how to resume it."""

    def test_beside_the_original(self, home: Path, shop: Path) -> None:
        path = lay(home, shop, ONE)
        path.with_suffix("").mkdir()
        clone = cloning.clone(bundle_of(path), {}, FixedClock(), None)
        new = "00000000-0000-4000-8000-000000000001"
        assert (clone.path, clone.session_id) == (path.with_name(f"{new}.jsonl"), new)
        assert clone.copies == ((path.with_suffix(""), path.with_name(new)),)
        assert clone.command == f"cd {shlex.quote(str(shop))} && claude --resume {new}"
        assert [json.loads(line) for line in clone.append] == [
            {"type": "custom-title", "customTitle": "Fix the till (repaired)", "sessionId": new}
        ]

    @pytest.mark.parametrize(
        ("lines", "title"),
        [
            pytest.param([{"type": "custom-title", "customTitle": "Till"}], "Till (repaired)", id="its own title"),
            pytest.param([{"type": "ai-title", "aiTitle": "Till (repaired)"}], "Till (repaired)", id="not twice"),
            pytest.param([{"type": "last-prompt", "lastPrompt": "go\non"}], "go on (repaired)", id="the last prompt"),
            pytest.param([{"type": "ai-title", "aiTitle": "x" * 99}], "x" * 79 + "… (repaired)", id="not too long"),
            pytest.param([{"type": "mode"}], f"{ONE} (repaired)", id="its id"),
        ],
    )
    def test_titles(self, home: Path, shop: Path, lines: list[dict[str, Any]], title: str) -> None:
        clone = cloning.clone(bundle_of(lay(home, shop, ONE, 0, *lines)), {}, FixedClock(), None)
        assert json.loads(clone.append[0])["customTitle"] == title
        clone = cloning.clone(bundle_of(lay(home, shop, ONE, 0, *lines)), {}, FixedClock(), "Mine")
        assert json.loads(clone.append[0])["customTitle"] == "Mine"

    def test_an_original_that_stands_elsewhere_goes_where_the_client_looks(
        self, home: Path, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "copy.jsonl"
        path.write_text(json.dumps({"type": "user", "cwd": str(shop)}) + "\n")
        clone = cloning.clone(bundle_of(path), {}, FixedClock(), None)
        assert clone.path.parent == home / "projects" / project_name(str(shop))
        assert clone.command.startswith(f"cd {shlex.quote(str(shop))} && claude")
        shop.rmdir()
        monkeypatch.chdir(tmp_path)
        clone = cloning.clone(bundle_of(path), {}, FixedClock(), None)
        assert clone.path.parent == home / "projects" / project_name(os.path.realpath(tmp_path))
        assert clone.command.startswith(f"cd {shlex.quote(str(Path.cwd()))} && claude")

    def test_a_project_that_is_gone_is_made_again_and_another_configuration_named(
        self, home: Path, shop: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "other config"
        path = lay(other, shop, ONE)
        bundle = bundle_of(path)
        shop.rmdir()
        command = cloning.clone(bundle, {}, FixedClock(), None).command
        quoted = shlex.quote(str(shop))
        assert command.startswith(f"mkdir -p {quoted} && cd {quoted} && CLAUDE_CONFIG_DIR={shlex.quote(str(other))} cl")


class TestInstalled:
    """The client on this machine, from its files."""

    def package(self, folder: Path, version: str, name: str = "@anthropic-ai/claude-code") -> Path:
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"name": name, "version": version}))
        return folder

    def program(self, path: Path, text: str = "#!/bin/sh\nexit 1\n") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def version(self, tmp_path: Path) -> str | None:
        environ = {"PATH": f"/nowhere:{tmp_path / 'bin'}", "HOME": str(tmp_path / "home")}
        found = installed(environ)
        return found and str(found)

    def test_none(self, tmp_path: Path) -> None:
        assert self.version(tmp_path) is None
        self.program(tmp_path / "bin" / "claude", "#!/bin/sh\necho 9.9.9\n")
        assert self.version(tmp_path) is None

    def test_a_package_behind_a_link(self, tmp_path: Path) -> None:
        package = self.package(tmp_path / "lib" / "node_modules" / "@anthropic-ai" / "claude-code", "2.1.329")
        cli = self.program(package / "bin" / "claude.exe")
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "claude").symlink_to(cli)
        assert self.version(tmp_path) == "2.1.329"

    def test_a_native_installation(self, tmp_path: Path) -> None:
        binary = self.program(tmp_path / "home" / ".local" / "share" / "claude" / "versions" / "2.1.240")
        self.program(binary.with_name("2.1.158"))
        assert self.version(tmp_path) == "2.1.240"
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "claude").symlink_to(binary.with_name("2.1.158"))
        assert self.version(tmp_path) == "2.1.158"

    def test_a_local_installation(self, tmp_path: Path) -> None:
        local = tmp_path / "home" / ".claude" / "local"
        self.package(local / "node_modules" / "@anthropic-ai" / "claude-code", "1.0.128")
        assert self.version(tmp_path) == "1.0.128"
        self.program(tmp_path / "bin" / "claude", f'#!/bin/bash\nexec "{local}/claude" "$@"\n')
        assert self.version(tmp_path) == "1.0.128"

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "@anthropic-ai/claude-code", "version": "soon"}'])
    def test_a_package_file_that_cannot_be_read(self, tmp_path: Path, text: str) -> None:
        package = self.package(tmp_path / "pkg", "1.0.0")
        (package / "package.json").write_text(text)
        self.program(package / "cli.js")
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "claude").symlink_to(package / "cli.js")
        assert self.version(tmp_path) is None

    def test_links_in_a_circle(self, tmp_path: Path) -> None:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "claude").symlink_to(tmp_path / "bin" / "claude")
        assert self.version(tmp_path) is None


class TestSettings:
    """What configuration and environment decide, each with its source."""

    @pytest.fixture(autouse=True)
    def _bundle(self, home: Path, shop: Path) -> None:
        self.home, self.shop = home, shop
        self.bundle = bundle_of(lay(home, shop, ONE))

    def found(self, **environ: str) -> dict[str, tuple[str, str]]:
        around = surroundings(self.bundle, None, {"HOME": str(self.home.parent), **environ})
        assert around.read
        assert around.config_dir == self.home
        return {name: (setting.value, setting.source) for name, setting in around.settings.items()}

    def test_nothing(self) -> None:
        assert self.found() == {}

    @pytest.mark.parametrize(
        "state",
        [
            {"clientDataCache": {"tengu_fennel_kite_model": "opus-4-7"}},
            {"cachedGrowthBookFeatures": {"tengu_fennel_kite_model": "opus-4-7"}},
            {"cachedStatsigGates": {}, "cachedDynamicConfigs": {"tengu_fennel_kite_model": {"value": "opus-4-7"}}},
        ],
    )
    def test_the_cached_flag(self, state: dict[str, Any]) -> None:
        file = self.home.parent / ".claude.json"
        file.write_text(json.dumps(state))
        assert self.found() == {"mid_conversation_system": ("opus-4-7", str(file))}

    def test_the_environment(self) -> None:
        assert self.found(
            CLAUDE_CODE_MID_CONVERSATION_SYSTEM="sonnet", CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS="1",
            ANTHROPIC_BASE_URL="https://key@gateway.example:8443/v1", ANTHROPIC_MODEL="claude-opus-4-7",
        ) == {
            "mid_conversation_system": ("sonnet", "environment"), "disable_experimental_betas": ("1", "environment"),
            "endpoint": ("gateway.example:8443", "environment"), "model": ("claude-opus-4-7", "environment"),
        }
        assert self.found(
            CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS="false", ANTHROPIC_BASE_URL="https://api.anthropic.com/",
        ) == {}

    def test_the_projects_files_win_over_the_persons(self) -> None:
        (self.home / "settings.json").write_text(json.dumps({"model": "opus", "env": {"ANTHROPIC_BASE_URL": "http://h"}}))
        (self.shop / ".claude").mkdir()
        local = self.shop / ".claude" / "settings.local.json"
        local.write_text(json.dumps({"model": "sonnet", "env": {"CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "true"}}))
        assert self.found(ANTHROPIC_BASE_URL="http://other") == {
            "model": ("sonnet", str(local)), "endpoint": ("h", str(self.home / "settings.json")),
            "disable_experimental_betas": ("true", str(local)),
        }

    @pytest.mark.parametrize("text", ["", "{", "[]", "\x00", '{"env": 5, "model": [], "clientDataCache": 1}'])
    def test_files_that_cannot_be_read(self, text: str) -> None:
        for file in (self.home.parent / ".claude.json", self.home / "settings.json"):
            file.write_text(text)
        assert self.found() == {}
        (self.home / "settings.json").unlink()
        (self.home / "settings.json").mkdir()
        assert self.found() == {}

    def test_the_state_file_stands_inside_a_folder_that_was_named(self, tmp_path: Path) -> None:
        home = tmp_path / "conf"
        home.mkdir()
        assert state_file(home, {}) == home / ".claude.json"
        assert state_file(self.home, {}) == self.home.parent / ".claude.json"
        assert state_file(self.home, {"CLAUDE_CONFIG_DIR": str(self.home)}) == self.home / ".claude.json"
