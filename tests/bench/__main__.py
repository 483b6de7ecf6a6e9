"""How long an answer takes, as a ratio to merely parsing the request: ``make bench``.

In process, bytes in to bytes out, in one thread; each round times ``orjson.loads`` and the whole answer of the same
body one after the other, so that a slow moment of the machine hits both. The garbage collector runs as it does when
serving. ``--profile S|M|L`` prints where the time goes instead.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import msgspec
import orjson
from rich.console import Console
from rich.table import Table

import hooks.respond as journey
from cds.knowledge.files import ROOT
from cds.knowledge.load import seal_knowledge
from cds.knowledge.model import Check
from hooks import filling
from hooks.engine import Engine
from hooks.services import service_for_hook
from hooks.settings import Settings
from tests.bench.synthetic import AS_OF, call

SIZES = {"S": (10_000, 2.0), "M": (170_000, 1.0), "L": (1_500_000, 1.0)}  # bytes, goal
# The functions that the journey calls one after the other, and the modules that name them.
STAGES = {
    "read_request": journey,
    "gather": filling,
    "read_chart": filling,
    "build_case": filling,
    "screen": journey,
    "propose": journey,
    "write": journey,
}
HOOKS = ROOT.parents[1] / "hooks"
BASKETS = (1, 5, 20, 100)  # orders in one call; 100 are the most that are looked at
SLICE = 0.02  # seconds that one timing should last, so that the clock does not matter


def answerer(engine: Engine | None = None) -> Callable[[bytes], bytes]:
    """The journey of a call, ready to be timed."""
    engine = engine or Engine(Settings(as_of=AS_OF))
    service = service_for_hook("medication-prescribe")
    assert service is not None

    def answer(body: bytes) -> bytes:
        said = journey.respond(body, service, engine)
        assert said.status == 200, said.body
        return said.body

    return answer


def timed(job: Callable[[bytes], object], body: bytes, times: int) -> float:
    """Seconds per call, over ``times`` calls."""
    began = time.perf_counter()
    for _ in range(times):
        job(body)
    return (time.perf_counter() - began) / times


def measure(answer: Callable[[bytes], bytes], body: bytes, rounds: int) -> tuple[float, float, list[float]]:
    """Median seconds of parsing and of answering, and the ratio of each round."""
    for _ in range(20):
        answer(body)
    times = max(1, int(SLICE / timed(answer, body, 3)))
    parses, answers = [], []
    gc.collect()
    for _ in range(rounds):
        parses.append(timed(orjson.loads, body, times))
        answers.append(timed(answer, body, times))
    ratios = [ours / theirs for ours, theirs in zip(answers, parses, strict=True)]
    return statistics.median(parses), statistics.median(answers), ratios


def cold_starts(rounds: int) -> dict[str, float]:
    """Median seconds of importing Flask, of importing our application, and of having it ready to answer.

    As after ``make install``: the code compiled, the knowledge sealed.
    """
    seal_knowledge(ROOT)
    subprocess.run([sys.executable, "-m", "compileall", "-q", *map(str, (ROOT.parent, HOOKS))], check=True)
    jobs = {
        "import flask": "import flask",
        "import hooks.app": "import hooks.app",
        "ready to answer": "import hooks.app; hooks.app.create_app()",
    }
    clock = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            command = [sys.executable, "-c", clock.format(job)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append(float(done.stdout))
    return {name: statistics.median(times) for name, times in found.items()}


def show_answers(screen: Console, rounds: int) -> None:
    answer = answerer()
    table = Table(title="In process, bytes in to bytes out", title_justify="left", box=None)
    for heading in ("size", "bytes", "orjson.loads", "answer", "ratio", "lowest..highest", "goal", "cards"):
        table.add_column(heading, justify="left" if heading == "size" else "right")
    for name, (size, goal) in SIZES.items():
        body = call(size)
        parse, ours, ratios = measure(answer, body, rounds)
        cards = orjson.loads(answer(body))["cards"]
        table.add_row(
            name,
            f"{len(body):,}",
            f"{parse * 1000:.3f} ms",
            f"{ours * 1000:.3f} ms",
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f}..{max(ratios):.2f}",
            f"<= {goal:g}",
            str(len(cards)),
        )
    screen.print(table)


def show_cold_starts(screen: Console, rounds: int) -> None:
    starts = cold_starts(rounds)
    table = Table(title="Cold start, in a new process", title_justify="left", box=None)
    table.add_column("what")
    table.add_column("seconds", justify="right")
    table.add_column("ratio to import flask", justify="right")
    for name, seconds in starts.items():
        table.add_row(name, f"{seconds:.3f}", f"{seconds / starts['import flask']:.2f}")
    screen.print(table)


def stages(body: bytes, times: int) -> dict[str, float]:
    """Seconds per call in each stage of the journey, by timing the functions that ``hooks.respond`` calls."""
    spent: dict[str, float] = {}

    def timed_stage(name: str, job: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **named: object) -> object:
            began = time.perf_counter()
            try:
                return job(*args, **named)
            finally:
                spent[name] = spent.get(name, 0.0) + time.perf_counter() - began

        return run

    kept = {name: getattr(module, name) for name, module in STAGES.items()}
    try:
        for name, job in kept.items():
            setattr(STAGES[name], name, timed_stage(name, job))
        whole = timed(answerer(), body, times)
    finally:
        for name, job in kept.items():
            setattr(STAGES[name], name, job)
    found = {name: spent.get(name, 0.0) / times for name in STAGES}
    return {**found, "the rest (cards)": whole - sum(found.values())}


def with_more_rules(times: int, *, same_drugs: bool) -> Engine:
    """An engine with so many times the rules: copies of ours, about the same drugs or about drugs nobody orders."""
    engine = Engine(Settings(as_of=AS_OF))
    known = engine.knowledge
    copies: dict[str, Check] = {}
    by_ingredient = dict(known.by_ingredient)
    for id, check in known.checks.items():
        if check.kind != "function":  # a function is found by its id
            for number in range(1, times):
                copies[f"{id}-{number}"] = msgspec.structs.replace(check, id=f"{id}-{number}")
    if same_drugs:
        for drug, ids in known.by_ingredient.items():
            more = (f"{id}-{number}" for id in ids for number in range(1, times))
            by_ingredient[drug] = (*ids, *(id for id in more if id in copies))
    else:
        by_ingredient["a drug nobody orders"] = tuple(copies)
    knowledge = msgspec.structs.replace(known, checks={**known.checks, **copies}, by_ingredient=by_ingredient)
    return Engine(Settings(as_of=AS_OF), knowledge)


def show_rules(screen: Console, rounds: int) -> None:
    """What ten times the rules cost: nothing, unless they are about the drugs of the call."""
    body = call(SIZES["S"][0])
    jobs = {
        "the rules as they are": answerer(),
        "10 times as many, about other drugs": answerer(with_more_rules(10, same_drugs=False)),
        "10 times as many, about the same drugs": answerer(with_more_rules(10, same_drugs=True)),
    }
    spent: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            spent[name].append(timed(job, body, 10))
    table = Table(title="Cost of more rules (size S)", title_justify="left", box=None)
    table.add_column("rules")
    for heading in ("answer", "ratio", "goal"):
        table.add_column(heading, justify="right")
    plain = statistics.median(spent["the rules as they are"])
    for name, times in spent.items():
        median = statistics.median(times)
        goal = "<= 1.5" if name.endswith("other drugs") else ""
        table.add_row(name, f"{median * 1000:.3f} ms", f"{median / plain:.2f}", goal)
    screen.print(table)


def show_orders(screen: Console, rounds: int) -> None:
    """What a basket costs beside a long record: it grows with the orders, not with orders times record."""
    answer, size = answerer(), SIZES["L"][0]
    bodies = {orders: call(size, orders) for orders in BASKETS}
    spent: dict[int, list[float]] = {orders: [] for orders in BASKETS}
    for _ in range(rounds):
        for orders, body in bodies.items():
            spent[orders].append(timed(answer, body, 1))
    table = Table(title="More orders (size L)", title_justify="left", box=None)
    for heading in ("orders", "answer", "ratio"):
        table.add_column(heading, justify="right")
    one = statistics.median(spent[1])
    for orders, times in spent.items():
        median = statistics.median(times)
        table.add_row(str(orders), f"{median * 1000:.1f} ms", f"{median / one:.2f}")
    screen.print(table)


def show_stages(screen: Console) -> None:
    table = Table(title="Where the time goes (ms)", title_justify="left", box=None)
    table.add_column("size")
    rows = {name: stages(call(size), max(5, 3_000_000 // size)) for name, (size, _) in SIZES.items()}
    for name in rows["S"]:
        table.add_column(name, justify="right")
    for name, found in rows.items():
        table.add_row(name, *(f"{seconds * 1000:.3f}" for seconds in found.values()))
    screen.print(table)


def profile(name: str) -> None:
    """Print where the time of one size goes."""
    answer, body = answerer(), call(SIZES[name][0])
    for _ in range(20):
        answer(body)
    profiler = cProfile.Profile()
    profiler.enable()
    timed(answer, body, 2000 if name == "S" else 200 if name == "M" else 30)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(30)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=41, help="rounds per size")
    parser.add_argument("--starts", type=int, default=7, help="rounds of cold starts; 0: none")
    parser.add_argument("--profile", choices=SIZES)
    chosen = parser.parse_args()
    if chosen.profile:
        profile(chosen.profile)
        return
    screen = Console(width=120, highlight=False)
    show_answers(screen, chosen.rounds)
    show_stages(screen)
    show_rules(screen, chosen.rounds)
    show_orders(screen, max(1, chosen.rounds // 4))
    if chosen.starts:
        show_cold_starts(screen, chosen.starts)


if __name__ == "__main__":
    main()
