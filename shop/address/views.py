"""The postcode look-up as JSON, from our own file: no third party learns what is typed."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from shop.address.postcode import BadPostcode, lookup_json

address = Blueprint("address", __name__)


@address.get("/postcode/<code>.json")
def postcode(code: str) -> tuple[Response, int] | Response:
    """The places of a postcode: 200 with a list that may be empty, 400 for what is no postcode."""
    try:
        response = jsonify(lookup_json(code))
    except BadPostcode:
        return jsonify({"places": []}), 400
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
