"""Which numbers are one patient: links from merges, chains and cycles included (FIELD F32, F41).

Rules kept here:
  * A merge links two numbers and copies nothing; the survivor of the latest merge names the chart.
  * Undoing a merge takes that link away: what is left decides again.
  * The result depends on the links in journal order, never on when they were learned.
"""

from collections.abc import Iterable

from contrefeu.mapping import Link


class Families:
    """Numbers, the families they form, and which of each family names the chart."""

    def __init__(self, links: Iterable[Link] = ()) -> None:
        self._links: list[Link] = []
        self._members: dict[str, frozenset[str]] = {}
        self._heads: dict[str, str] = {}
        for link in links:
            self.take(link)

    def head(self, key: str) -> str:
        """The number that names the chart of *key*."""
        return self._heads.get(key, key)

    def members(self, key: str) -> frozenset[str]:
        """All the numbers that are one patient with *key*, itself among them."""
        return self._members.get(key, frozenset((key,)))

    def take(self, link: Link) -> frozenset[str]:
        """Take one more link, in journal order; returns every number whose family may have changed."""
        touched = self.members(link.survivor) | self.members(link.lost)
        self._links.append(link)
        if link.kind == "merge":
            self._join(link)
            return touched
        undone = {(link.survivor, link.lost), (link.lost, link.survivor)}
        standing = [
            one
            for one in self._links
            if one.kind == "merge" and one.survivor in touched and (one.survivor, one.lost) not in undone
        ]
        self._links = [one for one in self._links if one.survivor not in touched] + standing
        for key in touched:
            self._members.pop(key, None)
            self._heads.pop(key, None)
        for one in standing:
            self._join(one)
        return touched

    def _join(self, link: Link) -> None:
        if link.survivor == link.lost:
            return
        head = self.head(link.survivor)
        if head == self.head(link.lost):
            head = link.survivor  # a cycle: the latest word says who survives
        members = self.members(link.survivor) | self.members(link.lost)
        for key in members:
            self._members[key] = members
            self._heads[key] = head
