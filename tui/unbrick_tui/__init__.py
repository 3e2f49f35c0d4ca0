"""The front ends of unbrick: the command line and the terminal application."""
