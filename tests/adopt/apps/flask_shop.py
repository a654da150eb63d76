"""A plain Flask shop behind the guard, served by the standard library. `flask_shop.py PORT [unguarded]`."""

# mypy: ignore-errors
# Written as a shop that knows nothing of this project would be: without types.
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from flask import Flask, request

from security.guard import PANGuard

app = Flask(__name__)


@app.route("/", methods=["GET", "POST", "PUT"])
def home():
    """A shop window, and a note to the shop."""
    return f"{len(request.form)} notes, thank you"


if len(sys.argv) < 3:
    app.wsgi_app = PANGuard(app.wsgi_app)


class Quiet(WSGIRequestHandler):
    """Stands in front of the guard: what it logged of the address nobody would have judged."""

    def log_message(self, format, *args):  # noqa: A002  (the method's own name for it)
        """Log nothing."""


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), app, handler_class=Quiet).serve_forever()
