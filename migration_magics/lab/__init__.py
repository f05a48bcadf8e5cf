"""Trying things on copies, never on the real thing."""
