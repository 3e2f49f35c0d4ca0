"""The page about settings, written from the bindings: `python -m unbrick_tui.manual > docs/settings.md`."""

from __future__ import annotations

from collections.abc import Iterator

from unbrick_tui.bindings import AREAS, area, ids
from unbrick_tui.screens.help import keys
from unbrick_tui.theme import NAMES

EXAMPLE = """\
theme = "light"            # {themes}; or one of Textual's, such as "nord"
ascii = false              # true: paint with nothing but ASCII
detail = 4                 # how much the timeline shows, 1 (prompts alone) to 5 (everything)

[target]                   # for whom to judge, where the command line does not say
client = "installed"       # a version such as "2.1.139", "installed" or "recorded"
model = "claude-opus-4-7"
way = "run"                # a way to resume, where the client has several
strict = false             # true: judge for a consumer that heals nothing

[keys]                     # the name of an action, and the keys for it in place of its own
"act.fix" = "f,ctrl+f"
"find.search" = "slash,ctrl+s"
"""

HEAD = """\
# Settings

The application reads `settings.toml` in the platform's folder for configuration: `~/.config/unbrick/` on Linux (or
where `XDG_CONFIG_HOME` points), `~/Library/Application Support/unbrick/` on macOS. It is never written. `unbrick
settings` prints where it is, and what is in force. Everything in it may be left out:

```toml
{example}```

A mistake in the file is said with its line when the application opens; everything else in it holds all the same.
What is said on the command line goes first. Commands other than the application do not read the file: what a script
does depends on its words alone.

The application itself remembers the theme that was chosen last (`ctrl+t`, or *Colours* among the actions, `ctrl+p`);
a theme in the settings goes before that. This, and the edits of a session that ended unexpectedly until they are taken
up or refused, is kept apart from the settings, in the platform's folder for state (`~/.local/state/unbrick/` on
Linux), and nobody else can read it. Kept edits hold words of the conversation, and an edit that redacts a secret holds
that secret, as the transcript itself does until it is saved. They are removed with the edits.

## Keys

Every action has a name, and `[keys]` gives it other keys: letters and signs as they are (`x`, `?`), others by name
(`f5`, `space`, `pagedown`), with `ctrl+`, `alt+` or `shift+` before them; several with commas between them. A key that
is taken from another action is that action's no more. `?` lists the keys that are in force.

| Name | Keys | What it does |
|---|---|---|
"""


def page() -> str:
    """All of it."""
    example = EXAMPLE.format(themes=", ".join(f'"{name}"' for name in NAMES))
    return HEAD.format(example=example) + "\n".join(_rows()) + "\n"


def _rows() -> Iterator[str]:
    titles = list(dict.fromkeys(AREAS.values()))
    for id, binding in sorted(ids().items(), key=lambda one: (titles.index(area(one[1])), one[0])):
        said = binding.tooltip or binding.description or "(part of another key)"
        yield f"| `{id}` | {', '.join(f'`{key}`' for key in _each(keys(binding)))} | {said} |".replace("`|`", "`\\|`")


def _each(said: str) -> list[str]:
    return said.replace("  ", ", ").split(", ")


if __name__ == "__main__":
    print(page(), end="")
