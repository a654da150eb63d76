"""A plain Starlette shop behind the guard for ASGI, served by granian. `starlette_shop.py PORT [unguarded]`."""

# mypy: ignore-errors
# Written as a shop that knows nothing of this project would be: without types.
import sys

from granian import Granian
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from security.asgi import ASGIPANGuard


async def home(request: Request) -> PlainTextResponse:
    """A shop window, and a note to the shop."""
    return PlainTextResponse(f"{len(await request.body())} bytes, thank you")


app = Starlette(routes=[Route("/", home, methods=["GET", "POST", "PUT"])])
guarded = app if len(sys.argv) > 2 else ASGIPANGuard(app)

if __name__ == "__main__":
    Granian("starlette_shop:guarded", port=int(sys.argv[1]), interface="asgi").serve()
