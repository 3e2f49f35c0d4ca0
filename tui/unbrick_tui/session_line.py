"""One session on one line of the list, or on two where the terminal is narrow."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len

from unbrick.printable import printable
from unbrick_tui.glyphs import Glyphs
from unbrick_tui.shelf import Order, Row
from unbrick_tui.text import ago, one_line, shorten, size

Cell = tuple[str, str]
"""A text and the style it is painted in."""

NARROW = 60
"""Below so many columns a session takes two lines."""
WORD = 23
"""Cells of the longest verdict and its glyph."""
STYLE = {"good": "good", "warn": "warn", "bad": "bad"}
GLYPH = {"good": "ok", "warn": "warning", "bad": "error"}


class Column(NamedTuple):
    """A column: its head, its width, the order that a click on its head asks for, whether it is set to the right."""

    name: str
    width: int
    order: Order | None = None
    right: bool = False


def columns(width: int, projects: bool) -> list[Column]:
    """The columns that fit; the title takes what is left."""
    fixed = [Column("age", 6, Order.AGE, True), Column("title", 0)]
    if projects:
        fixed.append(Column("project", 12 if width < 100 else 18 if width < 140 else 26))
    fixed.append(Column("size", 6, Order.SIZE, True))
    if width >= 110:
        fixed.append(Column("records", 9, None, True))
    if width >= 100:
        fixed.append(Column("client", 9))
    fixed.append(Column("resumes?", WORD, Order.HEALTH))
    room = width - 2 - sum(column.width + 1 for column in fixed)
    return [column._replace(width=max(room, 8)) if column.name == "title" else column for column in fixed]


def heads(width: int, projects: bool, order: Order, glyphs: Glyphs) -> list[tuple[str, Order | None]]:
    """The line above the list, with the order that each part of it stands for."""
    if width < NARROW:
        return [(f"  {order.value} {glyphs.dot} < > other orders", None)]
    found: list[tuple[str, Order | None]] = [("  ", None)]
    for column in columns(width, projects):
        marked = (glyphs.start, column.name) if column.right else (column.name, glyphs.start)
        text = " ".join(marked) if column.order is order else column.name
        found.append(((text.rjust if column.right else text.ljust)(column.width) + " ", column.order))
    return found


def badge(row: Row, glyphs: Glyphs) -> Cell:
    """The verdict, or that there is none yet."""
    if row.health is None:
        return glyphs.busy, "faint"
    return f"{getattr(glyphs, GLYPH[row.health.grave])} {row.health.word}", STYLE[row.health.grave]


def title(row: Row) -> Cell:
    """What a session is called."""
    if row.about.title:
        return one_line(row.about.title), "title"
    if row.health is not None and row.health.trouble:
        return one_line(row.health.trouble.removeprefix(f"{row.stored.path} ")), "quiet"
    return ("(no prompt)" if row.told else printable(row.about.session_id)), "quiet"


def mark(row: Row, glyphs: Glyphs) -> str:
    """What stands before the title of a session that a live client has open."""
    return f"{glyphs.live} open  " if row.owner is not None else ""


def project(row: Row) -> str:
    """The folder's own name, which tells projects apart."""
    return printable(row.about.project.name or "/") if row.about.project is not None else ""


def client(row: Row) -> str:
    """The client's version where the file says it, else its name."""
    return printable(row.about.version) or (row.format.name if row.format is not None else "")


def lines(row: Row, width: int, projects: bool, now: float, glyphs: Glyphs) -> list[list[Cell]]:
    """The cells of each line, without what stands for the cursor in front."""
    age = ago(now - row.time)
    weight = size(row.stored.size)
    live = mark(row, glyphs)
    if width < NARROW:
        said, style = badge(row, glyphs)
        dot = f" {glyphs.dot} "
        rest = dot.join(filter(None, (age, weight, project(row) if projects else "")))
        return [
            [(live, "warn"), (shorten(title(row)[0], width - 2 - len(live), glyphs.ellipsis), title(row)[1])],
            [("  ", ""), (said, style), (shorten(f"{dot}{rest}", max(width - 4 - cell_len(said), 4)), "quiet")],
        ]
    texts: dict[str, Cell] = {
        "age": (age, "quiet"), "title": title(row), "project": (project(row), "here" if row.stored.here else "quiet"),
        "size": (weight, "quiet"), "client": (client(row), "quiet"), "resumes?": badge(row, glyphs),
        "records": (f"{row.health.records:,}" if row.health is not None and row.health.records else "", "quiet"),
    }
    found = []
    for column in columns(width, projects):
        text, style = texts[column.name]
        before = live if column.name == "title" else ""
        if before:
            found.append((before, "warn"))
        text = shorten(text, column.width - len(before), glyphs.ellipsis)
        gap = " " * max(column.width - len(before) - cell_len(text), 0)
        found.append((gap + text + " " if column.right else text + gap + " ", style))
    return [found]
