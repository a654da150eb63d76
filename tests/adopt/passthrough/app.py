"""A deliberately bad shop of one page: its own card form, read by its own server and logged. `app.py PORT`."""

# mypy: ignore-errors
# Written as a shop that knows nothing of this project would be: without types.
import logging
import sys
from pathlib import Path
from wsgiref.simple_server import make_server

from flask import Flask, render_template, request

app = Flask(__name__)
logging.basicConfig(filename=Path(__file__).with_name("shop.log"), level=logging.INFO)


@app.get("/")
def pay():
    """The page with the card form."""
    return render_template("pay.html")


@app.post("/")
def paid():
    """Takes the number in and writes it down."""
    number = request.form.get("card_number", "")
    logging.info("order by %s", dict(request.form))  # noqa: LOG015  (as careless shops do it)
    return f"paid with {len(number)} digits"


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), app).serve_forever()
