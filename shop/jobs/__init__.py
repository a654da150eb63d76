"""The outbox, which is the queue, and the worker that empties it."""
