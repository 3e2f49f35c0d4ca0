"""Open, judge and repair the transcripts of AI coding sessions."""
