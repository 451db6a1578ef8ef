"""The documentation's side: reading pages with tables of updates to managed policies, and their history feeds.

`pages` makes rows of a page, `announcements` items of a feed. `layout`, `markup`, `copied`, `columns`, `days`, `names`,
`actions` and `shown` are the parts of a page reader. Nothing here fetches anything.
"""

from tracker.documentation.actions import DocumentedAction
from tracker.documentation.pages import DocumentedPage, DocumentedRow, RowKind, read_page

__all__ = ["DocumentedAction", "DocumentedPage", "DocumentedRow", "RowKind", "read_page"]
