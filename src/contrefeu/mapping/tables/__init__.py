"""Code tables, each row with its source."""

__all__: list[str] = []
