"""The zone in which AWS dates what it publishes."""

from zoneinfo import ZoneInfo

__all__ = ["AWS_ZONE"]

AWS_ZONE = ZoneInfo("America/Los_Angeles")
"""AWS's own: by it three of four rows of its documentation have the day of their version, by UTC two of three."""
