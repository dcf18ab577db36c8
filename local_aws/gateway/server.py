"""The HTTP server: threads, keep-alive, and header names as S3 metadata needs them.

In: a WSGI application and a port (0: any free one). Out: a listening server on 127.0.0.1.
"""

from __future__ import annotations

from typing import Any

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"


class QuietRequestHandler(WSGIRequestHandler):
    """Logs nothing per request (the record does) and keeps underscores in S3 metadata names, which werkzeug drops."""

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        names = {}
        for name, value in self.headers.items():
            if should_preserve_original_header_name(name):
                key = environ_key_for_header(name)
                names[key] = name
                environ[key] = value
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = names
        return environ

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: ARG002 - werkzeug's signature
        return None


def listening_server(application: Any, *, port: int) -> BaseWSGIServer:
    """Raises OSError if the port is taken."""
    return make_server(HOST, port, application, threaded=True, request_handler=QuietRequestHandler)
