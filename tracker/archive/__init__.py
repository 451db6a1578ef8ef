"""The archive in `snapshots/`: every version of every policy, as files.

Gives the layers above policy histories, from the files on disk, from a revision of git, or from another repository,
and records what a source shows. Never changes a version that is there, and never evaluates one.
"""
