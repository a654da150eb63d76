"""The families of rules for Python that judge a file by itself; `leaks` follows values through all files of a run."""

from __future__ import annotations

from . import (
    browser,
    columns,
    cookies,
    debugging,
    field_classes,
    forged_requests,
    form_fields,
    guards,
    headers,
    loud_logs,
    named_fields,
    paid,
    prompts,
    provider_address,
    raw_card,
    reporters,
    request_keys,
    settings,
    tls,
    webhooks,
)

FAMILIES = (
    field_classes.check,
    form_fields.check,
    named_fields.check,
    prompts.check,
    columns.check,
    request_keys.check,
    raw_card.check,
    settings.check,
    debugging.check,
    loud_logs.check,
    reporters.check,
    cookies.check,
    forged_requests.check,
    tls.check,
    webhooks.check,
    paid.check,
    browser.check,
    headers.check,
    provider_address.check,
    guards.check,
)
