"""A server that does not answer is let rest, is tried again by one call, and then asked by all."""

from __future__ import annotations

from hooks.breaker import MOST, Breaker

A, B = "https://a.invalid/fhir", "https://b.invalid/fhir"


def silent(breaker: Breaker, server: str, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        breaker.heard(server, False, now)


def test_a_server_is_asked_until_three_calls_in_a_row_brought_nothing() -> None:
    breaker = Breaker(in_a_row=3, rest=10)
    silent(breaker, A, 2)
    assert breaker.may_ask(A, 1)
    silent(breaker, A, 1)
    assert not breaker.may_ask(A, 1)


def test_an_answer_between_begins_the_count_anew() -> None:
    breaker = Breaker(in_a_row=3, rest=10)
    silent(breaker, A, 2)
    breaker.heard(A, True, 1)
    silent(breaker, A, 2)
    assert breaker.may_ask(A, 2)


def test_other_servers_are_asked_on() -> None:
    breaker = Breaker(in_a_row=1, rest=10)
    silent(breaker, A, 1)
    assert breaker.may_ask(B, 1)


def test_after_the_rest_one_call_tries_and_the_others_wait_for_it() -> None:
    breaker = Breaker(in_a_row=1, rest=10)
    silent(breaker, A, 1, now=0)
    assert not breaker.may_ask(A, 9.9)
    assert breaker.may_ask(A, 10)
    assert not breaker.may_ask(A, 10)
    breaker.heard(A, True, 11)
    assert breaker.may_ask(A, 11)


def test_a_failed_try_begins_a_new_rest_and_a_lost_one_does_not_close_the_server_for_ever() -> None:
    breaker = Breaker(in_a_row=1, rest=10)
    silent(breaker, A, 1, now=0)
    assert breaker.may_ask(A, 10)
    silent(breaker, A, 1, now=12)
    assert not breaker.may_ask(A, 21.9)
    assert breaker.may_ask(A, 22)  # and nothing is ever heard of this one
    assert breaker.may_ask(A, 32)


def test_however_many_addresses_fail_only_some_are_remembered() -> None:
    breaker = Breaker(in_a_row=1, rest=10)
    for number in range(MOST + 1):
        silent(breaker, f"https://{number}.invalid", 1)
    assert breaker.may_ask("https://0.invalid", 1)
    assert not breaker.may_ask(f"https://{MOST}.invalid", 1)
