"""The packages of the program, in the order in which they may import each other."""

LAYERS = (
    "errors",
    "base",
    "policy",
    "diff",
    "catalogue",
    "access",
    "risk",
    "archive",
    "sources",
    "settings",
    "inputs",
    "changelog",
    "documentation",
    "review",
    "account",
    "text",
    "formats",
    "export",
    "notify",
    "site",
    "commands",
    "cli",
    "__main__",
)
"""The packages, lowest first: each may import those before it. Modules of one package may import each other."""
