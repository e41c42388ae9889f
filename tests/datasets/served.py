"""A source's server on this machine, as well- or ill-behaved as a test wants it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What stands at one address. `cut`: bytes after which each answer breaks off; `halt`: bytes after which it waits for ever."""

    body: bytes
    status: int = 200
    ranges: bool = True
    if_range: bool = True
    etag: str | None = '"one"'
    encoding: str | None = None
    kind: str = "application/octet-stream"
    cut: int | None = None
    halt: int | None = None
    length: bool = True
    location: str | None = None


@dataclass
class Server:
    """`pages` by path; `asked`: (path, Range header) of every request so far."""

    pages: dict[str, Page]
    address: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    halted: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        return f"{self.address}{path}"


@contextmanager
def serve(**pages: Page) -> Iterator[Server]:
    """A server of pages named `data__csv` for `/data.csv`."""
    server = Server({f"/{name.replace('__', '.')}": page for name, page in pages.items()})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer(self, server)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server.address = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        listening.shutdown()
        listening.server_close()
        thread.join()


def answer(handler: BaseHTTPRequestHandler, server: Server) -> None:
    asked = handler.headers.get("Range")
    server.asked.append((handler.path, asked))
    page = server.pages.get(handler.path, Page(b"", status=404))
    body, status, first = page.body, page.status, 0
    current = not page.if_range or handler.headers.get("If-Range") in (None, page.etag)
    if asked and page.ranges and status == 200 and current:
        first = int(asked.removeprefix("bytes=").removesuffix("-"))
        status = 416 if first >= len(body) else 206
    handler.send_response(status)
    if status == 206:
        handler.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
    sent = b"" if status == 416 else body[first:]
    if page.etag:
        handler.send_header("ETag", page.etag)
    if page.encoding:
        handler.send_header("Content-Encoding", page.encoding)
    if page.location:
        handler.send_header("Location", page.location)
    handler.send_header("Content-Type", page.kind)
    if page.length:
        handler.send_header("Content-Length", str(len(sent)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    stop = page.cut if page.halt is None else page.halt
    handler.wfile.write(sent if stop is None else sent[:stop])
    handler.wfile.flush()
    if page.halt is not None:
        server.halted.set()
        server.closing.wait(30)
    handler.close_connection = True
