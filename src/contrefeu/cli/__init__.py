"""The door: one file per command, and the only place where the parts are wired together."""

from contrefeu.cli.main import app, main

__all__ = ["app", "main"]
