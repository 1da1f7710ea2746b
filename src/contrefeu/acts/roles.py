"""Who has what role, as accounts stand: what every act of few persons is judged by. A pure fold, in journal order.

Rules kept here:
  * A role counts while its account does: an account that was disabled by then has none.
  * A feed, a rule and the console have no role.
"""

from contrefeu.acts.act import AccountAdded, AccountDisabled, Act
from contrefeu.acts.people import plain_login


class Roles:
    """The role of each account that counts."""

    def __init__(self) -> None:
        self.by_login: dict[str, str] = {}

    def apply(self, act: Act) -> None:
        """Take one more act."""
        if isinstance(act, AccountAdded):
            self.by_login[plain_login(act.login)] = act.role
        elif isinstance(act, AccountDisabled):
            self.by_login.pop(plain_login(act.login), None)

    def of(self, login: str) -> str:
        """Return the role of *login*; "" for none."""
        return self.by_login.get(login, "")
