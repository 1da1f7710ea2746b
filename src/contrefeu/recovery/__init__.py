"""After the attack: a node from copies and the custodians' shares; and before it, that it would work."""

from contrefeu.recovery.rebuild import Restored, restore
from contrefeu.recovery.selftest import SelfTest, self_test

__all__ = ["Restored", "SelfTest", "restore", "self_test"]
