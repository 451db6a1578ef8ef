"""How long `fetch` takes, as a multiple of what IAM's calls alone take.

    python tests/benchmarks/fetch_ratio.py [ROUNDS]

All AWS managed policies are read from moto's server, by turns: by a bare boto3 loop that lists and gets, by a
first `fetch`, by a bare listing, and by a `fetch` that finds nothing new. The quickest of the rounds counts.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from iam_server import iam_server

TOP = Path(__file__).parent.parent.parent

LISTING = """
import boto3
iam = boto3.client("iam")
pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
policies = [policy for page in pages for policy in page["Policies"]]
"""
LOOP = f"""{LISTING}
for policy in policies:
    iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
"""


def main(rounds: int) -> None:
    """Measure and print."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
    times: dict[str, list[float]] = {"loop": [], "first fetch": [], "listing": [], "fetch without news": []}
    with tempfile.TemporaryDirectory() as folder, iam_server() as address:
        environment = {**kept, **keys, "AWS_ENDPOINT_URL_IAM": address, "PYTHONPATH": str(TOP)}
        for number in range(rounds):
            fetch = ["-m", "tracker", "--quiet", "--snapshots", f"{folder}/{number}", "fetch"]
            for name, arguments in (("loop", ["-c", LOOP]), ("first fetch", fetch)):
                times[name].append(took(arguments, environment))
            for _ in range(3):
                for name, arguments in (("listing", ["-c", LISTING]), ("fetch without news", fetch)):
                    times[name].append(took(arguments, environment))
    best = {name: min(measured) for name, measured in times.items()}
    for name, seconds in best.items():
        sys.stdout.write(f"{name}: {seconds:.2f} s\n")
    sys.stdout.write(f"first fetch / loop: {best['first fetch'] / best['loop']:.2f}\n")
    sys.stdout.write(f"fetch without news / listing: {best['fetch without news'] / best['listing']:.2f}\n")


def took(arguments: list[str], environment: dict[str, str]) -> float:
    """Run Python and return the seconds."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
