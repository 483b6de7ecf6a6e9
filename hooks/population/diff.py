"""Two replays of one export held against each other: who gets a different card, and by which check.

The unit is a judged moment of a patient. A check's finding counts where it was on a card. The two must have read the
same files with the same key; of moments that only one of them has, it is said how many.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hooks.population.edited import Edit, edits
from hooks.population.gather import CannotReplayError
from hooks.population.kinds import DIMENSIONS
from hooks.population.results import ORDERED, Summary, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# What may have become of a check's finding at one moment; the strongest change first.
CHANGES = {
    "gained": "the finding is shown only by B",
    "lost": "the finding is shown only by A",
    "stronger": "the finding has a stronger indicator in B",
    "weaker": "the finding has a weaker indicator in B",
    "wording": "the finding is put in another of the wordings that its check has",
    "text": "the finding is the same, but its card reads otherwise: a number, an advice, a citation",
}
_EXAMPLES = 3  # per check and change; one where only the text is other


class Example(msgspec.Struct, frozen=True):
    """One moment at which a check changed. ``before``/``after``: the indicator; "" where it was not shown.

    Where only the words are other, they say so. ``also``: other checks that changed at that moment, and how.
    """

    check: str
    change: str
    patient: str
    as_of: str
    ordered: str
    kind: str
    before: str
    after: str
    also: list[tuple[str, str]] = []


class Changed(msgspec.Struct, frozen=True):
    """What became of one check: moments for each of ``CHANGES``, and whose they are.

    ``cards_gone``: cards with it of which B shows no finding any more; ``cards_new``: the other way round. ``toned``:
    moments at which A shows it as critical, and B not at all or as less.
    """

    check: str
    changes: dict[str, int]
    patients: int
    cards_gone: int
    cards_new: int
    toned: int


class Difference(msgspec.Struct, frozen=True):
    """All figures of a comparison.

    ``a``, ``b``: what was replayed. ``moments``: judged by both; ``only_a``, ``only_b``: by one of them.
    ``different``: moments with a different card, ``patients``: whose they are. ``toned``: moments at which a finding
    that A shows as critical is not shown by B, or as less; ``emptied``: moments with a card by A and none by B.
    ``named``: patients are named, not hashed. ``titles``: of the checks, by id.
    ``moved``: of the different moments those at which a finding is gained, lost, stronger or weaker. ``softer``: what
    became of findings less than critical, indicator with A, findings, whose they are; only "lost" and "weaker".
    ``by_indicator``: cards with A, with B. ``reviewed``: checks whose reviews hold, of how many, with A, with B.
    ``edits``: what differs between the knowledge of both; None where a replay did not keep it.
    """

    a: str
    b: str
    moments: int
    only_a: int
    only_b: int
    different: int
    patients: int
    orders: int
    cards_a: int
    cards_b: int
    toned: int
    emptied: int
    named: bool
    titles: dict[str, str]
    moved: int
    softer: list[tuple[str, str, int, int]]
    by_indicator: list[tuple[str, int, int]]
    reviewed: tuple[tuple[int, int], tuple[int, int]]
    by_check: list[Changed]
    examples: list[Example]
    edits: list[Edit] | None = None


def compare(a: Path, b: Path, table: Path | None = None) -> Difference:
    """Hold the results of two replays against each other. ``table``: where every change goes, as CSV.

    Raises ``CannotReplayError`` when they cannot be compared.
    """
    one, other = _summary(a), _summary(b)
    _comparable(one, other)
    import duckdb

    base = duckdb.connect()
    try:
        found = difference(base, (a, one), (b, other), table)
    finally:
        base.close()
    return msgspec.structs.replace(found, edits=edits(a, b))


def difference(
    base: DuckDBPyConnection, a: tuple[Path, Summary], b: tuple[Path, Summary], table: Path | None
) -> Difference:
    """The same of two folders with their summaries, in a database that has no such tables yet."""
    _load(base, a[0], b[0])
    if table is not None:
        kept = "SELECT * EXCLUDE (kind, headline_a, headline_b) FROM changes JOIN places USING (patient, moment)"
        base.execute(f"COPY ({kept} ORDER BY ALL) TO {quoted(table)} (HEADER)")
    return _difference(base, a[1], b[1])


def _summary(folder: Path) -> Summary:
    path = folder / "summary.json"
    if not path.exists():
        raise CannotReplayError(f"{folder} holds no finished replay: it has no summary.json")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Summary)
    except msgspec.DecodeError as error:
        raise CannotReplayError(f"{path} is not from this version of gabaguard or a near one ({error})") from error


def _comparable(one: Summary, other: Summary) -> None:
    faults = []
    if one.key != other.key:
        faults.append("they do not name patients by the same key: replay both with the same --key-file")
    if one.sources != other.sources:
        faults.append("they did not read the same files")
    if one.as_of != other.as_of:
        faults.append("they do not judge the same days: --as-of differs")
    if faults:
        raise CannotReplayError(*(f"these two cannot be compared: {fault}" for fault in faults))


def _load(base: DuckDBPyConnection, a: Path, b: Path) -> None:
    for name, folder in (("a", a), ("b", b)):
        for table in ("calls", "cards", "findings"):
            path = quoted(folder / f"{table}.parquet")
            base.execute(f"CREATE VIEW {table}_{name} AS SELECT * FROM read_parquet({path})")  # noqa: S608 (quoted)
        base.execute(_SHOWN.format(name=name))
    for name in "ab":
        base.execute(_CARDS.format(name=name))
    base.execute(_CHANGES)
    columns = ", ".join(name for name in DIMENSIONS if name != "drugs")
    base.execute(_PLACES.format(columns=columns, ordered=ORDERED))


# What is shown of each check at each moment; the "not checked" card is counted like a check.
_SHOWN = """
    CREATE TABLE shown_{name} AS
    SELECT patient, moment, "check", max(list_position(['info', 'warning', 'critical'], indicator)) AS level,
    string_agg(DISTINCT wording, ' ' ORDER BY wording) AS wording
    FROM findings_{name} WHERE shown GROUP BY ALL
    UNION ALL SELECT patient, moment, topic, 1, '' FROM cards_{name} WHERE topic = 'not-checked'
"""
_CARDS = """
    CREATE VIEW on_cards_{name} AS
    SELECT patient, moment, number, unnest(string_split(checks, ' ')) AS "check"
    FROM cards_{name} SEMI JOIN calls_a USING (patient, moment) SEMI JOIN calls_b USING (patient, moment)
"""
# Cards of one of which the other shows no check at that moment, by check.
_GONE = """
    SELECT "check", count(*) FROM (
        SELECT * FROM on_cards_{one} WHERE (patient, moment, number) IN (
            SELECT (patient, moment, number) FROM on_cards_{one} mine
            LEFT JOIN (SELECT DISTINCT patient, moment, "check" FROM on_cards_{other}) theirs
            USING (patient, moment, "check")
            GROUP BY mine.patient, mine.moment, mine.number HAVING count(theirs."check") = 0
        )
    ) GROUP BY "check"
"""
_IS_TONED = "change IN ('lost', 'weaker') AND indicator_a = 'critical'"
_TONED = f"SELECT count(DISTINCT (patient, moment)) FROM changes WHERE {_IS_TONED}"  # noqa: S608
_EMPTIED = "SELECT count(*) FROM calls_a a JOIN calls_b b USING (patient, moment) WHERE a.cards > 0 AND b.cards = 0"
_CHANGES = """
    CREATE TABLE changes AS
    WITH both_judged AS (SELECT patient, moment FROM calls_a JOIN calls_b USING (patient, moment)),
    words AS (
        SELECT patient, moment, unnest(string_split(checks, ' ')) AS "check", CASE
            WHEN left(a.words, 8) <> left(b.words, 8) THEN 'other headline' WHEN a.words <> b.words THEN 'other details'
            END AS otherwise, a.summary AS headline_a, b.summary AS headline_b
        FROM cards_a a JOIN cards_b b USING (patient, moment, topic, checks)
    ),
    held AS (
        SELECT patient, moment, "check", a.level AS level_a, b.level AS level_b,
        a.wording AS wording_a, b.wording AS wording_b
        FROM shown_a a FULL JOIN shown_b b USING (patient, moment, "check")
        SEMI JOIN both_judged USING (patient, moment)
    )
    SELECT * FROM (
        SELECT patient, moment, "check", CASE
            WHEN level_a IS NULL THEN 'gained' WHEN level_b IS NULL THEN 'lost'
            WHEN level_b > level_a THEN 'stronger' WHEN level_b < level_a THEN 'weaker'
            WHEN wording_a <> wording_b THEN 'wording' WHEN otherwise IS NOT NULL THEN 'text' END AS change,
        ['info', 'warning', 'critical'][level_a] AS indicator_a, wording_a,
        ['info', 'warning', 'critical'][level_b] AS indicator_b, wording_b, otherwise,
        headline_a, headline_b
        FROM held LEFT JOIN words USING (patient, moment, "check")
    ) WHERE change IS NOT NULL
"""
_PLACES = """
    CREATE TABLE places AS
    SELECT patient, moment, as_of::VARCHAR AS as_of, {columns},
    concat_ws(' · ', CASE age WHEN 'not known' THEN 'age not known' ELSE age END, nullif(sex, 'not known'),
        CASE kidney WHEN 'not known' THEN 'kidney not known' ELSE kidney END, nullif(opioid, 'without'),
        nullif(pump, 'without')) AS kind,
    {ordered} AS ordered FROM calls_b
"""
_WHOLE = """
    SELECT count(*) FILTER (a AND b), count(*) FILTER (a AND NOT b), count(*) FILTER (b AND NOT a)
    FROM (SELECT bool_or(side = 'a') AS a, bool_or(side = 'b') AS b FROM (
        SELECT patient, moment, 'a' AS side FROM calls_a UNION ALL SELECT patient, moment, 'b' FROM calls_b
    ) GROUP BY patient, moment)
"""
_MOVED = "count(DISTINCT (patient, moment)) FILTER (change IN ('gained', 'lost', 'stronger', 'weaker'))"
_SOFTER = """
    SELECT change, indicator_a, count(*), count(DISTINCT patient) FROM changes
    WHERE change IN ('lost', 'weaker') AND indicator_a <> 'critical' GROUP BY ALL ORDER BY ALL
"""
# Patients are spread over the examples (by a hash), and come again only where there are no others. Headlines are kept
# only by replays that name patients.
_RANKED = """
    SELECT "check", change, patient, as_of, ordered, kind,
    coalesce(indicator_a, '') || CASE WHEN change = 'wording' THEN ', "' || wording_a || '"'
        WHEN change = 'text' AND headline_a <> headline_b THEN ', "' || headline_a || '"' ELSE '' END,
    coalesce(indicator_b, '') || CASE WHEN change = 'wording' THEN ', "' || wording_b || '"'
        WHEN change = 'text' AND headline_a <> headline_b THEN ', "' || headline_b || '"'
        WHEN change = 'text' THEN ', ' || otherwise ELSE '' END,
    together
    FROM (
        SELECT *, coalesce({toned}, false) AS toned, md5(patient || "check" || change) AS spread,
        row_number() OVER (PARTITION BY "check", change, patient ORDER BY coalesce({toned}, false) DESC, moment) AS turn
        FROM changes
    ) JOIN places USING (patient, moment) JOIN (
        SELECT patient, moment, list(("check", change) ORDER BY "check") AS together FROM changes GROUP BY ALL
    ) USING (patient, moment)
    QUALIFY row_number() OVER (
        PARTITION BY "check", change ORDER BY toned DESC, turn, spread, moment
    ) <= if(change = 'text', 1, ?)
    ORDER BY toned DESC, list_position({order}, change), "check", patient, moment
"""


def _difference(base: DuckDBPyConnection, one: Summary, other: Summary) -> Difference:
    def rows(query: str, *values: object) -> list[Any]:
        return base.execute(query, list(values)).fetchall()

    counted = ", ".join(f"count(*) FILTER (change = '{change}')" for change in CHANGES)
    checks = rows(
        f'SELECT "check", {counted}, count(*) FILTER ({_IS_TONED}), count(DISTINCT patient) FROM changes '  # noqa: S608
        "GROUP BY ALL ORDER BY count(*) DESC, 1"
    )
    gone, new = (dict(rows(_GONE.format(one=one, other=other))) for one, other in ("ab", "ba"))
    by_check = [
        Changed(check, dict(zip(CHANGES, counts, strict=True)), patients, gone.get(check, 0), new.get(check, 0), toned)
        for check, *counts, toned, patients in checks
    ]
    ((toned_at,),), ((emptied,),) = rows(_TONED), rows(_EMPTIED)
    ((moments, only_a, only_b),) = rows(_WHOLE)
    whole = f"SELECT count(DISTINCT (patient, moment)), {_MOVED}, count(DISTINCT patient) FROM changes"  # noqa: S608
    ((different, moved, patients),) = rows(whole)
    cards = [dict(side.cards_by_indicator) for side in (one, other)]
    return Difference(
        a=one.title,
        b=other.title,
        moments=moments,
        only_a=only_a,
        only_b=only_b,
        different=different,
        patients=patients,
        orders=other.orders,
        cards_a=one.cards,
        cards_b=other.cards,
        toned=toned_at,
        emptied=emptied,
        named=other.key == "named",
        titles={**one.titles, **other.titles},
        moved=moved,
        softer=rows(_SOFTER),
        by_indicator=[(name, cards[0].get(name, 0), cards[1].get(name, 0)) for name in ("critical", "warning", "info")],
        reviewed=(one.reviewed, other.reviewed),
        by_check=by_check,
        examples=[
            Example(*[*row, [one for one in together if one[0] != row[0]]])
            for *row, together in rows(_RANKED.format(toned=_IS_TONED, order=["lost", "weaker", *CHANGES]), _EXAMPLES)
        ],
    )
