"""Rows and reviews to text: `registry` names the output formats of each command, and what writes them.

Gives the layers above the text of a changelog, a report, a feed. A format is a template that `renderer` fills, or a
module of its own. Never decides what is said.
"""
