"""The page on scale says what was measured, and nothing that was typed.

Method: make its tables again from the measurement that lies beside the benchmark.
"""

import json

from bench import scale


def test_every_figure_of_the_page_is_computed():
    """The tables are those that bench/scale.py makes; a cost that is changed changes them."""
    text, found = scale.PAGE.read_text(), json.loads(scale.RESULT.read_text())
    assert scale.paged(text, found) == text
    dearer = [one | {"rebuild": one["rebuild"] * 2} for one in found]
    assert scale.paged(text, dearer) != text
