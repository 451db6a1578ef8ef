"""The configuration: services, languages, titles, levels of rules.

Gives the layers above one frozen `Configuration`. Never takes a setting that it does not know.
"""
