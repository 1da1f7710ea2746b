"""The ward's pages: a page is a frozen dataclass, a handler, a template."""

__all__: list[str] = []
