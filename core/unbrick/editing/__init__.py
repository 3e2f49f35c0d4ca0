"""From edits to the patch that they come to, and what becomes of a session by them."""
