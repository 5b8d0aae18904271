"""Asks and decides: law, questions, evidence, actions and contacts as data, and the rules over them."""
