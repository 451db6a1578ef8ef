"""Rows and reviews to text: one module for each output format.

Gives the layers above the text of a changelog, a report, a feed. Never decides what is said.
"""
