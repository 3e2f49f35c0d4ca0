"""What a change came to, as JSON: a contract with scripts (docs/json.md says what each field means)."""

from __future__ import annotations

from collections.abc import Iterable

from unbrick.record import Json
from unbrick.repair import Repaired
from unbrick.report import Report
from unbrick.save import Receipt
from unbrick.telling import diff, wording
from unbrick.telling.consequence import consequence
from unbrick.telling.json_report import SCHEMA, line, resume
from unbrick.truncate import Offer
from unbrick.weighing.beginnings import Beginning
from unbrick.weighing.tally import Tally


def change_document(result: Repaired, receipt: Receipt | None = None, written: Report | None = None) -> Json:
    """What was done, what it does to the conversation, which lines it touches, and what was written where, if anything
    was; `written` is what a check says of that."""
    said = consequence(result.before, result.after, result.fixes)
    source = result.before.bundle.main
    found = diff.changes(source, result.patch)
    return {
        "schema": SCHEMA,
        "path": str(result.before.bundle.path),
        "applied": [
            {
                "finding": None if one.finding.at is None else one.finding.id, "fix": one.fix.id,
                "title": one.fix.title, "price": one.fix.price,
            }
            for one in result.applied
        ],
        "price": said.price,
        "before": _state(result.before),
        "after": _state(result.after),
        "conversation": {
            "back": _tally(said.back), "gone": _tally(said.gone), "added": _tally(said.added),
            "altered": said.altered, "words": [sentence for _style, sentence in said.lines()],
        },
        "mended": [one.id for one in said.mended],
        "brought": [one.id for one in said.brought],
        "lines": [word for change in found for word in change.words()],
        "written": None if receipt is None else _receipt(receipt, written),
    }


def _state(report: Report) -> Json:
    return {"verdict": report.verdict.value, "word": wording.verdict(report)[0], "resume": resume(report.resume)}


def _tally(tally: Tally) -> Json:
    return {
        "messages": tally.messages, "prompts": tally.prompts, "replies": tally.replies, "results": tally.results,
        "summaries": tally.summaries, "thinking": tally.thoughts, "others": tally.others,
    }


def _receipt(receipt: Receipt, written: Report | None) -> Json:
    return {
        "path": str(receipt.path), "size": receipt.size, "sha256": receipt.sha256, "kept": receipt.kept,
        "changed": receipt.changed, "added": receipt.added, "dropped": receipt.dropped,
        "backup": None if receipt.backup is None else str(receipt.backup), "command": receipt.command,
        "checked": None if written is None else _state(written),
    }


def places_document(report: Report, offers: Iterable[Offer], beginnings: Iterable[Beginning]) -> Json:
    """The places to cut behind, newest first, and those to begin with, the one that keeps most first."""
    situation = report.situation
    return {
        "schema": SCHEMA,
        "path": str(report.bundle.path),
        "points": [
            {
                "line": line(offer.point.at), "uuid": situation.session.uuid(offer.point.row),
                "time": offer.point.time, "tokens": offer.point.tokens, "fits": offer.point.fits,
                "keeps": offer.point.keeps, "drops": offer.point.drops, "price": offer.point.price,
                "compactions": offer.point.segment, "first": [one.finding.id for one in offer.first],
            }
            for offer in offers
        ],
        "beginnings": [
            {
                "line": line(one.at), "uuid": situation.session.uuid(one.row), "time": one.time,
                "tokens": one.tokens, "keeps": one.keeps, "drops": one.drops, "price": one.price,
            }
            for one in beginnings
        ],
    }
