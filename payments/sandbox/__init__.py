"""A stand-in for the payment provider: Stripe's API, card fields, payment page and webhooks, offline.

It stands alone: it imports nothing else of this project, and nothing of the project imports it. Start it with
`python -m payments.sandbox`; `payments.sandbox.app.create_app` is the same as a WSGI application.
"""
