"""READ FIRST: one frozen result per command.

A command returns one of these and prints nothing. All of them show themselves as text (`str`) and HTML, become a DataFrame
(`to_frame`) and JSON-ready data (`to_dict`). Fields hold values of `model` only: no engine, no file handle, no secret.

base: what all share. place: connections and where they stand. browse: revisions. compare: schemas. move: plans and what
ran. author: revision files. rehearse, backfill: what was tried, and what was changed in batches. doctor: what is wrong with
the history. explore: all of it, to look around in. step: one revision operation by
operation. guide: help and the last error.
"""

from .author import Authored, ModelsDefined
from .backfill import Backfilled
from .base import Result
from .browse import Branches, Current, Heads, History, RevisionShown, Shown
from .compare import Blamed, Checked, Compared, SchemaShown
from .demo import Playground
from .doctor import Diagnosed
from .exercise import Checkpoint, Course, Exercise, Lesson
from .explain import Explained, RevisionExplained
from .explore import Explorer
from .guide import HelpEntry, HelpPage, Why
from .move import Moved, Planned, SqlShown
from .place import Connected, Connections, ConnectionShown, Initialised, ProjectShown, Status, StatusOfAll
from .rehearse import Rehearsed, Samples, SampleShown
from .report import Report, Section
from .review import Review, ReviewedOperation, StepScript
from .step import Answer, Stepper, StopShown

__all__ = [
    "Answer",
    "Authored",
    "Backfilled",
    "Blamed",
    "Branches",
    "Checked",
    "Checkpoint",
    "Compared",
    "Connected",
    "ConnectionShown",
    "Connections",
    "Course",
    "Current",
    "Diagnosed",
    "Exercise",
    "Explained",
    "Explorer",
    "Heads",
    "HelpEntry",
    "HelpPage",
    "History",
    "Initialised",
    "Lesson",
    "ModelsDefined",
    "Moved",
    "Planned",
    "Playground",
    "ProjectShown",
    "Rehearsed",
    "Report",
    "Result",
    "Review",
    "ReviewedOperation",
    "RevisionExplained",
    "RevisionShown",
    "SampleShown",
    "Samples",
    "SchemaShown",
    "Section",
    "Shown",
    "SqlShown",
    "Status",
    "StatusOfAll",
    "StepScript",
    "Stepper",
    "StopShown",
    "Why",
]
