"""What can go wrong with the case store; each sentence says what to do. Nothing is lost by any of them."""


class StoreError(Exception):
    """The case store cannot be used. The message is one line for the person who runs Recours."""


class KeyMissingError(StoreError):
    """The key file is absent."""


class KeyWrongError(StoreError):
    """The key does not open this database."""


class StoreDamagedError(StoreError):
    """The file is not a database of ours, or is damaged."""


class StoreTooNewError(StoreError):
    """A later release wrote the database."""


class StoreLockedError(StoreError):
    """Another process holds the database."""


class StoreAwayError(StoreError):
    """The database on another machine does not answer; the next operation tries to reach it again."""


class ElsewhereError(StoreError):
    """Another worker has this conversation, or has handled this update already."""


class NoCaseError(StoreError):
    """No case has this number; it may have been erased."""


class DiskFullError(StoreError):
    """No room left; the turn was not acknowledged."""


class AccountError(Exception):
    """An account of the staff cannot be made or changed; the sentence says why."""
