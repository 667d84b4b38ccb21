import pytest

from cwp_fetcher.remembered import Remembered


class Source:
    def __init__(self) -> None:
        self.now = 0.0
        self.calls = 0
        self.error: Exception | None = None

    def load(self, key: str) -> str:
        self.calls += 1
        if self.error:
            raise self.error
        return f"{key}{self.calls}"


def test_an_answer_is_kept_until_it_is_too_old() -> None:
    source = Source()
    remembered = Remembered(source.load, 60, lambda: source.now)
    assert not remembered.has("a")
    assert (remembered.get("a"), remembered.get("b"), remembered.get("a")) == ("a1", "b2", "a1")
    source.now = 59
    assert remembered.has("a")
    assert remembered.get("a") == "a1"
    source.now = 60
    assert not remembered.has("a")
    assert remembered.get("a") == "a3"


def test_forget_asks_again() -> None:
    source = Source()
    remembered = Remembered(source.load, 60, lambda: source.now)
    remembered.get("a")
    remembered.forget("a")
    remembered.forget("never seen")
    assert remembered.get("a") == "a2"


def test_an_error_is_not_kept() -> None:
    source = Source()
    remembered = Remembered(source.load, 60, lambda: source.now)
    source.error = LookupError()
    with pytest.raises(LookupError):
        remembered.get("a")
    source.error = None
    assert remembered.get("a") == "a2"
