"""After the attack: a node from copies and the custodians' shares; and before it, that it would work."""

from contrefeu.recovery.gather import Difference
from contrefeu.recovery.rebuild import Restored, Watcher, restore
from contrefeu.recovery.selftest import SelfTest, self_test

__all__ = ["Difference", "Restored", "SelfTest", "Watcher", "restore", "self_test"]
