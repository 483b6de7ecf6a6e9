"""What is remembered is remembered once, forgotten when it should be, and holds nothing of a patient."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hooks.errors import StoreUnavailable
from hooks.feedback import Feedback
from hooks.store import Store
from hooks.store.database import BadDatabaseUrl, database_url, open_database
from hooks.store.tables import metadata

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
ITEM = Feedback("card-1", "overridden", NOW, reason_code="established-tolerated", comment="Jane Roe asked for it")


def _row(at: datetime, instance: str = "i-1") -> dict[str, object]:
    texts = dict.fromkeys(("request_id", "client", "service", "hook", "patient", "knowledge"), "x")
    lists = dict.fromkeys(("findings", "not_checked", "cards", "explained"), "[]")
    return {"at": at, "hook_instance": instance, "status": 200, "ms": 1.5} | texts | lists


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(database: str) -> None:
    engine = open_database(database)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_same_feedback_sent_again_is_kept_once(store: Store) -> None:
    for _ in range(3):
        store.keep_feedback([ITEM, ITEM], client="ehr", service="gabaguard-order-sign")
    store.keep_feedback([ITEM], client="other", service="gabaguard-order-sign")
    assert [row["client"] for row in store.feedback_rows()] == ["ehr", "other"]


def test_a_comment_is_kept_only_where_the_site_wants_it(database: str) -> None:
    """Prescribers may write about the patient in it."""
    for wanted in (False, True):
        store = Store(database, comments=wanted)
        client = f"client-{wanted}"
        store.keep_feedback([ITEM], client=client, service="s")
        assert [row["comment"] for row in store.feedback_rows() if row["client"] == client] == [
            ITEM.comment if wanted else ""
        ]
        store.close()


def test_a_used_token_is_met_once_by_many_threads_and_two_stores(database: str) -> None:
    """Two processes on one database: of forty tries of one token one is the first."""
    stores = [Store(database), Store(database)]
    answers: list[bool] = []
    start = threading.Barrier(8)

    def use(store: Store) -> None:
        start.wait()
        answers.extend(store.first_use("ehr", "mark", 100.0) for _ in range(5))

    threads = [threading.Thread(target=use, args=(stores[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 39 + [True]
    assert stores[0].first_use("another client", "mark", 100.0)
    assert stores[0].forget_tokens(now=99.9) == 0
    assert stores[0].forget_tokens(now=100.0) == 2
    for store in stores:
        store.close()


def test_stores_that_start_together_migrate_once(database: str) -> None:
    stores = [Store(database) for _ in range(6)]
    faults: list[Exception] = []

    def open_it(store: Store) -> None:
        try:
            store.counts()
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=open_it, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    for store in stores:
        store.close()


def test_purging_forgets_what_is_older_and_nothing_else(store: Store) -> None:
    store.keep_calls([_row(NOW - timedelta(days=days), f"i-{days}") for days in (9, 10, 11)])
    assert store.purge(calls_before=NOW - timedelta(days=10)) == {"calls": 1, "feedback": 0}
    assert [row["hook_instance"] for row in store.call_rows()] == ["i-9", "i-10"]
    store.keep_feedback([ITEM], client="", service="s")
    assert store.purge(feedback_before=datetime.now(UTC) - timedelta(minutes=1))["feedback"] == 0
    assert store.purge(feedback_before=datetime.now(UTC) + timedelta(minutes=1))["feedback"] == 1


def test_a_patient_is_the_same_mark_within_a_database_and_another_in_another(store: Store, tmp_path: object) -> None:
    again = Store(store._url)
    assert store.patient_mark("pat-1") == again.patient_mark("pat-1") != store.patient_mark("pat-2")
    other = Store(f"sqlite:///{tmp_path}/other.sqlite")
    assert other.patient_mark("pat-1") != store.patient_mark("pat-1")
    again.close()
    other.close()


def test_only_the_client_that_called_finds_its_calls(store: Store) -> None:
    store.keep_calls([_row(NOW) | {"client": "ehr"}])
    assert len(store.calls_of("i-1", "ehr")) == 1
    assert store.calls_of("i-1", "other") == store.calls_of("i-2", "ehr") == []


@pytest.mark.parametrize("text", ["mysql://x/y", "nonsense://", "http://x"])
def test_a_url_of_another_database_is_refused(text: str) -> None:
    with pytest.raises(BadDatabaseUrl):
        database_url(text)


def test_what_cannot_be_opened_is_unavailable_and_tried_again_later_only(tmp_path: object) -> None:
    for url in (f"sqlite:///{tmp_path}", "postgresql://nobody@127.0.0.1:1/none"):
        store = Store(url)
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                store.counts()
