"""Tables as Parquet and CSV, and the figures of the report, both by DuckDB from the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hooks.population.gather import Gathered
from hooks.population.kinds import DIMENSIONS
from hooks.population.rows import TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class About(msgspec.Struct, frozen=True):
    """What was replayed: with which knowledge, on which day ("" for each order's own), which files, by which key.

    ``chosen``: what people call the set; ``site``: the name of a site's file, "" for none. ``key``: of what stands for
    a patient, told by its hash; "named" where patients are named. ``reviewed``: checks that somebody has reviewed as
    they are here, of how many. ``titles``: of the checks, by id.
    """

    knowledge: str
    as_of: str
    sources: str
    key: str
    profile: str
    chosen: str
    site: str
    reviewed: tuple[int, int]
    titles: dict[str, str]


class Audited(msgspec.Struct, frozen=True):
    """What the service itself said, from its audit store, over all knowledge versions.

    ``by_check``: check, calls in which it fired, was shown, could not look; cards accepted, overridden.
    """

    calls: int
    cards: int
    by_check: list[tuple[str, int, int, int, int, int]]


class Effect(msgspec.Struct, frozen=True):
    """What a site's file does to the answers: pairs are (without it, with it).

    ``deviations``: check, what the site has otherwise, why; ``remarks``: what else of the file bears on a replay.
    ``findings``: that were shown; ``critical``: critical cards. ``emptied``: moments at which no card is left of some.
    ``toned``: moments at which a critical finding is no longer shown as critical, or at all. ``by_check``: check,
    findings that go, that are lowered, that are raised, that come, that read otherwise; cards that go, that come;
    patients; critical findings that go or are lowered.
    """

    deviations: list[tuple[str, str, str]]
    remarks: list[str]
    cards: tuple[int, int]
    cards_of_findings: tuple[int, int]
    critical: tuple[int, int]
    findings: tuple[int, int]
    with_card: tuple[int, int]
    emptied: int
    toned: int
    patients: int
    by_check: list[tuple[str, int, int, int, int, int, int, int, int, int]]


class Summary(msgspec.Struct, frozen=True):
    """All figures of a replay; the first are those of ``About``. Lists are in the order in which they are shown.

    ``cards_of_findings``: those that are not about what was not checked. ``per_check``: check, indicator, findings
    shown, findings not shown, patients. ``per_month``: month, orders, moments, cards, and of the cards those that are
    critical, warning, info. ``per_kind``: what is told apart, its band, orders, moments, cards, moments with a critical
    card. ``quieter``: check, cards that would be gone were it silent, cards that would be shorter. ``repeats``: how
    often one check was shown for one patient -> pairs of patient and check. ``situations``: drugs, checks shown
    together, moments, cards. ``open``: check, reason, moments. ``effect``: of the site's file.
    """

    knowledge: str
    as_of: str
    sources: str
    key: str
    read: dict[str, int]
    types: dict[str, int]
    passed: dict[str, int]
    left: dict[str, int]
    patients_judged: int
    moments: int
    orders: int
    with_card: int
    cards: int
    cards_of_findings: int
    failed: int
    per_indicator: list[tuple[str, int]]
    per_check: list[tuple[str, str, int, int, int]]
    per_month: list[tuple[str, int, int, int, int, int, int]]
    per_kind: list[tuple[str, str, int, int, int, int]]
    quieter: list[tuple[str, int, int]]
    cards_by_indicator: list[tuple[str, int]]
    repeats: list[tuple[int, int]]
    situations: list[tuple[str, str, int, int]]
    open: list[tuple[str, str, int]]
    open_reasons: list[tuple[str, int]]
    audited: Audited | None = None
    effect: Effect | None = None
    profile: str = ""
    chosen: str = ""
    site: str = ""
    reviewed: tuple[int, int] = (0, 0)
    titles: dict[str, str] = {}

    @property
    def title(self) -> str:
        """Which knowledge it was, in one line."""
        if not self.chosen:  # of a version that did not tell more
            return f"knowledge {self.knowledge}"
        site = f"site's file {self.site}" if self.site else "no site's file"
        return f"knowledge {self.knowledge} ({self.chosen}), profile {self.profile}, {site}"

    def per_100(self, number: int) -> float:
        """So many per 100 orders; per 100 patients in a snapshot, which has no orders."""
        whole = self.orders or self.moments
        return round(100 * number / whole, 1) if whole else 0.0


@contextmanager
def schema(base: DuckDBPyConnection, name: str) -> Iterator[None]:
    """Tables are made, and sought first, in a schema of their own."""
    base.execute(f"CREATE SCHEMA {name}")
    base.execute(f"SET schema = '{name}'")
    try:
        yield
    finally:
        base.execute("SET schema = 'main'")


def write_tables(base: DuckDBPyConnection, folder: Path, out: Path, before: str = "") -> None:
    """Each table as sorted Parquet and CSV, and as a table of the database, for the figures.

    ``before``: how the names of the files in ``folder`` begin.
    """
    for name, columns in TABLES.items():
        typed = "{" + ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items()) + "}"
        made = (
            f'CREATE TABLE "{name}" AS SELECT * FROM read_csv(?, header = false, auto_detect = false, {_CSV} {typed})'  # noqa: S608
        )
        base.execute(made, [str(folder / f"{before}{name}.csv")])
        whole = f'COPY (SELECT * FROM "{name}" ORDER BY ALL) TO '  # noqa: S608 (names are ours)
        base.execute(f"{whole}{quoted(out / f'{name}.parquet')} (FORMAT parquet, COMPRESSION zstd)")
        base.execute(f"{whole}{quoted(out / f'{name}.csv')} (HEADER, DELIMITER ',')")


_CSV = "delim = ',', quote = '\"', escape = '\"', nullstr = '\\N', columns ="


def quoted(path: Path) -> str:
    """A path as SQL text, where DuckDB takes no parameter."""
    return "'" + str(path).replace("'", "''") + "'"


def summarise(
    base: DuckDBPyConnection,
    gathered: Gathered,
    left: Mapping[str, int],
    about: About,
    audited: Audited | None = None,
) -> Summary:
    """The figures of the tables."""

    def rows(query: str) -> list[Any]:
        return base.execute(query).fetchall()

    whole = rows(_WHOLE)[0]
    return Summary(
        **msgspec.structs.asdict(about),
        read=dict(gathered.counted),
        types=dict(sorted(gathered.types.items())),
        passed=dict(sorted(gathered.passed.items())),
        left={what: number for what, number in sorted(left.items()) if number},
        patients_judged=whole[0],
        moments=whole[1],
        orders=whole[2],
        with_card=whole[3],
        cards=whole[4],
        cards_of_findings=whole[5],
        failed=whole[6],
        per_indicator=rows(_PER_INDICATOR),
        per_check=rows(_PER_CHECK),
        per_month=rows(_PER_MONTH),
        per_kind=[row for name, bands in DIMENSIONS.items() for row in _per_kind(base, name, bands)],
        quieter=rows(_QUIETER),
        cards_by_indicator=rows(_CARDS_BY_INDICATOR),
        repeats=rows(_REPEATS),
        situations=rows(_SITUATIONS.format(ordered=ORDERED)),
        open=rows(_OPEN),
        open_reasons=rows(_OPEN_REASONS),
        audited=audited,
    )


_WHOLE = """
    SELECT count(DISTINCT patient), count(*), coalesce(sum(orders), 0)::BIGINT, count(*) FILTER (cards > 0),
    coalesce(sum(cards), 0)::BIGINT, coalesce(sum(cards_of_findings), 0)::BIGINT,
    count(*) FILTER (failed) FROM calls
"""
_PER_INDICATOR = """
    SELECT indicator, count(*) FROM findings WHERE shown GROUP BY indicator
    ORDER BY list_position(['critical', 'warning', 'info'], indicator)
"""
_PER_CHECK = """
    SELECT "check", indicator, count(*) FILTER (shown), count(*) FILTER (NOT shown), count(DISTINCT patient)
    FROM findings GROUP BY ALL ORDER BY 3 DESC, 4 DESC, 1, 2
"""
_PER_MONTH = """
    SELECT strftime(calls.as_of, '%Y-%m') AS month, sum(orders)::BIGINT, count(*), sum(cards)::BIGINT,
    coalesce(sum(critical), 0)::BIGINT, coalesce(sum(warning), 0)::BIGINT, coalesce(sum(info), 0)::BIGINT
    FROM calls LEFT JOIN (
        SELECT patient, moment, count(*) FILTER (indicator = 'critical') AS critical,
        count(*) FILTER (indicator = 'warning') AS warning, count(*) FILTER (indicator = 'info') AS info
        FROM cards GROUP BY ALL
    ) AS by_indicator USING (patient, moment) GROUP BY month ORDER BY month
"""
_CARDS_BY_INDICATOR = """
    SELECT indicator, count(*) FROM cards GROUP BY indicator
    ORDER BY list_position(['critical', 'warning', 'info'], indicator)
"""
# A card that is about one check alone goes when that check is silent; one about several only becomes shorter.
_QUIETER = """
    SELECT "check", count(*) FILTER (alone), count(*) FILTER (NOT alone)
    FROM (SELECT unnest(string_split(checks, ' ')) AS "check", checks NOT LIKE '% %' AS alone FROM cards)
    GROUP BY ALL ORDER BY 2 DESC, 3 DESC, 1
"""


def _per_kind(base: DuckDBPyConnection, name: str, bands: tuple[str, ...]) -> list[tuple[str, str, int, int, int, int]]:
    """The bands of one dimension, in their order; drugs, which have none, by how often."""
    query = f"""
        SELECT '{name}', {name}, sum(orders)::BIGINT, count(*), sum(cards)::BIGINT,
        count(*) FILTER (strongest = 'critical')
        FROM calls WHERE {name} <> '' GROUP BY {name} ORDER BY 3 DESC, 4 DESC, 2
    """  # noqa: S608 (names are ours)
    found = base.execute(query).fetchall()
    return sorted(found, key=lambda row: bands.index(row[1])) if bands else found[:12]


_REPEATS = """
    SELECT times, count(*) FROM (
        SELECT patient, "check", count(DISTINCT moment) AS times FROM findings WHERE shown GROUP BY ALL
    ) GROUP BY times ORDER BY times
"""
# Whatever was stopped and written anew at the same moment was changed.
ORDERED = """
    drugs || CASE WHEN actions = 'stop' THEN ' (stopped)' WHEN actions LIKE '%stop%' THEN ' (changed)' ELSE '' END
"""
_SITUATIONS = """
    WITH shown AS (
        SELECT patient, moment, string_agg(DISTINCT "check", ', ' ORDER BY "check") AS checks
        FROM findings WHERE shown GROUP BY ALL
    )
    SELECT {ordered},
    coalesce(checks, 'only what could not be checked'), count(*), sum(cards)::BIGINT
    FROM calls LEFT JOIN shown USING (patient, moment) WHERE cards > 0
    GROUP BY 1, 2 ORDER BY 4 DESC, 3 DESC, 1, 2 LIMIT 10
"""
_OPEN = """
    SELECT "check", reason, count(*) FROM not_checked WHERE makes_card GROUP BY ALL ORDER BY 3 DESC, 1, 2
"""
_OPEN_REASONS = "SELECT reason, count(*) FROM not_checked GROUP BY ALL ORDER BY 2 DESC, 1"
