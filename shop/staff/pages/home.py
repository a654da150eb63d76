"""The first page after signing in. What stands on it comes from the areas; here is the frame."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from shop.staff.access import Door, StaffPages

home_pages = StaffPages("staff_home", __name__)


@home_pages.get("/", right=Door.MEMBER)
def home() -> ResponseReturnValue:
    """Where everybody begins."""
    return render_template("staff/home.html")
