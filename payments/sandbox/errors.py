"""Errors in the shape of Stripe's API. Raised by every part of the sandbox, turned into an answer by `api`.

Types, codes and statuses follow Stripe's error reference; the texts are ours.
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is an error.

    `remembered` is False for what Stripe does not keep under an idempotency key: failed parameter checks,
    refusals before the call began, and the clash of two calls with one key.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type_: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        remembered: bool = False,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.remembered = remembered
        self.headers = headers or {}
        fields = {"code": code, "message": message, "param": param, "type": type_, **more}
        self.body = {"error": {name: value for name, value in fields.items() if value is not None}}
        if code:
            self.body["error"]["doc_url"] = f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}"


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A parameter that does not fit: status 400, not kept under the idempotency key."""
    return ApiError(400, message, code=code, param=param)


def missing(param: str) -> ApiError:
    return invalid(f"Missing required param: {param}.", param, "parameter_missing")


def unknown_parameter(param: str) -> ApiError:
    return invalid(f"Received unknown parameter: {param}", param, "parameter_unknown")


def no_such(noun: str, object_id: str, param: str = "id") -> ApiError:
    """The object is not there, or belongs to another account: Stripe does not tell the two apart."""
    return ApiError(404, f"No such {noun}: '{object_id[:80]}'", code="resource_missing", param=param)


def conflict_of_state(message: str, code: str | None = None, **more: Any) -> ApiError:
    """The object's state forbids the operation: status 400, kept under the idempotency key."""
    return ApiError(400, message, code=code, remembered=True, **more)


def not_in_this_sandbox(what: str) -> ApiError:
    return ApiError(404, f"{what} is not in this sandbox. Its manual, docs/sandbox.md, lists what is.")
