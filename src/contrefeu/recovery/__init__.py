"""After the attack: a node from copies and the custodians' shares."""

from contrefeu.recovery.rebuild import Restored, restore

__all__ = ["Restored", "restore"]
