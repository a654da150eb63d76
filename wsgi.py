"""The WSGI entry: `app`, configured by the environment. A server imports it; nothing else does."""

from shop.app import create_app

app = create_app()
