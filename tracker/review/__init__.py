"""Pairs of documents to a review: findings, and whether the gate lets them pass.

Gives the layers above one `Review`. Never reads a file.
"""
