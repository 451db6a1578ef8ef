"""Policy histories to entries: what happened to each policy, in order.

Gives the layers above the `Changelog` of an archive or repository, and what its changes mean.
Never holds a sentence: those are made in `text`.
"""
