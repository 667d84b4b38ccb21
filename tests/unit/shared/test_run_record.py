import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from cwp_shared.run_record import RunRecord

SAMPLES = Path(__file__).parents[2] / "contract" / "samples"


def test_record_from_before_there_was_a_status_moved_its_watermark_to_its_upper_bound() -> None:
    text = (SAMPLES / "RunCompleted.v1.json").read_text()
    record = RunRecord.model_validate_json(text)
    assert record.status == "completed"
    assert record.watermark == record.upper
    assert record.rows == 1000


def test_record_says_itself_how_far_the_watermark_moved() -> None:
    content = json.loads((SAMPLES / "RunCompleted.v1.json").read_text())
    kept = RunRecord.model_validate({**content, "status": "completed", "watermark": None})
    assert kept.watermark is None
    assert RunRecord.model_validate_json(kept.model_dump_json()) == kept


@pytest.mark.parametrize("record", [[], {}, {"status": "lost"}])
def test_what_is_no_record_is_refused(record: object) -> None:
    with pytest.raises(ValidationError):
        RunRecord.model_validate(record)
