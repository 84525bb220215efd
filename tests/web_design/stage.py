"""A small server with the product's Content-Security-Policy in front of rendered templates."""

from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from web.assets import asset

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass
class Stage:
    """Pages by path: each a list of answers given one after the other, the last one again and again."""

    url: str = ""
    pages: dict[str, list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def answer(self, path: str) -> tuple[bytes, str] | None:
        if path in self.pages:
            left = self.pages[path]
            return (left.pop(0) if len(left) > 1 else left[0]).encode(), "text/html; charset=utf-8"
        found = asset.find(path.removeprefix("/static/"))
        return (found.read_bytes(), TYPES[found.suffix]) if found else None


def handler(stage: Stage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            answer = stage.answer(path)
            self.send_response(200 if answer else 404)
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Content-Type", answer[1] if answer else "text/plain")
            self.end_headers()
            self.wfile.write(answer[0] if answer else b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            stage.asked.append((self.path, body, self.headers.get("X-CSRFToken", "")))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests say what they expect; the server's own lines would only be noise."""

    return Handler
