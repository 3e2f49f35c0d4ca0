"""Putting files in the place of others without a moment in which there is neither."""
