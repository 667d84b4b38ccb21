import pytest

from cwp_fetcher.failures import BadAnswer
from cwp_fetcher.rows import Ids, check_page, read_ids
from tests.unit.fetcher.fakes import body, job


def test_the_extent_of_a_page() -> None:
    assert check_page(body(4, 7, 9), job(after_id=3, high_id=9), 3) == Ids(3, 4, 9)
    assert check_page(b" [] ", job(), 3) == Ids(0, None, None)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ((4, 5, 6, 7), "4 rows where 3"),
        ((5, 5), "5 comes after 5"),
        ((5, 4), "4 comes after 5"),
        ((3, 4), "id 3 is not above 3"),
        ((8, 10), "id 10 is above 9"),
    ],
)
def test_ids_that_do_not_answer_the_job_are_a_bad_page(ids: tuple[int, ...], words: str) -> None:
    with pytest.raises(BadAnswer, match=words) as caught:
        check_page(body(*ids), job(after_id=3, high_id=9), 3)
    assert caught.value.body == body(*ids)
    assert "service_tickets w000-p00000 of tenant 'acme'" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>maintenance</html>",
        b"null",
        b'{"code": "Oops"}',
        b'[{"id": 1}',
        b'[{"id": 1}] trailing',
        b'[{"id": "1"}]',
        b'[{"id": 1.5}]',
        b'[{"id": true}]',
        b'[{"id": null}]',
        b'[{"summary": "no id"}]',
        b"[1, 2]",
        b"[null]",
        b'[{"id": 1, "s": "\xff"}]',
        b'[{"id": 1, "s": NaN}]',
        b'[{"id": 1, "s": "\x01"}]',
        b'\xef\xbb\xbf[{"id": 1}]',
        b'[{"id": 1, "s": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    ],
)
def test_what_is_no_json_array_of_rows_with_ids_is_a_bad_page(text: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        read_ids(text, "it")
    assert caught.value.body == text
    assert str(caught.value).startswith("it: not a page of rows with ids: ")


@pytest.mark.parametrize(
    "text",
    [
        b'[{"id": 1, "summary": "cut \\ud83d"}, {"id": 2}]',
        b'[{"id": 1, "summary": "\\udc00x"}, {"id": 2}]',
        b'[{"id": 1, "price": 1e400}, {"id": 2}]',
        b'[{"id": 1, "s": "a\\u0000b"}, {"id": 2, "big": 123456789012345678901234567890}]',
    ],
)
def test_odd_values_do_not_spoil_a_page(text: bytes) -> None:
    assert read_ids(text, "it") == [1, 2]
