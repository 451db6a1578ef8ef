"""IAM's language: policy documents read into frozen values, and how their patterns and scopes compare.

Gives the layers above `parse_document`, the model, and exact comparisons of actions, resources and conditions.
Never reads a file, and never says what a change means.
"""
