"""Saying what was found, and what an edit changes: sentences, JSON, differences."""
