"""Talks: channels, the conversation engine, the command line."""
