"""Reviews as a JUnit report: a test case for each policy, failed where it has a finding that was not approved.

https://github.com/testmoapp/junitxml describes what the tools that read it have in common.
"""

import re
from xml.sax.saxutils import escape, quoteattr

from tracker.review.model import PolicyReview, Review
from tracker.text.findings import finding_sentence
from tracker.text.words import Words, plain, printable

__all__ = ["review_to_junit"]

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def review_to_junit(review: Review, words: Words) -> str:
    """Return a review as one test suite."""
    failed = sum(1 for one in review.policies if one.findings)
    cases = "".join(_case(one, words) for one in review.policies)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites><testsuite name="policy-tracker" tests="{len(review.policies)}" failures="{failed}">\n'
        f"{cases}</testsuite></testsuites>\n"
    )


def _case(one: PolicyReview, words: Words) -> str:
    head = f"<testcase classname={_attribute(one.path or one.name)} name={_attribute(one.name)}"
    if not one.findings:
        return f"{head}/>\n"
    lines = [
        f"{words(f'risk.{finding.level}')}: {plain(finding_sentence(finding, words))} [{finding.fingerprint}]"
        for finding in one.findings
    ]
    about = plain(words(f"verdict.{one.verdict}.about"))
    text = escape(_legal("\n".join(lines)))
    kind = _attribute(one.findings[0].rule)
    return f"{head}><failure type={kind} message={_attribute(about)}>{text}</failure></testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(_legal(printable(text)))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
