"""Contrefeu keeps a hospital caring for its patients while its IT is down, and rebuilds the records."""

import sys

# structlog takes rich where it finds it, for coloured tracebacks that show what variables hold. Ours have neither, and
# finding it would take a quarter of the start of every command.
if "structlog" not in sys.modules and "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]  # "not installed"
    import structlog  # noqa: F401

    del sys.modules["rich"]
