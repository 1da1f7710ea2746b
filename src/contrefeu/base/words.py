"""What is said to people is written in French where it is thought of, and translated where it is shown."""


def N_(message: str) -> str:  # noqa: N802 (gettext's own name for "translate later")
    """Mark *message* for the catalogue; it is translated where it is shown."""
    return message
