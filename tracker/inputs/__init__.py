"""Where the documents of a review come from: files, folders, revisions, the archive, standard input.

Gives the layers above pairs of documents. Never leaves out what it could not read.
"""
