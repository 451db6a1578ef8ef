"""The documentation's side: reading pages with tables of updates to managed policies, and their history feeds.

`reading` makes rows of a page in any form, and `announcements` items of a feed, beside the entries that they announce.
`auditing` compares the rows with the versions of the archive. What spans many pages stands here: an audit of many
sources, what no page documents, and what is recorded of a page.
Never fetches anything, and never words a result: that is for `formats`.
"""

from tracker.documentation.announcements.feeds import Announcement, read_announcements
from tracker.documentation.reading.actions import DocumentedAction
from tracker.documentation.reading.pages import DocumentedPage, DocumentedRow, read_page
from tracker.documentation.reading.row_kinds import RowKind

__all__ = [
    "Announcement",
    "DocumentedAction",
    "DocumentedPage",
    "DocumentedRow",
    "RowKind",
    "read_announcements",
    "read_page",
]
