"""What a message said and no chart says: by place, never by content."""

from msgspec import Struct


class Loss(Struct, frozen=True):
    """Something said that is in no chart."""

    where: str  # segment and field, or path
    why: str
