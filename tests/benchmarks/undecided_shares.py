"""What the net effect leaves undecided of generated pairs, kind by kind, each checked against its oracle as it goes.

python tests/benchmarks/undecided_shares.py [PAIRS]     2,000 pairs of each kind if not given: about five minutes
"""

import sys
from importlib import import_module
from pathlib import Path

TESTS = Path(__file__).parents[1]
SEED = 2026


def shares(pairs: int) -> dict[str, tuple[int, int, float]]:
    """Return for each kind of pairs how many are undecided, of how many, and the share that may be.

    Edits are counted by pair, the other two by direction (more access, less access).
    """
    edits, blocks, keys = map(import_module, ("test_edit_laws", "test_access_z3", "test_dependent_key_laws"))
    found = {
        f"{name} edits": (edits.run(name, pairs, SEED)["undecided"], pairs, most)
        for name, most in edits.MAX_UNDECIDED.items()
    }
    found["blocks of several tests on one key"] = blocks.run(pairs, SEED)[0], 2 * pairs, blocks.MAX_UNDECIDED
    dependent = keys.run(pairs, SEED)
    found["keys that depend on each other"] = dependent["unknown"], sum(dependent.values()), keys.MAX_UNDECIDED
    return found


def main() -> None:
    """Print the shares."""
    sys.path[:0] = [str(TESTS / "support"), str(TESTS / "property")]
    for name, (undecided, of, most) in shares(int(sys.argv[1]) if sys.argv[1:] else 2000).items():
        sys.stdout.write(f"{name}: {undecided} of {of} ({undecided / of:.2%}, at most {most:.1%})\n")


if __name__ == "__main__":
    main()
