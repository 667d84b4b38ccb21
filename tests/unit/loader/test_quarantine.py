import json

from cwp_loader.messages import Wake, parse
from cwp_loader.quarantine import note_text
from tests.unit.loader.fakes import commit


def test_a_note_has_the_reason_and_the_message_that_puts_it_right() -> None:
    note = json.loads(note_text(commit(7), "Spectrum Scan Error"))
    assert (note["sequence"], note["key"]) == (7, commit(7).key)
    assert note["reason"] == "Spectrum Scan Error"
    start = note["remedy"].index("{")
    message = note["remedy"][start : note["remedy"].index("}}") + 2]
    wake = parse(message)
    assert isinstance(wake, Wake)
    assert (wake.tenant_id, wake.canonical_table, wake.reload_from) == ("acme", "tickets", 7)
