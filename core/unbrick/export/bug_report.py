"""A bundle for a bug report: how a session is built and what was found in it, and nothing of what it says.

No text of the transcript goes in. Ids, names of tools and kinds of records become numbers in the order of their first
appearance, times become seconds since the first one; what is left are counts, sizes, flags and words of unbrick's own.
"""

from __future__ import annotations

import json
import platform
import sys
import zipfile
from collections.abc import Callable, Generator, Iterator
from typing import Any, BinaryIO

from unbrick import models
from unbrick.entry import BlockFlag, BlockKind, Flag, Kind
from unbrick.export.content import What
from unbrick.finding import Finding
from unbrick.formats import Format
from unbrick.record import compact
from unbrick.report import Report
from unbrick.scanning.scan import BATCH
from unbrick.scanning.strings import Strings
from unbrick.target import Target
from unbrick.telling.json_report import line

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of the files in the bundle: the earliest that the form knows. It says nothing of the person's day."""
_LARGEST = 100_000
"""Numbers of versions are below this; a number of any length could say anything."""

README = """What this is
============
How a session is built, and what unbrick found in it, for a bug report. Look through it before you send it: every file
is plain text.

report.json      versions, the verdict, the findings by code and line
structure.jsonl  one line for each record: kind, flags, sizes, links

What is not in it
=================
No text of the session: no prompts, replies, thinking, arguments or results of tools, no names of tools, files, folders
or people, no ids, no times of day. Ids, tools and kinds are numbered in the order in which they first appear, and
times are seconds since the first one.
"""


def write(format_: Format, report: Report, what: What, file: BinaryIO) -> Generator[int, None, None]:
    """Write the bundle as a zip file, whatever `what` says. Yields records written."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        _add(bundle, "README.txt", README.encode())
        _add(bundle, "report.json", json.dumps(_about(format_, report), indent=1).encode() + b"\n")
        with bundle.open(_named("structure.jsonl"), "w", force_zip64=True) as structure:
            for row, record in enumerate(_records(report)):
                structure.write(compact(record) + b"\n")
                if row % BATCH == 0:
                    yield row


def _named(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def _add(bundle: zipfile.ZipFile, name: str, data: bytes) -> None:
    bundle.writestr(_named(name), data)


def _about(format_: Format, report: Report) -> dict[str, Any]:
    from importlib.metadata import version  # takes longer to load than all the rest of a start

    resume, situation = report.resume, report.situation
    source = report.bundle.main
    return {
        "unbrick": version("unbrick"), "python": ".".join(map(str, sys.version_info[:3])), "system": platform.system(),
        "format": format_.client,
        "target": _target(report.target), "recorded": _target(format_.recorded(situation.session)),
        "verdict": report.verdict.value, "cause": report.cause.value, "outcome": resume.outcome.value,
        "counts": {
            "bytes": source.size, "pieces": len(source), "records": len(situation.session), "loaded": resume.messages,
            "lost": resume.lost, "recoverable": resume.recoverable, "summarised": resume.summarised,
            "rewound": resume.rewound, "undecided": resume.undecided, "tokens": resume.tokens,
            "sent": len(situation.request), "other_files": sum(map(len, report.bundle.evidence.values())),
        },
        "findings": [_finding(one) for one in report.findings],
        "others": [{**_target(target), "outcome": other.outcome.value} for target, other in report.others],
        "words": {
            "kinds": {int(kind): kind.name.lower() for kind in Kind},
            "flags": {int(flag): flag.name.lower() for flag in Flag},
            "block_kinds": {int(kind): kind.name.lower() for kind in BlockKind},
            "block_flags": {int(flag): flag.name.lower() for flag in BlockFlag},
        },
    }


def _target(target: Target) -> dict[str, Any]:
    """A client by the numbers of its version, a model by its family: either may be any text in a transcript."""
    family = models.family(target.model)
    return {
        "client": target.client, "way": target.way, "strict": target.strict,
        "version": [number for number in target.version.numbers[:3] if number < _LARGEST],
        "model": None if family is None else [family[0], *family[1]],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code, "name": finding.name, "severity": finding.severity.value,
        "line": None if finding.at is None else line(finding.at), "block": finding.block,
        "message_index": finding.message_index, "block_index": finding.block_index,
        "outcome": None if finding.outcome is None else finding.outcome.value, "cause": finding.cause,
        "fixes": [{"id": fix.id, "safety": fix.safety.value} for fix in finding.fixes],
    }


def _records(report: Report) -> Iterator[dict[str, Any]]:
    """Every record by its numbers; what is not there is left out."""
    session, standing = report.situation.session, report.situation.thread.standing
    scan = session.scan
    number = _numbering(scan.strings)
    first = next((time for time in scan.time if time == time), 0.0)
    loaded = report.situation.loaded
    for row in range(len(session)):
        time = scan.time[row]
        record = {
            "line": line(session.at(row)), "kind": scan.kind[row], "type": number(scan.type[row]),
            "flags": scan.flags[row], "bytes": scan.size[row], "id": number(scan.uuid[row]),
            "parent": number(scan.parent[row]), "parent_row": session.parent_row[row],
            "refers": number(scan.refers[row]), "message": number(scan.message_id[row]),
            "model": number(scan.model[row]), "version": number(scan.version[row]),
            "seconds": None if time != time else round(time - first, 3), "tokens": scan.tokens[row] or None,
            "standing": standing[row] if row < len(standing) else None, "place": loaded.get(row),
            "fault": scan.faults[row].kind.value if row in scan.faults else None,
            "blocks": [
                [
                    scan.block_kind[block], scan.block_flags[block], scan.block_size[block],
                    number(scan.block_ref[block]), number(scan.block_name[block]),
                ]
                for block in scan.blocks(row)
            ],
        }
        yield {name: value for name, value in record.items() if value is not None}


def _numbering(strings: Strings) -> Callable[[int], int | None]:
    """Strings by the order in which they are asked for. Their own numbers would do, but for those that no record of
    this session uses any more."""
    known: dict[int, int] = {}
    return lambda string: None if string < 0 else known.setdefault(string, len(known))
