"""What the net effect costs: seconds of the processor, and what is left undecided.

python tests/benchmarks/net_effect_cost.py steps [SNAPSHOTS]    all neighbouring versions of an archive
python tests/benchmarks/net_effect_cost.py large [PAIRS]        pairs of 300 statements each, made to be hard
"""

import gc
import random
import sys
from collections import Counter
from pathlib import Path
from time import process_time
from typing import Any

from tracker.access import NetEffect, Verdict, net_effect
from tracker.archive.packed import open_archive
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.builder import Selection, archive_source
from tracker.policy.documents import parse_document
from tracker.policy.history import PolicyHistory
from tracker.risk import facts_of, universe_of
from tracker.settings.configuration import Configuration

STATEMENTS = 300
ACTIONS = ("s3:Get*", "s3:Put*", "s3:*Object", "s3:GetObject", "s3:List*", "ec2:*", "ec2:Describe*", "*")
KEYS = ("aws:ResourceTag/team", "aws:PrincipalTag/team", "aws:RequestedRegion", "aws:SourceVpc")
OPERATORS = ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIfExists")


def reasons(effect: NetEffect) -> str:
    """Return why an effect is undecided."""
    return ", ".join(sorted({f"{each.kind} {each.action}" for each in (*effect.gain_reasons, *effect.loss_reasons)}))


def steps(snapshots: str) -> None:
    """Compare all neighbouring versions of an archive; print the time of the comparing alone.

    Documents and catalogue are read before that.
    """
    source = archive_source(open_archive(Path(snapshots)), Configuration(), Selection())
    items = list(source.histories())
    entries = source.changelog(items, Selection()).entries
    histories = {(item.owner, item.label): item for item in items if isinstance(item, PolicyHistory)}
    pairs = []
    for entry in entries:
        history = histories[entry.owner, entry.folder]
        versions = [history.version(each) for each in (entry.previous_version, entry.version) if each]
        documents = [version.parsed for version in versions if version]
        if len(documents) == len(("before", "after")):
            pairs.append((entry.id, documents[0], documents[1]))
    catalogue = load_catalogue()
    universe, facts = universe_of(catalogue), facts_of(catalogue)
    for action in catalogue.known("*"):
        facts.arn_formats(action)
        facts.key_type(f"{action.partition(':')[0]}:key")
    verdicts: Counter[Verdict] = Counter()
    began = process_time()
    for name, before, after in pairs:
        effect = net_effect(before, after, universe, facts)
        verdicts[effect.verdict] += 1
        if effect.verdict is Verdict.UNDECIDED:
            sys.stdout.write(f"undecided: {name}: {reasons(effect)}\n")
    shares = ", ".join(f"{verdict} {verdicts[verdict]}" for verdict in Verdict)
    sys.stdout.write(f"{len(pairs)} pairs: {process_time() - began:.2f} s CPU; {shares}\n")


def statement(rng: random.Random) -> dict[str, Any]:
    """Return a statement that meets many others: few actions, overlapping resources, tests of few keys."""
    made: dict[str, Any] = {
        "Effect": "Deny" if rng.random() < 0.2 else "Allow",
        "Action": rng.sample(ACTIONS[:-1], rng.randint(1, 3)),
        "Resource": [f"arn:aws:s3:::{rng.choice('ab*')}{rng.randrange(20)}*{rng.choice('xyz')}" for _ in range(3)],
    }
    for key in rng.sample(KEYS, rng.choice((0, 1, 1, 2))):
        values = [f"{rng.choice('ab')}{rng.randrange(9)}{rng.choice(('', '*'))}" for _ in range(rng.randint(1, 3))]
        made.setdefault("Condition", {}).setdefault(rng.choice(OPERATORS), {})[key] = values
    return made


def large(pairs: int) -> None:
    """Compare pairs of many statements: ten of them are others, or, in every second pair, allow less."""
    catalogue = load_catalogue()
    universe, facts, times = universe_of(catalogue), facts_of(catalogue), []
    decided = 0
    for seed in range(pairs):
        rng = random.Random(seed)  # noqa: S311 - no secrets here
        before = [statement(rng) for _ in range(STATEMENTS)]
        after = [dict(each) for each in before]
        for index in rng.sample(range(STATEMENTS), 10):
            after[index] = statement(rng) if seed % 2 else {**before[index], "Resource": before[index]["Resource"][:1]}
        rng.shuffle(after)
        documents = [parse_document({"Version": "2012-10-17", "Statement": each}) for each in (before, after)]
        began = process_time()
        effect = net_effect(documents[0], documents[1], universe, facts)
        times.append(process_time() - began)
        decided += effect.verdict is not Verdict.UNDECIDED
    times.sort()
    sys.stdout.write(
        f"{pairs} pairs of {STATEMENTS} statements: {decided} decided; "
        f"{times[len(times) // 2]:.2f} s CPU in the middle, {times[-1]:.2f} s at most\n"
    )


def main() -> None:
    """Run one of the measurements, with garbage collected as rarely as the program does."""
    gc.set_threshold(50_000, 20, 10)
    what, *rest = sys.argv[1:]
    if what == "steps":
        steps(rest[0] if rest else "snapshots")
    else:
        large(int(rest[0]) if rest else 20)


if __name__ == "__main__":
    main()
