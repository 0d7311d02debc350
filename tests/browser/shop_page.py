"""A shop's page on a port of its own that loads the sandbox's stripe.js; tests write its script."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Page

from tests.running import Running

_HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Pay here</h1><div id="place"></div><button id="pay">Pay</button>
<p id="said" role="status"></p></main>
<script src="%(sandbox)s/v3/"></script>
<script>
  const asked = %(asked)s;
  const heard = [];
  const say = (result) => {
    document.getElementById("said").textContent = JSON.stringify(result);
  };
  const fail = (problem) => say({ thrown: { name: problem.name, message: problem.message } });
  const click = (act) => {
    document.getElementById("pay").onclick = () => act().then(say, fail);
  };
  (async () => { %(script)s })().catch(fail);
</script></body></html>"""

# A shop that knows nothing of the sandbox but its address, as strict as Stripe's page asks for.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' {0}; connect-src {0}; frame-src {0};"
    " style-src 'none'; img-src data:"
)


class Shop:
    """The page, and what its script is given as `asked`."""

    def __init__(self, sandbox: Running) -> None:
        self.sandbox = sandbox
        self.key = sandbox.key.replace("sk_", "pk_")
        self.script = ""
        self.asked: dict[str, Any] = {}
        self.url = ""

    def html(self) -> str:
        asked = json.dumps({"key": self.key, "shop": self.url, **self.asked})
        return _HTML % {"sandbox": self.sandbox.url, "asked": asked, "script": self.script}

    def opens(self, page: Page, script: str, **asked: Any) -> None:
        """Show the page with this script."""
        self.script, self.asked = script, asked
        page.goto(self.url)


@contextmanager
def open_shop(sandbox: Running) -> Iterator[Shop]:
    """Serve a shop's page until the block ends."""
    shop = Shop(sandbox)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<h1>Thank you</h1>" if self.path.startswith("/back") else shop.html().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", _POLICY.format(sandbox.url))
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_port}"
    yield shop
    server.shutdown()
    thread.join(5)
    server.server_close()
