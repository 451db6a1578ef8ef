"""The environment that git runs in: nothing that a repository says is run, and nothing is fetched on the way.

A repository that calls itself a partial clone makes git fetch what it lacks, and so run what its configuration names
(`uploadpack`, `core.sshCommand`, an `ext::` address). Lazy fetching is switched off by its own variable, which git
knows since 2.39.4, and by allowing no protocol at all, which every version knows.
https://git-scm.com/docs/git#Documentation/git.txt-GITNOLAZYFETCH
"""

import os
from collections.abc import Mapping

__all__ = ["git_environment"]

_ALWAYS = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1"}
_LOCAL = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}
_SETTINGS = {"core.fsmonitor": "false", "core.hooksPath": os.devnull}
"""Settings of a repository that name programs, for commands that stay on this machine."""


def git_environment(extra: Mapping[str, str] | None = None, *, network: bool = False) -> dict[str, str]:
    """Return the environment of a git command.

    Args:
        extra: more variables.
        network: whether the command is there to speak to another repository.
    """
    environment = {**os.environ, **_ALWAYS, **(extra or {})}
    if network:
        return environment
    count = _number(os.environ.get("GIT_CONFIG_COUNT", "0"))
    for index, (name, value) in enumerate(_SETTINGS.items(), count):
        environment |= {f"GIT_CONFIG_KEY_{index}": name, f"GIT_CONFIG_VALUE_{index}": value}
    return environment | _LOCAL | {"GIT_CONFIG_COUNT": str(count + len(_SETTINGS))}


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
