"""The rows of a page held against the versions of the archive."""
