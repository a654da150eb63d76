"""A whole configuration for tests, as environment variables."""

from shop.scope.environ import make_environ

__all__ = ["make_environ"]
