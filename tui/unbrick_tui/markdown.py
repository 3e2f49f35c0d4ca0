"""Markdown to read in a terminal: headings, lists, quotes, code in its colours, tables. Nothing in it acts: links are
shown with where they lead, HTML as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

from unbrick_tui.glyphs import Glyphs
from unbrick_tui.highlight import highlighted
from unbrick_tui.prose import Rich, Run
from unbrick_tui.text import lines_of, shorten

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_APART = ("paragraph_open", "heading_open", "table_open", "blockquote_open", "bullet_list_open", "ordered_list_open")
"""What an empty line stands before."""
CELL = 40
"""Cells of one column of a table at most."""


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def rendered(text: str, glyphs: Glyphs) -> Iterator[Rich]:
    """The lines of a Markdown text."""
    yield from _Renderer(glyphs).lines(_parser().parse(text))


class _Renderer:
    """Walks the tokens of a text; `_leads` are what stands before a line in each list and quote that is open."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._leads: list[str] = []
        self._item = ""
        self._numbers: list[int | None] = []

    def lines(self, tokens: Sequence[Token]) -> Iterator[Rich]:
        begun = False
        heading = 0
        table: list[list[list[Run]]] = []
        in_table = False
        for token in tokens:
            kind = token.type
            apart = kind in _APART and begun and not token.hidden and not self._item
            if apart and not (self._numbers and "list" in kind):
                yield self._line(())
            match kind:
                case "heading_open":
                    heading = int(token.tag[1:])
                case "heading_close":
                    heading = 0
                case "blockquote_open":
                    self._leads.append(f"{self._glyphs.span} ")
                    begun = False
                case "blockquote_close" | "list_item_close":
                    self._leads.pop()
                    self._item = ""
                case "bullet_list_open":
                    self._numbers.append(None)
                case "ordered_list_open":
                    self._numbers.append(int(token.attrs.get("start") or 1))
                case "bullet_list_close" | "ordered_list_close":
                    self._numbers.pop()
                case "list_item_open":
                    number = self._numbers[-1]
                    self._item = f"{self._glyphs.dot} " if number is None else f"{number}. "
                    if number is not None:
                        self._numbers[-1] = number + 1
                    self._leads.append(" " * len(self._item))
                case "fence" | "code_block":
                    if begun:
                        yield self._line(())
                    lead = self._lead() + "  "
                    language = token.info.split()[0] if token.info.strip() else ""
                    yield from highlighted(token.content.rstrip("\n"), language, lead=lead)
                case "html_block":
                    yield from (self._line((("plain", line),)) for line in lines_of(token.content.rstrip("\n")))
                case "hr":
                    yield self._line((("dim", self._glyphs.rule * 20),))
                case "table_open":
                    in_table, table = True, []
                case "table_close":
                    in_table = False
                    yield from self._table(table)
                case "tr_open":
                    table.append([])
                case "inline":
                    found = list(self._inline(token.children or [], "head" if heading else "plain"))
                    if in_table:
                        table[-1].append(found[0] if found else [])
                    else:
                        yield from (self._line(tuple(line)) for line in found)
            begun = begun or token.nesting == 0

    def _lead(self) -> str:
        return "".join(self._leads)

    def _line(self, runs: tuple[Run, ...]) -> Rich:
        rest = self._lead()
        first = rest[: len(rest) - len(self._item)] + self._item if self._item and runs else rest
        if runs:
            self._item = ""
        return Rich(runs or (("plain", ""),), first, rest)

    def _inline(self, tokens: Sequence[Token], style: str) -> Iterator[list[Run]]:
        """The lines of a paragraph; line breaks stand where they were written."""
        line: list[Run] = []
        styles = [style]
        target = said = ""
        for token in tokens:
            match token.type:
                case "softbreak" | "hardbreak":
                    yield line
                    line = []
                case "code_inline":
                    line.append(("code", token.content))
                case "strong_open" | "em_open" | "s_open":
                    styles.append({"strong_open": "strong", "em_open": "em", "s_open": "dim"}[token.type])
                case "strong_close" | "em_close" | "s_close":
                    styles.pop()
                case "link_open":
                    target, said = str(token.attrs.get("href") or ""), ""
                    styles.append("link")
                case "link_close":
                    styles.pop()
                    if target and target != said:
                        line.append(("dim", f" ({target})"))
                case "image":
                    line.append(("link", f"{token.content} ({token.attrs.get('src')})"))
                case _:
                    said += token.content
                    line.append((styles[-1], token.content))
        yield line

    def _table(self, rows: Sequence[Sequence[Sequence[Run]]]) -> Iterator[Rich]:
        """Columns as wide as their widest cell, within bounds."""
        texts = [["".join(text for _style, text in cell) for cell in row] for row in rows]
        count = max((len(row) for row in texts), default=0)
        widths = [max((min(cell_len(row[i]), CELL) for row in texts if i < len(row)), default=0) for i in range(count)]
        for index, row in enumerate(texts):
            runs: list[Run] = []
            for cell, width in zip(row, widths, strict=False):
                shown = shorten(cell, width, self._glyphs.ellipsis)
                runs += [("strong" if not index else "plain", shown + " " * (width - cell_len(shown))), ("dim", "  ")]
            yield self._line(tuple(runs))
            if not index:
                yield self._line((("dim", self._glyphs.rule * (sum(widths) + 2 * len(widths) - 2)),))
