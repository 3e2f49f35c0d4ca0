"""The formats that unbrick knows; the first that recognises a file reads it."""

from __future__ import annotations

from unbrick.formats import Format
from unbrick.formats.amplifier import Amplifier
from unbrick.formats.claude_code import ClaudeCode
from unbrick.formats.messages import Chat, Messages

FORMATS: tuple[Format, ...] = (ClaudeCode(), Amplifier(), Chat(), Messages())
