"""A plain Django shop behind the guard, served by the standard library. `django_shop.py PORT [unguarded]`."""

# mypy: ignore-errors
# Written as a shop that knows nothing of this project would be: without types.
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

from security.guard import PANGuard

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="of a test")


def home(request):
    """A shop window, and a note to the shop."""
    return HttpResponse(f"{len(request.POST)} notes, thank you")


urlpatterns = [path("", home)]
application = get_wsgi_application()
if len(sys.argv) < 3:
    application = PANGuard(application)


class Quiet(WSGIRequestHandler):
    """Stands in front of the guard: what it logged of the address nobody would have judged."""

    def log_message(self, format, *args):  # noqa: A002  (the method's own name for it)
        """Log nothing."""


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), application, handler_class=Quiet).serve_forever()
