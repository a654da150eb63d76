"""Every table of the system in one import: for migrations and for tests that walk all columns."""

import shop.cart.models
import shop.catalog.models
import shop.checkout.models
import shop.jobs.models
import shop.orders.models
import shop.passages  # noqa: F401  (as the others: imported for its tables)
from payments.registry import mapper_registry

metadata = mapper_registry.metadata
