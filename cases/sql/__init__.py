"""The case store in SQL, the same for every engine: what differs stands in `cases.sqlite` and `cases.postgres`."""
