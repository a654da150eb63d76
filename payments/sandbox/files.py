"""Uploaded files: what they are called and how long they are. Imported by `operations`.

The contents are looked at by the tripwire, counted, and let go: evidence may hold what must not be kept.
"""

from __future__ import annotations

from pathlib import PurePath

from flask import request

from .context import Sandbox
from .errors import invalid, missing, not_in_this_sandbox
from .fields import Json, build

LONGEST = 5 * 1024 * 1024
"""Bytes of a file for dispute evidence (Stripe, file uploads)."""
_TYPES = {"pdf": "pdf", "jpg": "jpg", "jpeg": "jpg", "png": "png"}


def create(sandbox: Sandbox, account: str, params: Json) -> Json:
    """Takes a file for a dispute. Raises ApiError for another purpose, kind or size."""
    if params["purpose"] != "dispute_evidence":
        raise not_in_this_sandbox(f"purpose={params['purpose']}")
    if "file_link_data" in params:
        raise not_in_this_sandbox("The parameter file_link_data")
    upload = request.files.get("file")
    if upload is None:
        raise missing("file")
    content = upload.stream.read(LONGEST + 1)
    name = PurePath(upload.filename or "file").name[:200]
    type_ = _TYPES.get(name.rpartition(".")[2].lower())
    if type_ is None:
        raise invalid("Evidence can be a PDF, JPEG or PNG file.", "file")
    if not content or len(content) > LONGEST:
        raise invalid("Evidence files are up to 5 MB long and not empty.", "file")
    file = build(
        "file",
        id=sandbox.new_id("file"),
        created=int(sandbox.now()),
        filename=name,
        purpose="dispute_evidence",
        size=len(content),
        type=type_,
    )
    return sandbox.store.insert(account, file)
