"""States of settings that keep strangers out, such as S3's block of public access.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from tracker.policy.symbols import has_symbol

__all__ = [
    "OFF",
    "ON",
    "OPEN_WITHOUT",
    "PUBLIC_ACCESS",
    "PUBLIC_ACCESS_FLAGS",
    "UNAUTHORIZED",
    "authorizer_state",
    "state_of",
]

ON, OFF = "on", "off"
PUBLIC_ACCESS = "public access is not blocked"
"""What it means that a setting which blocks public access is off."""
PUBLIC_ACCESS_FLAGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
"""The flags of S3's block of public access."""
OPEN_WITHOUT = "without a policy it lets more through"
"""What it means that a resource has no policy whose default is wider than nothing: a VPC endpoint, a key, a file system
and an API let through all that other policies allow, or all."""


UNAUTHORIZED = "who calls it need not be known"
"""What it means that an API has no authorizer."""


def authorizer_state(value: object) -> str:
    """Return the state that the kind of an API's authorizer, or its name, stands for."""
    text = "" if value is None else value if isinstance(value, str) else repr(value)
    if text.upper() == "NONE":
        return OFF
    return text if has_symbol(text) or not isinstance(value, str) else ON


def state_of(value: object) -> str:
    """Return the state that a value of true or false stands for; its text where that is not known."""
    text = str(value).lower() if isinstance(value, (bool, str)) else OFF if value is None else repr(value)
    return {"true": ON, "false": OFF}.get(text, text)
