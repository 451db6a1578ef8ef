"""The history feeds of the documentation, beside the entries that they announce."""
