"""An account's policies against the history of AWS's: what AWS gave, changed, and gives as well.

Gives `timeline` (which version was in force when), `overlap` (which grants of an own policy AWS's policies give too),
`history` (what AWS changed for each principal of an account) and `copies` (which own documents are AWS's). Pure:
documents and histories come in, values go out. Never looks at what an account adds itself (own policies beside these,
permissions boundaries, SCPs, its own past), and the outputs say so.
"""
