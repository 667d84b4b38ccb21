from hypothesis import given
from hypothesis import strategies as st

from cwp_local.sandbox.packing import Codec, Codecs

DICTIONARIES = {"a": b'{"id":1,"summary":"Printer"}' * 9, "b": b"", "c": b"another dictionary"}


@given(body=st.binary(max_size=300), name=st.sampled_from(list(DICTIONARIES)))
def test_what_was_packed_is_unpacked(body: bytes, name: str) -> None:
    codec = Codec(DICTIONARIES[name])
    assert Codec(DICTIONARIES[name]).unpack(codec.pack(body)) == body


@given(st.lists(st.tuples(st.sampled_from(list(DICTIONARIES)), st.text(max_size=9)), max_size=9))
def test_texts_of_several_tables_do_not_mix(texts: list[tuple[str, str]]) -> None:
    codecs = Codecs(DICTIONARIES.__getitem__)
    for name, text in texts:
        packed = codecs.of(name).pack(text.encode())
        assert [codecs.unpacked(name, packed) for _ in range(2)] == [text, text]
