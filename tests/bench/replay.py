"""How fast a replay is, as a ratio to merely parsing the lines of the export: ``python -m tests.bench.replay``.

    python -m tests.bench.replay [--patients N] [--ours PERCENT] [--size BYTES] [--rounds N] [--profile] [--gzip]

In this process alone (one core): ``orjson.loads`` of every line, then the whole replay of the same files, files to
report, both in processor time, so that neighbours on the machine do not count. Rate 1.3 means that it takes 1/1.3 of
the time of parsing. Of so many percent of patients four orders are ours.
"""

from __future__ import annotations

import argparse
import cProfile
import gzip
import pstats
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from hooks.population.run import Wanted, replay
from tests.bench import synthetic

OURS = [
    ("197391", "Baclofen 10 MG Oral Tablet", 10, "mg", 3),
    ("197591", "Diazepam 5 MG Oral Tablet", 5, "mg", 2),
    ("197901", "lorazepam 1 MG Oral Tablet", 1, "mg", 1),
]
OTHERS = [one for one in synthetic.MEDICINES if "lorazepam" not in one[1]]
KINDS = ("Patient", "MedicationRequest", "Condition", "Observation")


def patient(number: int, ours: bool, size: int) -> Iterator[dict[str, Any]]:
    """One patient's resources, about ``size`` bytes: medicines, problems and results as EHRs write them."""
    id = f"b{number:07d}"
    about = {"reference": f"Patient/{id}", "display": "Bench, Synthetic"}
    chance = random.Random(number)
    yield synthetic._patient() | {"id": id, "birthDate": f"{chance.randrange(1930, 2000)}-04-02"}
    orders = [(OTHERS[i % len(OTHERS)], i) for i in range(max(1, size // 3450))]
    if ours:
        orders += [(chance.choice(OURS), chance.randrange(300)) for _ in range(4)]
    for at, (medicine, day) in enumerate(orders):
        yield synthetic._order(f"{id}-m{at}", medicine, day) | {"subject": about}
    for i in range(max(1, size // 3450)):
        yield synthetic._condition(i) | {"id": f"{id}-c{i}", "subject": about}
    for i in range(max(1, size // 2300)):
        yield synthetic._observation(i) | {"id": f"{id}-o{i}", "subject": about}


def export(folder: Path, patients: int, percent: float, size: int, packed: bool = False) -> int:
    """Write an export, one file per type; the answer is how many bytes of lines it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if packed else open
    files: dict[str, Any] = {kind: opened(folder / f"{kind}.ndjson{'.gz' if packed else ''}", "wb") for kind in KINDS}
    written = 0
    for number in range(patients):
        ours = int((number + 1) * percent / 100) > int(number * percent / 100)
        for one in patient(number, ours, size):
            line = orjson.dumps(one) + b"\n"
            written += len(line)
            files[one["resourceType"]].write(line)
    for file in files.values():
        file.close()
    return written


def parse(folder: Path) -> float:
    """Seconds that ``orjson.loads`` of all lines takes; reading and unpacking the files is not counted."""
    spent = 0.0
    for path in sorted(folder.iterdir()):
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            while lines := file.readlines(8 << 20):
                began = time.process_time()
                for line in lines:
                    orjson.loads(line)
                spent += time.process_time() - began
    return spent


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, default=400)
    parser.add_argument("--ours", type=float, default=4.0)
    parser.add_argument("--size", type=int, default=170_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--gzip", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gabaguard-bench-") as name:
        source = Path(name) / "export"
        written = export(source, wanted.patients, wanted.ours, wanted.size, wanted.gzip)
        rates = []
        replay(Wanted((source,), Path(name) / "warm"))
        for number in range(wanted.rounds):
            parsed = parse(source)
            began = time.process_time()
            job = Wanted((source,), Path(name) / f"out{number}", processes=wanted.processes)
            with cProfile.Profile() as profile:
                profile.disable()
                if wanted.profile:
                    profile.enable()
                summary = replay(job)
            spent = time.process_time() - began
            rates.append(parsed / spent)
            print(
                f"{wanted.patients} patients, {written / 1e6:.0f} MB, {summary.moments} moments: "
                f"parse {parsed:.2f} s, replay {spent:.2f} s ({wanted.patients / spent:.0f} patients/s), "
                f"rate {parsed / spent:.2f}"
            )
            if wanted.profile:
                pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"replay: rate {statistics.median(rates):.2f} of parsing alone; peak {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
