"""Keeps: the encrypted case store, the durable inbox and outbox, the custody log."""
