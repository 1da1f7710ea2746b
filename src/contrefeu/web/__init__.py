"""The shell every page stands in: session, permission, audit, language, templates."""

from contrefeu.base import N_
from contrefeu.web.audit import (
    AuditLog,
)
from contrefeu.web.fragments import (
    Fragments,
    Part,
)
from contrefeu.web.health import (
    Changes,
    health_routes,
)
from contrefeu.web.language import (
    LANGUAGES,
    Words,
    catalogue,
    negotiate,
)
from contrefeu.web.login import (
    DemoLogin,
    LoginPages,
)
from contrefeu.web.mount import (
    Due,
    Link,
    Mounted,
    Site,
)
from contrefeu.web.people import (
    Actor,
    Appender,
    Closed,
    Door,
    Refused,
)
from contrefeu.web.problem import (
    FORBIDDEN,
    NO_CHARTS,
    NO_METHOD,
    NOT_FOUND,
    NOT_KEPT,
    Problem,
)
from contrefeu.web.session import (
    Session,
    Sessions,
)
from contrefeu.web.shell import (
    UPLOAD_BYTES_MAX,
    Around,
    Corrected,
    Seen,
    Setting,
    Shell,
    ShellMiddleware,
    Urgent,
    UrgentWard,
    Writes,
)
from contrefeu.web.tokens import (
    token_endpoint,
)
from contrefeu.web.visit import (
    Visit,
    local_path,
    person,
    visit_of,
)

__all__ = [
    "FORBIDDEN",
    "LANGUAGES",
    "NOT_FOUND",
    "NOT_KEPT",
    "NO_CHARTS",
    "NO_METHOD",
    "N_",
    "UPLOAD_BYTES_MAX",
    "Actor",
    "Appender",
    "Around",
    "AuditLog",
    "Changes",
    "Closed",
    "Corrected",
    "DemoLogin",
    "Door",
    "Due",
    "Fragments",
    "Link",
    "LoginPages",
    "Mounted",
    "Part",
    "Problem",
    "Refused",
    "Seen",
    "Session",
    "Sessions",
    "Setting",
    "Shell",
    "ShellMiddleware",
    "Site",
    "Urgent",
    "UrgentWard",
    "Visit",
    "Words",
    "Writes",
    "catalogue",
    "health_routes",
    "local_path",
    "negotiate",
    "person",
    "token_endpoint",
    "visit_of",
]
