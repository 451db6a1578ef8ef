"""Files of which a tool makes policies by words of its own, and texts that say as which role something acts.

What these words come to is not known here: a change of such a file is reported, with what to review instead.
https://aws.github.io/copilot-cli/docs/manifest/overview/, https://aws.github.io/chalice/topics/configfile.html
"""

import re
from posixpath import basename

__all__ = ["makes_policies", "names_role"]

_COPILOT = re.compile(
    r"^type:\s*[\"']?(?:(?:Load Balanced Web|Backend|Worker|Request-Driven Web) Service|Scheduled Job|Static Site"
    r"|Environment|Pipeline)\b",
    re.MULTILINE,
)
_CHALICE = re.compile(r"\"autogen_policy\"\s*:\s*true")
_ROLE = re.compile(
    r"""(?i:role|profile)(?:[_.-]?(?i:arn|name))?["'\s]*(?:=>|[:=])\s*["']?arn:[^:\s]*:iam::\d{12}:(?:role|instance-profile)/"""
    r"""|(?i:iam_?(?:role|instance_profile)|instance_profile)(?:_(?:name|arn))?["'\s]*[:=]\s*["']?[\w$/{]"""
)
"""A member that is called as roles are, and the ARN of one; or the name of one."""


def makes_policies(path: str, text: str) -> bool:
    """Return whether a tool makes policies of a file: a manifest of Copilot, a configuration of Chalice."""
    name = basename(path)
    if name in ("manifest.yml", "manifest.yaml"):
        return _COPILOT.search(text) is not None
    return name == "config.json" and _CHALICE.search(text) is not None


def names_role(text: str) -> bool:
    """Return whether a text of no known syntax says as which role something acts."""
    return _ROLE.search(text) is not None
