"""One comment on a pull request, written once and brought up to date in place.

A comment is known by a hidden mark on its first line and by its author: a comment of somebody else with the same mark
is left alone. https://docs.github.com/rest/issues/comments
"""

from tracker.commands.github import GitHubRepository, Refused, hidden_mark
from tracker.errors import SourceError

__all__ = ["publish_comment"]


def publish_comment(repository: GitHubRepository, number: int, text: str, mark: str = "review") -> str:
    """Write a comment, or bring ours up to date; return `created`, `updated`, `unchanged` or `forbidden`.

    Forbidden is no error: the token of a pull request from a fork may only read.

    Raises:
        UsageError: the mark is no kebab-case word.
        SourceError: the API could not be reached, or refused for another reason.
    """
    hidden = hidden_mark(mark)
    body = f"{hidden}{text}"
    comments = f"/issues/{number}/comments"
    try:
        for comment in repository.pages(comments):
            if repository.wrote(comment, hidden):
                if comment["body"].replace("\r\n", "\n") == body:
                    return "unchanged"
                repository.request("PATCH", f"/issues/comments/{_number(comment, repository)}", {"body": body})
                return "updated"
        repository.request("POST", comments, {"body": body})
    except Refused:
        return "forbidden"
    return "created"


def _number(comment: dict[str, object], repository: GitHubRepository) -> int:
    number = comment.get("id")
    if not isinstance(number, int):
        raise SourceError("answered a comment without a number", where=repository.api)
    return number
