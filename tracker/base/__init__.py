"""Git, files, dates, processes: what every other package stands on.

Gives the layers above one module for each of them; `git.py` is the only one that speaks to git.
Never knows what a policy is.
"""
