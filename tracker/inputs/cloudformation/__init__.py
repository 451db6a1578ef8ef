"""CloudFormation templates, SAM's and CDK's among them.

Gives the registry of containers a reader, and other readers a resolver of intrinsic functions. Never runs a macro,
never asks AWS, never guesses the value of anything.
"""
