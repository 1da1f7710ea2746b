"""Static files: ours, small, served under a name that holds the hash of what they are.

Rules kept here:
  * Nothing is fetched from another host, ever: a ward without internet sees the same page.
  * A file's name changes with its bytes, so browsers keep it for a year and never show an old one.
"""

from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_CACHE = "public, max-age=31536000, immutable"


class StaticFiles:
    """Every file of web/static, read once."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[bytes, str]] = {}
        names: dict[str, str] = {}
        for file in sorted(files("contrefeu.web").joinpath("static").iterdir(), key=lambda found: found.name):
            stem, _, kind = file.name.rpartition(".")
            if kind in _TYPES:
                body = file.read_bytes()
                names[file.name] = f"{stem}.{sha256(body).hexdigest()[:12]}.{kind}"
                self._by_name[names[file.name]] = (body, _TYPES[kind])
        self.names: Mapping[str, str] = names

    def url(self, name: str) -> str:
        """Return the address of the file *name*."""
        return f"/static/{self.names[name]}"

    def text(self, name: str) -> str:
        """Return what the file *name* says."""
        return self._by_name[self.names[name]][0].decode()

    async def serve(self, request: Request) -> Response:
        """Answer one request for a file."""
        found = self._by_name.get(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        body, kind = found
        return Response(body, media_type=kind, headers={"cache-control": _CACHE})
