"""Find and start Chromium: the verifier's own way, `security.canary.browser`."""

from security.canary.browser import LIGHT, chromium_path, launch

__all__ = ["LIGHT", "chromium_path", "launch"]
