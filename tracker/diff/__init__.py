"""Two policy documents to their changes, action by action.

Gives the layers above `changes_between`, and the details inside a scope that differ.
Never evaluates a change: that is for `access` and `risk`.
"""
