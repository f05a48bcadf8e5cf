"""Advice and what it rests on: facts about operations and databases, as data."""
