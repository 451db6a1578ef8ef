"""One module for each command: the order of its steps.

Gives `cli` functions that take values and return values. Never parses arguments, never prints.
"""
