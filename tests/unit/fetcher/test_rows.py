import pytest

from cwp_fetcher.rows import Rows, check_rows, one_array, read_ids
from cwp_shared.connectwise.failures import BadAnswer
from tests.unit.fetcher.fakes import body


def test_rows_are_the_body_and_its_ids() -> None:
    assert check_rows(body(4, 7, 9), "it", 3, 9, 3) == Rows(body(4, 7, 9), [4, 7, 9])
    assert check_rows(b" [] ", "it", 0, None, 3) == Rows(b" [] ", [])


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
def test_ids_that_were_not_asked_for_are_a_bad_page(ids: tuple[int, ...], words: str) -> None:
    with pytest.raises(BadAnswer, match=f"it: .*{words}") as caught:
        check_rows(body(*ids), "it", 3, 9, 3)
    assert caught.value.body == body(*ids)


def test_arrays_become_one_and_their_rows_stay_as_they_were() -> None:
    parts = [b"[]", b' [ {"id": 1,"s":"[,]"} , {"id":2} ]', b"[\n]", b'[{"id":3}]\n', b"[ ]"]
    assert one_array(parts) == b'[{"id": 1,"s":"[,]"} , {"id":2} ,{"id":3}]'
    assert one_array([]) == one_array([b"[]", b" [ ] "]) == b"[]"


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
