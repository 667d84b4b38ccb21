from collections.abc import Iterator
from unittest.mock import patch

import pytest

from cwp_transformer import index, index_files, segment_file


@pytest.fixture
def small_runs() -> Iterator[None]:
    """So that a handful of facts makes many runs, segments and blocks, and merges in steps."""
    with (
        patch.multiple(index, GROWTH=2, BULK_ROWS=4, SEGMENT_ROWS=2, STEP_ROWS=1),
        patch.object(segment_file, "BLOCK_ROWS", 1),
        patch.multiple(index_files, _SMALL_BYTES=0, _GAP_BYTES=0, _AT_ONCE_BYTES=0, _EAGER=0),
    ):
        yield
