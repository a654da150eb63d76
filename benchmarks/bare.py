"""The bare limit: the least that Flask, SQLAlchemy and Jinja can do for a page of 24 products.

No header, no log line, no language, no frame of a page: one ORM select and a list with what is seen of a product.
Served by `python -m benchmarks.bare --port N` on the same server as the shop.
"""

from __future__ import annotations

import os

import click
from flask import Flask, render_template, request
from jinja2 import DictLoader
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, load_only

from shop.catalog.models import Product
from shop.serve import serve

_PAGE = """<!doctype html><title>Products</title><ul>
{% for product in products %}
<li><a href="/products/{{ product.slug }}"><img src="/pictures/products/{{ product.slug }}.svg" alt="">
{{ product.name_ja }}</a> {{ product.price_from }}</li>
{% endfor %}
</ul>"""
_SEEN = (Product.slug, Product.name_ja, Product.price_from)


def create_app() -> Flask:
    """An app with one page: /?store=…&category=…"""
    app = Flask(__name__, static_folder=None)
    app.jinja_loader = DictLoader({"list.html": _PAGE})
    engine = create_engine(os.environ["DATABASE_URL"])

    @app.get("/")
    def index() -> str:
        query = (
            select(Product)
            .options(load_only(*_SEEN))
            .where(
                Product.store_id == request.args["store"], Product.category_slug == request.args["category"]
            )
            .order_by(Product.position)
            .limit(24)
        )
        with Session(engine) as session:
            return render_template("list.html", products=session.scalars(query).all())

    return app


@click.command()
@click.option("--port", required=True, type=int)
@click.option("--workers", default=1)
def main(port: int, workers: int) -> None:
    """Serve the bare page with the shop's own server settings."""
    serve("127.0.0.1", port, workers, target="benchmarks.bare:create_app")


if __name__ == "__main__":
    main()
