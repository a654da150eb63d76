"""The one CSRF protection, in a module of its own so that views can name their exemptions.

The closed list of exemptions: the provider's webhook, CSP reports, add to basket (its page is cacheable). Each has
a test; a route walk fails for any other.
"""

from flask_wtf import CSRFProtect

csrf = CSRFProtect()
