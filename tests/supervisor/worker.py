"""A small program to supervise: it says when it starts, is ready over HTTP, fails, or ends, as it is told."""

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the base class's name for it
        """Answer that it can serve."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def main() -> None:
    """Do what the first argument says: `serve PORT`, `fail`, `end` or `stay`."""
    print(f"started {os.getpid()}", flush=True)  # noqa: T201
    match sys.argv[1:]:
        case ["serve", port]:
            HTTPServer(("127.0.0.1", int(port)), _Ready).serve_forever()
        case ["fail"]:
            sys.exit(3)
        case ["stay"]:
            threading.Event().wait()
        case _:
            return


if __name__ == "__main__":
    main()
