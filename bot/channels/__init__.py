"""One platform a file; the types of a platform stop here."""
