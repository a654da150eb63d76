"""Mails to shoppers: rendered when they are sent, so that nothing personal waits in a queue."""
