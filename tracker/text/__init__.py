"""Entries to rows: what a reader sees, in one language.

Gives the layers above words, titles and rows. Never writes markup of a whole page: that is for `formats`.
"""
