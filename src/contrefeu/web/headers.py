"""Headers of every answer.

Rules kept here:
  * No script, style, picture or request comes from another host or from inside the page (strict CSP).
  * Nothing about a patient stays in a browser's cache.
  * No HSTS: a ward PC that does not trust the local CA yet must still reach its charts; TLS is the node's only port.
"""

from collections.abc import Mapping, Sequence

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A sender's document, framed by our own page: it runs nothing and reaches nothing.
_CSP_DOCUMENT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

_COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with "no-referrer" browsers send "Origin: null", and forms need it
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def security_headers(path: str) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers of the answer to *path*; what a handler has set stands."""
    if path.startswith("/static/"):
        return _STATIC
    return _DOCUMENT if path.startswith(("/document/", "/opened/", "/picture/")) else _PAGE


def _raw(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """As a server sends them."""
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


_OWN = _COMMON | {"content-security-policy": _CSP, "x-frame-options": "DENY"}
_FRAMED = _COMMON | {"content-security-policy": _CSP_DOCUMENT, "x-frame-options": "SAMEORIGIN"}
_UNKEPT = {"cache-control": "no-store"}
_STATIC, _PAGE, _DOCUMENT = _raw(_OWN), _raw(_OWN | _UNKEPT), _raw(_FRAMED | _UNKEPT)
