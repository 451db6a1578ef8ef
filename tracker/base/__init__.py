"""Git, files, dates, processes: what every other package stands on.

Gives the layers above one module for each of them, and for git several, `git*.py`: no other package runs it.
Never knows what a policy is.
"""
