"""What the guards for WSGI and ASGI are made of: reading a request, judging it, refusing it."""
