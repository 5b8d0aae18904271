"""Shows staff: the review console (empty of code for now)."""
