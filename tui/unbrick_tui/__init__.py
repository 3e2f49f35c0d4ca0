"""The terminal application and the command line over `unbrick`."""
