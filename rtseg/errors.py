"""Every error whose message is meant for the user, and the exit code it ends the program with.

RtsegError            1   something failed while running
  UsageError          2   the request makes no sense; nothing was touched
  SourceError         3   a source cannot be opened, or was lost mid-stream
  DatasetError        3   a labelled data set is missing, incomplete or of another layout
  MachineError        4   this machine lacks what the main job needs
  EngineError         4   a model or engine is invalid, or failed while inferring
    ManifestError     4   manifest.json is missing, broken, or does not match its files
  SinkError           1   an output cannot be written
  TrainingError       1   training cannot go on; the last checkpoint is kept
  StageError          1   a pipeline thread died of a bug; ``__cause__`` is what killed it
  ThresholdError      5   the run was fine, its result is below what was asked for
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Cause: TypeAlias = Literal[
    "auth failed", "not found", "refused", "timeout", "codec unsupported", "lost", "closed"
]
"""Why a source is not there. "lost": it was, and is no more, or nobody knows why it is not.
"closed": this program itself let go of it."""


class RtsegError(Exception):
    """Says what happened, what was expected and what to do next, in one line."""

    exit_code = 1


class UsageError(RtsegError):
    """The request itself makes no sense: found before anything is opened or written."""

    exit_code = 2


class SourceError(RtsegError):
    """A source cannot be opened, or was lost mid-stream."""

    exit_code = 3

    def __init__(self, message: str, *, cause: Cause = "lost") -> None:
        super().__init__(message)
        self.cause: Cause = cause


class DatasetError(RtsegError):
    """A labelled data set is missing, incomplete or of another layout."""

    exit_code = 3


class MachineError(RtsegError):
    """This machine lacks what the main job needs: what ``rtseg doctor`` found."""

    exit_code = 4


class EngineError(RtsegError):
    """A model or engine is invalid, or failed while inferring."""

    exit_code = 4


class ManifestError(EngineError):
    """A manifest is missing, broken, or does not match the files beside it."""


class SinkError(RtsegError):
    """An output cannot be written."""


class TrainingError(RtsegError):
    """Training cannot go on: the loss is no number, or a checkpoint cannot be written."""


class StageError(RtsegError):
    """A pipeline thread died of something that is not an RtsegError: see ``__cause__``."""


class ThresholdError(RtsegError):
    """The run was fine, its result is below what was asked for."""

    exit_code = 5
