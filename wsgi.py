"""The WSGI entry: `app`, configured by the environment. A server imports it; nothing else does."""

from shop.serve import application

app = application()
