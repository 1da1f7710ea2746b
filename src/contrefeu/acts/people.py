"""Who did what an entry says: its source names them, and a login is one in whatever case it was typed."""

PEOPLE = "user/"  # begins the source of an act that somebody did, logged in


def plain_login(login: str) -> str:
    """Return *login* as accounts are known by: without spaces around it, case does not matter."""
    return login.strip().casefold()


def login_of(source: str) -> str:
    """Return who did what an entry of *source* says; "" when nobody logged in did."""
    return plain_login(source.removeprefix(PEOPLE)) if source.startswith(PEOPLE) else ""
