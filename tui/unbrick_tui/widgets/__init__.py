"""Widgets: read only, no decisions."""
