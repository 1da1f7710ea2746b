"""Who can open each segment, by its header, without opening any."""

from typing import Any

from contrefeu.cli.node import Node
from contrefeu.custody import granted_recipients, known_recovery_keys, recovery_in_force
from contrefeu.journal import headers


def openable(node: Node) -> list[dict[str, Any]]:
    """`journals[]` of `keys status`: how many segments open for the node, for the custodians, for nobody.

    A grant counts for what its name says: what it holds is checked when it is used, and by `keys rehearse`.
    """
    keys = known_recovery_keys(node.paths.recovery_notes)
    force = keys[-1].recipient if keys else recovery_in_force(node.paths.recovery_notes, node.paths.recovery_public)
    reading = set(node.reading_keys().days().values())
    told = []
    for files in node.journals():
        granted = granted_recipients(node.paths.grants, files.folder.name)
        counts = dict.fromkeys(("segments", "node", "custodians", "nobody"), 0)
        for number, header in headers(files):
            named = {key.fingerprint for key in header.keys}
            short = granted.get(number, set())
            by_node = bool(named & reading) or any(fp[:16] in short for fp in reading)
            by_custodians = force.fingerprint in named or force.fingerprint[:16] in short
            counts["segments"] += 1
            counts["node"] += by_node
            counts["custodians"] += by_custodians
            counts["nobody"] += not (by_node or by_custodians)
        told.append({"journal": files.verifier().name} | counts)
    return told
