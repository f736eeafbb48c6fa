"""The law of the bucket: never more than its content and what flows in, and whoever waits as told is served."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from countenance.access.api_key import ApiKey
from countenance.access.rates import MANY, Rates


class Clock:
    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def key_of(rate: float | None, identity: str = "1") -> ApiKey:
    return ApiKey(identity, "a", rate=rate)


RATES = st.floats(0.01, 1_000)
PAUSES = st.lists(st.floats(0, 30), max_size=60)


@given(RATES, PAUSES, st.floats(0, 1e9))
def test_never_more_than_the_bucket_and_what_flows_in(rate: float, pauses: list[float], start: float) -> None:
    """Between any two requests that were granted lie at most a second's worth and the rate times the time between."""
    clock = Clock(start)
    rates, key, granted = Rates(clock), key_of(rate), []
    for pause in pauses:
        clock.now += pause
        if rates.take(key) == 0:
            granted.append(clock.now)
    for first, since in enumerate(granted):
        for last in range(first, len(granted)):
            assert last - first + 1 <= max(1, rate) + rate * (granted[last] - since) + 0.01 * (last + 1)


@given(RATES, PAUSES)
def test_whoever_waits_as_long_as_told_is_served(rate: float, pauses: list[float]) -> None:
    """And is never told to wait longer than one request takes to flow in; a refused request costs nothing."""
    clock = Clock()
    rates, key = Rates(clock), key_of(rate)
    for pause in pauses:
        clock.now += pause
        wait = rates.take(key)
        assert 0 <= wait <= 1 / rate + 1e-6
        assert rates.take(key) >= wait > 0 if wait else True
        if wait:
            clock.now += wait
            assert rates.take(key) == 0


@given(st.integers(1, 50))
def test_a_second_of_silence_fills_the_bucket_and_no_more(rate: int) -> None:
    """Also an hour of silence."""
    clock = Clock()
    rates, key = Rates(clock), key_of(rate)
    for silence in (0, 1, 3_600):
        clock.now += silence
        assert [rates.take(key) == 0 for _ in range(rate + 1)] == [True] * rate + [False]


def test_keys_do_not_spend_each_others_rate() -> None:
    """And one without a rate is never held up."""
    rates = Rates(Clock())
    assert rates.take(key_of(1, "a")) == 0
    assert rates.take(key_of(1, "a")) == 1
    assert rates.take(key_of(1, "b")) == 0
    assert all(rates.take(key_of(None, "c")) == 0 for _ in range(100))


def test_a_clock_that_goes_backwards_locks_nobody_out() -> None:
    """An hour back: the wait is that of one request."""
    clock = Clock(10_000)
    rates, key = Rates(clock), key_of(0.5)
    assert rates.take(key) == 0
    clock.now -= 3_600
    wait = rates.take(key)
    assert wait <= 2
    clock.now += wait
    assert rates.take(key) == 0


def test_threads_together_get_what_one_would() -> None:
    """Of many at one moment exactly the bucket's content is granted."""
    rates, key = Rates(Clock()), key_of(40)
    with ThreadPoolExecutor(8) as pool:
        assert sum(wait == 0 for wait in pool.map(lambda _: rates.take(key), range(400))) == 40


def test_a_flood_of_keys_does_not_stay_in_memory() -> None:
    """Buckets that are full again are forgotten, and those that are not are kept."""
    clock = Clock()
    rates = Rates(clock)
    for number in range(MANY):
        rates.take(key_of(1, str(number)))
    clock.now = 2.0
    assert rates.take(key_of(0.1, "slow")) == 0
    assert len(rates._full_at) == 1
    assert rates.take(key_of(0.1, "slow")) > 9
