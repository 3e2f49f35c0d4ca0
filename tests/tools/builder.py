"""A session of thirteen marked messages in the shape that a given client version writes, and its named mutations.

The marks are PROMPT-1 to 3, THINK-1, REPLY-1 to 6 and TOOLOUT-1 to 4: one turn with a thought and one call, one with
three parallel calls, one without. The mutations are those of `tests/data/resume-table.md`, by the same names.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from unbrick.target import Version

Json = dict[str, Any]
START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
SESSION = "0b5e55a1-0000-4000-8000-000000000001"
MODELS = {"2.1.329": "claude-opus-5-5", "2.1.158": "claude-opus-4-8", "2.1.139": "claude-opus-4-7"}
"""Model of the sessions from a version on; before them an older one."""
PAD = 6_300_000
"""Bytes that make a session a large one."""


def at(version: str, since: str) -> bool:
    return Version.parse(version) >= Version.parse(since)


@dataclass
class Story:
    """Records by name, in file order. `raw` puts other bytes in the place of a record."""

    version: str
    records: list[Json] = field(default_factory=list)
    names: dict[str, Json] = field(default_factory=dict)
    raw: dict[int, bytes] = field(default_factory=dict)
    end: bytes = b"\n"
    clock: int = 0

    @property
    def model(self) -> str:
        return next((m for since, m in MODELS.items() if at(self.version, since)), "claude-sonnet-4-20250514")

    def stamp(self, seconds: int | None = None) -> str:
        self.clock += 1
        moment = START + timedelta(seconds=self.clock if seconds is None else seconds)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def id(self) -> str:
        return str(uuid.UUID(int=(0x5E55 << 64) + len(self.records) + self.clock * 1000 + 1, version=4))

    def add(self, name: str, type_: str, parent: str | None, **extra: Any) -> Json:
        record: Json = {
            "parentUuid": None if parent is None else self.names[parent]["uuid"], "isSidechain": False, "type": type_,
            **extra, "uuid": self.id(), "timestamp": self.stamp(), "cwd": "/home/dev/project", "sessionId": SESSION,
            "version": self.version, "userType": "external",
        }
        self.records.append(record)
        self.names[name] = record
        return record

    def user(self, name: str, parent: str | None, content: Any, **extra: Any) -> Json:
        return self.add(name, "user", parent, message={"role": "user", "content": content}, **extra)

    def assistant(self, name: str, parent: str | None, block: Json, message: str, model: str | None = None) -> Json:
        return self.add(name, "assistant", parent, message={
            "id": f"msg_{message}", "type": "message", "role": "assistant", "model": model or self.model,
            "content": [block], "stop_reason": None, "usage": {"input_tokens": 10, "output_tokens": 5},
        }, requestId=f"req_{message}")

    def call(self, name: str, parent: str, number: int, message: str) -> Json:
        return self.assistant(name, parent, {
            "type": "tool_use", "id": f"toolu_{number:04}", "name": "Bash", "input": {"command": f"echo {number}"},
        }, message)

    def result(self, name: str, parent: str, number: int) -> Json:
        return self.user(name, parent, [{
            "tool_use_id": f"toolu_{number:04}", "type": "tool_result", "content": f"TOOLOUT-{number}",
            "is_error": False,
        }])

    def attachments(self, name: str, parent: str) -> str:
        if not at(self.version, "2.1.112"):
            return parent
        text = "The following skills are available for use with the Skill tool:\n\n- one: a skill"
        wrapped = f"<system-reminder>\n{text}\n</system-reminder>"
        rendered = {"rendered": [{"content": wrapped}], "renderedRole": "system"}
        self.add(name, "attachment", parent, attachment={"type": "skill_listing", "content": "- one: a skill"},
                 **(rendered if at(self.version, "2.1.290") else {}))
        return name

    def reminder(self, name: str, parent: str) -> str:
        """What newer clients note behind every prompt."""
        if not at(self.version, "2.1.240"):
            return parent
        text = "<total_tokens>14902 tokens left</total_tokens>"
        wrapped = f"<system-reminder>\n{text}\n</system-reminder>"
        rendered = {"rendered": [{"content": wrapped}], "renderedRole": "system"}
        self.add(name, "attachment", parent, attachment={"type": "total_tokens_reminder", "text": text},
                 **(rendered if at(self.version, "2.1.290") else {}))
        return name

    def pointer(self, leaf: str, prompt: str) -> None:
        if not at(self.version, "2.1.70"):
            return
        record: Json = {"type": "last-prompt", "lastPrompt": prompt}
        if at(self.version, "2.1.139"):
            record["leafUuid"] = self.names[leaf]["uuid"]
        self.records.append({**record, "sessionId": SESSION})

    def text(self, words: str) -> Json:
        return {"type": "text", "text": words}

    # what mutations are made of

    def place(self, name: str) -> int:
        return next(i for i, record in enumerate(self.records) if record is self.names[name])

    def drop(self, name: str, *, relink: bool = True) -> None:
        gone = self.names[name]
        if relink:
            for record in self.records:
                if record.get("parentUuid") == gone["uuid"]:
                    record["parentUuid"] = gone["parentUuid"]
                if record.get("leafUuid") == gone["uuid"]:
                    record["leafUuid"] = gone["parentUuid"]
        self.records = [record for record in self.records if record is not gone]

    def cut(self, name: str) -> None:
        """End the file behind a record; the pointers written before stay."""
        self.records = self.records[: self.place(name) + 1]

    def insert(self, name: str, behind: str, type_: str, **extra: Any) -> Json:
        """A record between one and what follows it on the chain."""
        place = self.place(behind) + 1
        record = self.add(name, type_, behind, **extra)
        self.records.remove(record)
        record["timestamp"] = self.names[behind]["timestamp"].replace(".000Z", ".500Z")
        for other in self.records:
            if other.get("parentUuid") == self.names[behind]["uuid"] and other is not record:
                other["parentUuid"] = record["uuid"]
        self.records.insert(place, record)
        return record

    def line(self, behind: str, raw: bytes) -> None:
        """Bytes on a line of their own behind a record."""
        record = self.names[behind]
        self.raw[id(record)] = self.raw.get(id(record), self.dump(record)) + b"\n" + raw

    def instead(self, name: str, raw: bytes) -> None:
        self.raw[id(self.names[name])] = raw

    def dump(self, record: Json) -> bytes:
        return json.dumps(record, separators=(",", ":"), ensure_ascii=True).encode()

    def data(self) -> bytes:
        lines = [self.raw.get(id(record), None) for record in self.records]
        body = b"\n".join(
            self.dump(record) if raw is None else raw for record, raw in zip(self.records, lines, strict=True)
        )
        return body + self.end if body else b""


def story(version: str) -> Story:
    """The untouched session."""
    s = Story(version)
    tree = at(version, "2.1.20")
    s.user("P1", None, "PROMPT-1")
    before = s.attachments("A1", "P1")
    s.assistant("TH", before, {"type": "thinking", "thinking": "THINK-1", "signature": "c2lnbmF0dXJl" * 8}, "a")
    s.assistant("R1", "TH", s.text("REPLY-1"), "a")
    s.call("C1", "R1", 1, "a")
    s.result("O1", "C1", 1)
    s.assistant("R2", "O1", s.text("REPLY-2"), "b")
    s.pointer("R2", "PROMPT-1")
    s.user("P2", "R2", "PROMPT-2")
    s.assistant("R3", s.reminder("A2", "P2"), s.text("REPLY-3"), "c")
    s.call("C2", "R3", 2, "c")
    s.call("C3", "C2", 3, "c")
    s.call("C4", "C3", 4, "c")
    s.result("O2", "C2" if tree else "C4", 2)
    s.result("O4", "C4" if tree else "O2", 4)
    s.result("O3", "C3" if tree else "O4", 3)
    s.assistant("R4", "O3", s.text("REPLY-4"), "d")
    s.pointer("R4", "PROMPT-2")
    s.user("P3", "R4", "PROMPT-3")
    s.assistant("R5", s.reminder("A3", "P3"), s.text("REPLY-5"), "e")
    s.pointer("R5", "PROMPT-3")
    return s


def content(record: Json) -> list[Json]:
    found: list[Json] = record["message"]["content"]
    return found


MUTATIONS: dict[str, Callable[[Story], object]] = {}


def mutation(change: Callable[[Story], object]) -> Callable[[Story], object]:
    MUTATIONS[change.__name__] = change
    return change


def mutated(version: str, name: str, *, large: bool = False) -> tuple[bytes, bytes]:
    """The untouched and the mutated session of a version."""
    control, changed = story(version), story(version)
    if large:
        for one in (control, changed):
            one.names["P1"]["toolUseResult"] = {"stdout": "x" * PAD}
    MUTATIONS[name](changed)
    return control.data(), changed.data()


def missing() -> str:
    return "11111111-1111-4111-8111-111111111111"


@mutation
def control(s: Story) -> None:
    pass


@mutation
def orphan_end(s: Story) -> None:
    s.cut("C4")


@mutation
def orphan_end_single(s: Story) -> None:
    s.cut("C1")


@mutation
def orphan_mid(s: Story) -> None:
    s.drop("O1")


@mutation
def orphan_mid_nolink(s: Story) -> None:
    s.drop("O1", relink=False)


@mutation
def partial_parallel(s: Story) -> None:
    s.drop("O2")


@mutation
def partial_parallel_end(s: Story) -> None:
    s.cut("O4")


@mutation
def orphan_result(s: Story) -> None:
    s.drop("C1")


@mutation
def orphan_result_nolink(s: Story) -> None:
    s.drop("C1", relink=False)


@mutation
def dup_line_tool_use(s: Story) -> None:
    s.line("C1", s.dump(s.names["C1"]))


@mutation
def dup_line_result(s: Story) -> None:
    s.line("O1", s.dump(s.names["O1"]))


@mutation
def dup_tool_use_chain(s: Story) -> None:
    s.insert("X", "C1", "assistant", message=copy.deepcopy(s.names["C1"]["message"]))


@mutation
def dup_result_chain(s: Story) -> None:
    s.insert("X", "O1", "user", message=copy.deepcopy(s.names["O1"]["message"]))


@mutation
def late_result(s: Story) -> None:
    s.insert("X", "C1", "user", message={"role": "user", "content": "BETWEEN"})


@mutation
def consecutive_users(s: Story) -> None:
    s.insert("X", "P2", "user", message={"role": "user", "content": "AGAIN"})


@mutation
def consecutive_assistants(s: Story) -> None:
    message = copy.deepcopy(s.names["R2"]["message"]) | {"id": "msg_x", "content": [s.text("MORE")]}
    s.insert("X", "R2", "assistant", message=message)


@mutation
def last_is_user(s: Story) -> None:
    s.user("X", "R5", "PROMPT-4")


@mutation
def last_is_result(s: Story) -> None:
    s.cut("O3")


@mutation
def parent_broken(s: Story) -> None:
    s.names["P3"]["parentUuid"] = missing()


@mutation
def parent_broken_mid(s: Story) -> None:
    s.names["P2"]["parentUuid"] = missing()


@mutation
def parent_null(s: Story) -> None:
    s.names["P3"]["parentUuid"] = None


@mutation
def parent_self(s: Story) -> None:
    s.names["P3"]["parentUuid"] = s.names["P3"]["uuid"]


@mutation
def parent_cycle(s: Story) -> None:
    s.names["P2"]["parentUuid"] = s.names["R3"]["uuid"]


@mutation
def parent_cycle_root(s: Story) -> None:
    s.names["P1"]["parentUuid"] = s.names["R1"]["uuid"]


@mutation
def dangling_leaf(s: Story) -> None:
    record = s.user("X", "R5", "DANGLE")
    record |= {"parentUuid": missing(), "timestamp": s.stamp(s.clock + 3600)}


@mutation
def missing_line_mid(s: Story) -> None:
    s.drop("R4", relink=False)


@mutation
def garbage_mid(s: Story) -> None:
    s.line("R2", b"this is not json {")


@mutation
def garbage_first(s: Story) -> None:
    s.instead("P1", b"garbage\n" + s.dump(s.names["P1"]))


@mutation
def json_nonobject(s: Story) -> None:
    s.line("R2", b"null\n[1,2,3]")


@mutation
def truncated_last(s: Story) -> None:
    s.cut("R5")
    s.instead("R5", s.dump(s.names["R5"])[:120])
    s.end = b""


@mutation
def no_final_newline(s: Story) -> None:
    s.end = b""


@mutation
def torn_glued(s: Story) -> None:
    s.instead("R4", s.dump(s.names["R4"])[:90] + s.dump({"type": "mode", "mode": "default"}))


@mutation
def torn_glued_prompt(s: Story) -> None:
    s.instead("P3", s.dump(s.names["P3"])[:60] + s.dump({"type": "mode", "mode": "default"}))


@mutation
def nul_tail(s: Story) -> None:
    s.end = b"\n" + b"\0" * 512


@mutation
def nul_mid(s: Story) -> None:
    s.line("R2", b"\0" * 512)


@mutation
def nul_prefix(s: Story) -> None:
    s.instead("P2", b"\0" * 64 + s.dump(s.names["P2"]))


@mutation
def bom(s: Story) -> None:
    s.instead("P1", b"\xef\xbb\xbf" + s.dump(s.names["P1"]))


@mutation
def bad_utf8(s: Story) -> None:
    s.instead("O1", s.dump({**s.names["O1"], "toolUseResult": "?"}).replace(b'"?"', b'"\xff\xfe"'))


@mutation
def empty_text(s: Story) -> None:
    s.insert("X", "R2", "assistant", message={**s.names["R2"]["message"], "id": "msg_x", "content": [s.text("")]})


@mutation
def blank_text(s: Story) -> None:
    s.insert("X", "R2", "assistant", message={**s.names["R2"]["message"], "id": "msg_x", "content": [s.text(" \n")]})


@mutation
def empty_text_beside_tool(s: Story) -> None:
    content(s.names["C1"]).insert(0, s.text(""))


@mutation
def empty_user(s: Story) -> None:
    s.names["P2"]["message"]["content"] = ""


@mutation
def empty_user_block(s: Story) -> None:
    s.names["P2"]["message"]["content"] = [s.text("")]


@mutation
def empty_user_list(s: Story) -> None:
    s.names["P2"]["message"]["content"] = []


@mutation
def empty_assistant(s: Story) -> None:
    s.names["R2"]["message"]["content"] = []


@mutation
def null_content(s: Story) -> None:
    s.names["R2"]["message"]["content"] = None


@mutation
def string_assistant(s: Story) -> None:
    s.names["R2"]["message"]["content"] = "REPLY-2"


@mutation
def message_missing(s: Story) -> None:
    del s.names["R2"]["message"]


@mutation
def empty_result(s: Story) -> None:
    content(s.names["O1"])[0]["content"] = ""


@mutation
def surrogate_result(s: Story) -> None:
    content(s.names["O1"])[0]["content"] = "TOOLOUT-1 \ud83d"


@mutation
def sig_missing(s: Story) -> None:
    del content(s.names["TH"])[0]["signature"]


@mutation
def sig_empty(s: Story) -> None:
    content(s.names["TH"])[0]["signature"] = ""


@mutation
def think_only_mid(s: Story) -> None:
    for name in ("R1", "C1", "O1"):
        s.drop(name)


@mutation
def sidechain_flag_mid(s: Story) -> None:
    s.names["R2"]["isSidechain"] = True


@mutation
def sidechain_flag_last(s: Story) -> None:
    s.names["R5"]["isSidechain"] = True


@mutation
def sidechain_all(s: Story) -> None:
    for record in s.names.values():
        record["isSidechain"] = True


@mutation
def sidechain_tail(s: Story) -> None:
    s.assistant("X", None, s.text("SIDE"), "x")["isSidechain"] = True


@mutation
def api_error_last(s: Story) -> None:
    _error(s, "R5")


@mutation
def api_error_mid(s: Story) -> None:
    message = {**s.names["R2"]["message"], "id": "msg_x", "model": "<synthetic>", "content": [s.text("APIERR")]}
    s.insert("X", "R2", "assistant", message=message, isApiErrorMessage=True)


@mutation
def synthetic_unflagged(s: Story) -> None:
    message = {**s.names["R2"]["message"], "id": "msg_x", "model": "<synthetic>", "content": [s.text("SYNTH")]}
    s.insert("X", "R2", "assistant", message=message)


def _error(s: Story, parent: str) -> None:
    s.assistant("X", parent, s.text("APIERR"), "x", "<synthetic>")["isApiErrorMessage"] = True


@mutation
def unknown_type_chain(s: Story) -> None:
    s.insert("X", "R4", "novelty", novelty={"value": 1})


@mutation
def unknown_system_chain(s: Story) -> None:
    s.insert("X", "R4", "system", subtype="novelty", content="something")


@mutation
def local_command(s: Story) -> None:
    """What a command printed, as newer clients note it."""
    said = "<local-command-stdout>PRINTED</local-command-stdout>"
    s.insert("X", "R4", "system", subtype="local_command", content=said, level="info")


def _command(s: Story, parent: str) -> None:
    s.user("XC", parent, "<command-name>/cost</command-name>\n            <command-message>cost</command-message>")
    said = "<local-command-stdout>PRINTED</local-command-stdout>"
    s.add("X", "system", "XC", subtype="local_command", content=said, level="info")


@mutation
def local_command_last(s: Story) -> None:
    _command(s, "R5")


@mutation
def local_command_pointed(s: Story) -> None:
    _command(s, "R5")
    s.pointer("X", "PROMPT-3")


@mutation
def notice_last(s: Story) -> None:
    s.user("XP", "R5", "PROMPT-4")
    s.add("X", "system", "XP", subtype="turn_duration", durationMs=1000)


@mutation
def local_command_alone(s: Story) -> None:
    """Output between two replies."""
    said = "<local-command-stdout>PRINTED</local-command-stdout>"
    s.insert("X", "R2", "system", subtype="local_command", content=said, level="info")
    s.drop("P2")
    if "A2" in s.names:
        s.drop("A2")


@mutation
def local_command_killed(s: Story) -> None:
    """Output behind a call without a result."""
    s.cut("C1")
    said = "<local-command-stdout>PRINTED</local-command-stdout>"
    s.add("X", "system", "C1", subtype="local_command", content=said, level="info")


@mutation
def unknown_attachment(s: Story) -> None:
    s.insert("X", "R4", "attachment", attachment={"type": "novelty", "content": "NOVEL"})


@mutation
def role_system(s: Story) -> None:
    s.insert("X", "P2", "user", message={"role": "system", "content": "SYS"})


@mutation
def session_id_other(s: Story) -> None:
    for record in s.records:
        record["sessionId"] = missing()


@mutation
def uuid_missing(s: Story) -> None:
    del s.names["R2"]["uuid"]


@mutation
def uuid_duplicate(s: Story) -> None:
    old, new = s.names["P2"]["uuid"], s.names["R2"]["uuid"]
    for record in s.records:
        for key in ("uuid", "parentUuid"):
            if record.get(key) == old:
                record[key] = new


def _branch(s: Story) -> None:
    s.user("XP", "R2", "BRANCH")
    s.assistant("XR", "XP", s.text("BRANCH"), "x")


@mutation
def branch_tail(s: Story) -> None:
    _branch(s)


@mutation
def branch_tail_nolp(s: Story) -> None:
    _nolp(s)
    _branch(s)


def _nolp(s: Story) -> None:
    s.records = [record for record in s.records if record["type"] != "last-prompt"]


@mutation
def dangling_leaf_nolp(s: Story) -> None:
    _nolp(s)
    dangling_leaf(s)


@mutation
def sidechain_flag_last_nolp(s: Story) -> None:
    _nolp(s)
    sidechain_flag_last(s)


@mutation
def parent_null_nolp(s: Story) -> None:
    _nolp(s)
    parent_null(s)


@mutation
def parent_broken_nolp(s: Story) -> None:
    _nolp(s)
    parent_broken(s)


@mutation
def parent_cycle_nolp(s: Story) -> None:
    _nolp(s)
    parent_cycle(s)


@mutation
def two_roots_tail(s: Story) -> None:
    s.user("XP", None, "ROOT2")
    s.assistant("XR", "XP", s.text("ROOT2"), "x")


@mutation
def two_roots_tail_nolp(s: Story) -> None:
    _nolp(s)
    two_roots_tail(s)


@mutation
def lastprompt_removed(s: Story) -> None:
    _nolp(s)


@mutation
def lastprompt_early(s: Story) -> None:
    _point(s, "P1")


@mutation
def lastprompt_dangling(s: Story) -> None:
    _point(s, None)


def _point(s: Story, name: str | None) -> None:
    for record in s.records:
        if record["type"] == "last-prompt":
            record["leafUuid"] = missing() if name is None else s.names[name]["uuid"]


@mutation
def branch_tail_lp_dangling(s: Story) -> None:
    _branch(s)
    _point(s, None)


@mutation
def branch_tail_lp_early(s: Story) -> None:
    _branch(s)
    _point(s, "P1")


@mutation
def branch_tail_lp_at_prompt(s: Story) -> None:
    _branch(s)
    _point(s, "P3")


@mutation
def timestamps_missing(s: Story) -> None:
    for record in s.records:
        record.pop("timestamp", None)


@mutation
def timestamps_bad(s: Story) -> None:
    for record in s.records:
        if "timestamp" in record:
            record["timestamp"] = "yesterday"


@mutation
def ts_missing_first(s: Story) -> None:
    del s.names["P1"]["timestamp"]


@mutation
def ts_missing_mid(s: Story) -> None:
    del s.names["P2"]["timestamp"]


@mutation
def ts_missing_last(s: Story) -> None:
    del s.names["R5"]["timestamp"]


@mutation
def root_missing(s: Story) -> None:
    s.drop("P1", relink=False)


@mutation
def tool_input_string(s: Story) -> None:
    content(s.names["C1"])[0]["input"] = "echo 1"


@mutation
def tool_name_bad(s: Story) -> None:
    content(s.names["C1"])[0]["name"] = ""


@mutation
def tool_id_bad(s: Story) -> None:
    content(s.names["C1"])[0]["id"] = "bad id!"
    content(s.names["O1"])[0]["tool_use_id"] = "bad id!"


@mutation
def unknown_block(s: Story) -> None:
    content(s.names["R2"]).append({"type": "novelty", "value": 1})


@mutation
def retyped_result_text_first(s: Story) -> None:
    content(s.names["O1"]).insert(0, s.text("BEFORE"))


@mutation
def empty_file(s: Story) -> None:
    s.records = []


@mutation
def only_meta(s: Story) -> None:
    s.records = [{"type": "custom-title", "customTitle": "x", "sessionId": SESSION}]


@mutation
def x_progress_in_chain(s: Story) -> None:
    s.insert("X", "R4", "progress", data={"type": "bash_progress"}, toolUseID="toolu_0001")


@mutation
def x_virtual_flag(s: Story) -> None:
    s.names["R2"]["isVirtual"] = True


@mutation
def x_meta_flag(s: Story) -> None:
    s.names["P2"]["isMeta"] = True


@mutation
def x_fallback_sidechain(s: Story) -> None:
    s.names["P3"]["parentUuid"] = missing()
    side = s.user("X", None, "SIDE")
    side["isSidechain"] = True
    side["timestamp"] = s.names["R4"]["timestamp"].replace(".000Z", ".500Z")


@mutation
def x_fallback_neartime(s: Story) -> None:
    s.names["P3"]["parentUuid"] = missing()
    s.user("XP", "R2", "BRANCH")
    s.assistant("XR", "XP", s.text("BRANCH"), "x")
    s.names["XP"]["timestamp"] = s.names["R4"]["timestamp"].replace(".000Z", ".550Z")
    s.names["XR"]["timestamp"] = s.names["R4"]["timestamp"].replace(".000Z", ".600Z")
    s.records.sort(key=lambda record: record in (s.names["P3"], s.names["R5"]) or record["type"] == "last-prompt")


@mutation
def x_linear(s: Story) -> None:
    for name, parent in (("O2", "C4"), ("O4", "O2"), ("O3", "O4")):
        s.names[name]["parentUuid"] = s.names[parent]["uuid"]


@mutation
def swapped_pair(s: Story) -> None:
    one, two = s.place("R4"), s.place("P3")
    s.records[one], s.records[two] = s.records[two], s.records[one]


@mutation
def message_id_missing(s: Story) -> None:
    for record in s.records:
        if record["type"] == "assistant":
            del record["message"]["id"]


@mutation
def version_future(s: Story) -> None:
    for record in s.records:
        if "version" in record:
            record["version"] = "9.9.9"
