"""Errors a user can meet; each names the field or file, what was found and what was expected."""


class MixreproError(Exception):
    """Base of every error that is the user's to mend; the command line prints it without a traceback.

    Attributes:
        exit_status: With what the command line ends.
    """

    exit_status = 1


class ConfigError(MixreproError, ValueError):
    """A parameter of a run, an experiment, a formula or a chapter is unknown, mistyped or out of range."""


class DataError(MixreproError):
    """A data set is missing, damaged, of the wrong shape, or cannot give what was asked of it."""


class StoreError(MixreproError):
    """A run record cannot be written, or what was read is not what was written."""


class CheckpointError(StoreError):
    """A checkpoint cannot be written, or what was read is not what was written."""


class PlacingError(MixreproError):
    """There is no worker to train on, or those that there were died."""


class BudgetError(MixreproError):
    """A budget was over before training began: the same command again would come no further (EX_CONFIG)."""

    exit_status = 78


class ChapterError(MixreproError):
    """A chapter's source is unusable, or one of its cells raised."""


def found_expected(what: str, found: object, expected: str) -> str:
    """Word an error the way all errors here are worded.

    Args:
        what: The field or file at fault.
        found: What stood there: shown by `repr`, cut at 120 characters; or our words for it, which are not cut,
            since a path may stand in them.
        expected: What would have been accepted.

    Returns:
        One line: `what: found ..., expected ...`.
    """
    if isinstance(found, str) and found.startswith(("no ", "a ", "only ")):
        return f"{what}: found {found}, expected {expected}"
    shown = repr(found)
    if len(shown) > 120:
        shown = shown[:117] + "..."
    return f"{what}: found {shown}, expected {expected}"
