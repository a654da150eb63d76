"""Find and start Chromium: the verifier's own way, `security.canary.browser`."""

from security.canary.browser import chromium_path, launch

__all__ = ["chromium_path", "launch"]
