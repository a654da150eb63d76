"""Every table of the system in one import: for migrations and for tests that walk all columns."""

from payments import models as payment_models
from payments.registry import mapper_registry
from shop import passages
from shop.accounts import models as account_models
from shop.approvals import models as approval_models
from shop.audit import models as audit_models
from shop.card_testing import models as card_testing_models
from shop.cards import models as card_models
from shop.cart import models as cart_models
from shop.catalog import models as catalog_models
from shop.checkout import models as checkout_models
from shop.csp_reports import models as csp_report_models
from shop.fulfilment import models as fulfilment_models
from shop.jobs import models as job_models
from shop.limits import models as limit_models
from shop.orders import models as order_models
from shop.staff import models as staff_models

MODULES = (
    payment_models,
    audit_models,
    approval_models,
    card_models,
    catalog_models,
    cart_models,
    card_testing_models,
    checkout_models,
    csp_report_models,
    account_models,
    order_models,
    fulfilment_models,
    job_models,
    limit_models,
    staff_models,
    passages,
)
"""The modules that define tables; importing them is what fills the metadata."""

metadata = mapper_registry.metadata
