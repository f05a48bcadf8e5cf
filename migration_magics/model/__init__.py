"""Pure values and functions: standard library only, no database, clock, files or IPython."""
