"""Watch live pages from another host: what a browser was shown, compared with what was approved."""
