"""The documentation's side: reading pages with tables of updates to managed policies, and their history feeds.

`pages` makes rows of a page, `announcements` items of a feed. `layout`, `markup`, `copied`, `columns`, `days`, `names`,
`actions`, `kinds` and `shown` are the parts of a page reader. `audit` holds a page against the archive, by the rules of
`matching` and `spelling`; `announced` puts announcements beside entries.
Never fetches anything, and never words a result: that is for `formats`.
"""

from tracker.documentation.actions import DocumentedAction
from tracker.documentation.announcements import Announcement, read_announcements
from tracker.documentation.pages import DocumentedPage, DocumentedRow, read_page
from tracker.documentation.row_kinds import RowKind

__all__ = [
    "Announcement",
    "DocumentedAction",
    "DocumentedPage",
    "DocumentedRow",
    "RowKind",
    "read_announcements",
    "read_page",
]
