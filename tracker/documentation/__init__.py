"""The documentation's side: reading pages with tables of updates to managed policies, and their history feeds.

`pages` makes rows of a page, `announcements` items of a feed. `layout`, `markup`, `plain_text`, `columns`, `dates`,
`names`, `actions`, `row_kinds` and `policy_documents` are the parts of a page reader. `audit` compares a page with the
archive, by the rules of `matching` and `spelling`; `announcement_matches` finds the entries that an item announces.
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
