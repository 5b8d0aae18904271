"""Reads: forwarded messages into labels, her own words into alerts and answers."""
