"""What a chart lists as asked for and open, beside the reports of it."""

from contrefeu.chart.sheet import Sheet, story_of
from tests.chart.feed import PID, chart, message

ORDER = message("OML^O21", "1124 0800", PID, "ORC|NW|P7^DPI", "OBR|1|P7^DPI||TROP^Troponine en série|||202611240800")


def _report(said: str, value: str) -> bytes:
    made = f"2026{said[:4]}{said[5:]}"
    order = f"OBR|1|P7^DPI|F7|TROP^Troponine en série|||{made}|||||||||||||||||LAB|F"
    result = f"OBX|1|NM|T^Troponine||{value}|ng/L|||||F"
    return message("ORU^R01", said, PID, "ORC|RE|P7^DPI|F7", order, result)


def test_a_feeds_request_stays_open_until_the_feed_says_that_it_is_done() -> None:
    """Of what is asked for in series the first report is one of several."""
    story = story_of(Sheet(chart(ORDER, _report("1124 0900", "12"))))
    assert [line.what for line in story.requests] == ["Troponine en série"]
