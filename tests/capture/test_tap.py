"""A tap gives what the socket would have been given, whatever the network did, and never a message that is not one.

Method: conversations written packet by packet (packets.py), then cut, doubled, disordered and dropped by hypothesis;
the same bytes are sent to the real listener and compared entry by entry.
"""

import asyncio
import io
import random
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.capture import Refusals
from contrefeu.capture.tap import CaptureFile, Gap, Heard, NoCapture, Packet, Tap
from contrefeu.capture.tap.interface import tcp_only
from contrefeu.capture.tap.streams import PENDING_BYTES_MAX
from contrefeu.hl7 import acknowledge, frame, peek
from contrefeu.hospital import FeedSettings, RefuseSettings
from contrefeu.journal import MEDIA_HL7V2, MEDIA_OTHER
from tests.capture.house import house
from tests.capture.packets import ACK, MS, RECEIVER, RST, SENDER, SYN, Talk, ethernet, ip, pcap, pcapng, tcp

MAX = 1 << 20


def message(number: int, note: str = "x") -> bytes:
    """A result that nobody mistakes for another."""
    return (
        f"MSH|^~\\&|LABO|CHU|CF|CHU|20261124030000||ORU^R01|{number}|P|2.5\rPID|1||{number}^^^CHU\r"
        f"OBX|1|NM|K||{note * 40}{number}\r"
    ).encode()


MESSAGES = [message(n) for n in range(12)]
STREAM = b"".join(map(frame, MESSAGES))
ANSWER = frame(acknowledge(peek(MESSAGES[0]), "AA", control_id="1", now="20261124030000"))  # type: ignore[arg-type]


def heard(packets: list[tuple[int, bytes]], *ports: int, limit: int = MAX) -> tuple[list[Heard], list[Gap], Tap]:
    """What a tap makes of packets."""
    tap = Tap(limit, ports)
    found = [one for at, data in packets for one in tap.take(Packet(at, 1, data))] + list(tap.end())
    return [one for one in found if isinstance(one, Heard)], [one for one in found if isinstance(one, Gap)], tap


def bodies(found: list[Heard]) -> list[bytes]:
    """Those that are HL7."""
    return [one.body for one in found if one.media_type == MEDIA_HL7V2]


async def _socket(folder, data: bytes) -> list[tuple[str, str, bytes]]:
    async with house(folder, message_bytes_max=MAX) as made:
        reader, writer = await asyncio.open_connection(*made.address)
        writer.write(data)
        await writer.drain()
        writer.write_eof()
        await reader.read(1 << 20)
        writer.close()
        await asyncio.sleep(0.05)
        made.intake.commit()
        return [(one.source, one.media_type, one.body) for one in made.entries()]


@pytest.mark.req("C2")
@pytest.mark.parametrize("ports", [(), (2575,)], ids=["found by its look", "named by its port"])
def test_a_tap_journals_what_the_socket_does(tmp_path, ports):
    """The same bytes, the same media types, in the same order; the source is the sender's name after "tap:"."""
    said = STREAM + frame(b"no message at all") + b"between two frames" + frame(message(90)) + b"\x0bMSH|^~\\&|CUT|CHU"
    wanted = asyncio.run(_socket(tmp_path, said))
    talk = Talk().open().say(said, 97).answer(ANSWER * 13).close()
    found, gaps, tap = heard(talk.packets, *ports)
    assert [(one.source, one.media_type, one.body) for one in found] == [(f"tap:{a}", b, c) for a, b, c in wanted]
    assert (gaps, tap.counts.acknowledged, tap.counts.connections) == ([], 13, 2)


@given(st.data())
def test_a_network_that_disorders_and_repeats_changes_nothing(data):
    """Segments of any size, overlapping, doubled, late, over the wrap of sequence numbers: the same messages."""
    start = data.draw(st.sampled_from([5, 2**31 - 300, 2**32 - 700]))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(STREAM) - 1), max_size=40)) | {0, len(STREAM)})
    talk = Talk(forth=start).open()
    first = talk.forth
    pieces = list(pairwise(cuts))
    for at, end in data.draw(st.lists(st.sampled_from(pieces), max_size=6)):
        pieces.append((max(0, at - data.draw(st.integers(0, 50))), min(len(STREAM), end + 20)))
    order = data.draw(st.permutations(range(len(pieces)))) if len(pieces) < 20 else range(len(pieces))
    packets = talk.packets[:]
    for n, one in enumerate(order):
        at, end = pieces[one]
        packets.append((talk.at_ns + n * MS, tcp(SENDER, RECEIVER, first + at, talk.back, ACK, STREAM[at:end])))
    found, gaps, _ = heard(packets)
    assert bodies(found) == MESSAGES
    assert gaps == []


@given(st.data())
def test_no_message_is_put_together_over_a_hole(data):
    """Whatever is lost, every message given was sent as it is; of those that are missing a gap is told."""
    talk = Talk().open()
    for at in range(0, len(STREAM), 137):
        talk.say(STREAM[at : at + 137]).answer(ANSWER if at % 3 == 0 else b"")
    sent = [n for n, (_, one) in enumerate(talk.packets) if len(one) > 60 and one[26:30] == SENDER[0]]
    lost = data.draw(st.sets(st.sampled_from(sent), min_size=1, max_size=8))
    talk.at_ns += 2_000 * MS
    talk.answer()
    found, gaps, tap = heard([one for n, one in enumerate(talk.packets) if n not in lost])
    got = bodies(found)
    assert [one for one in MESSAGES if one in set(got)] == got
    assert len(got) < len(MESSAGES)
    assert gaps
    assert tap.counts.missing_bytes == sum(len(talk.packets[n][1]) - 54 for n in lost)
    whole = b"".join(one.body for one in found)
    assert len(whole) <= len(STREAM)


def test_a_tap_that_begins_in_the_middle_waits_for_a_beginning():
    """What is left of a message is kept as cut, the whole ones after it are given, though packets overtook."""
    talk = Talk().say(STREAM[60:], 211).answer(ANSWER).close()
    talk.packets[0], talk.packets[2] = talk.packets[2], talk.packets[0]
    for ports in ((), (2575,)):
        found, gaps, _ = heard(talk.packets, *ports)
        assert bodies(found) == MESSAGES[1:]
        assert [one.body for one in found if one.media_type == MEDIA_OTHER] == [frame(MESSAGES[0])[60:]]
        assert gaps == []


def test_a_message_that_was_missed_whole_is_known_by_its_answer():
    """Its receiver acknowledged what the tap never saw: the gap is as long as the message."""
    talk = Talk().open().say(frame(MESSAGES[0])).answer(ANSWER)
    before = len(talk.packets)
    talk.say(frame(MESSAGES[1]))
    del talk.packets[before:]
    talk.answer(ANSWER)
    talk.at_ns += 1500 * MS
    talk.answer()
    found, gaps, _ = heard(talk.packets)
    assert bodies(found) == MESSAGES[:1]
    assert gaps == [Gap("tap:LABO@CHU", len(frame(MESSAGES[1])), "bytes are missing")]


def test_what_a_capture_cut_off_is_a_gap():
    """A file with too small a snap length has no message in it, and says so."""
    talk = Talk().open().say(STREAM).answer(ANSWER * 12).close()
    file = CaptureFile(io.BytesIO(pcap(talk.packets, snap=400)))
    found, gaps, tap = heard([(one.at_ns, one.data) for one in file.packets()])
    assert set(bodies(found)) < set(MESSAGES)
    assert gaps
    assert tap.counts.missing_bytes > 0


def test_answers_are_counted_and_messages_among_them_kept():
    """An acknowledgement is none of the messages; a response that says something of its own is."""
    refusal = acknowledge(peek(MESSAGES[1]), "AE", control_id="2", now="20261124030000")  # type: ignore[arg-type]
    response = b"MSH|^~\\&|CF|CHU|DPI|CHU|20261124030000||ORR^O02|7|P|2.5\rMSA|AA|1\rPID|1||77\rORC|UA|P1\r"
    talk = Talk().open().say(frame(MESSAGES[0])).answer(ANSWER).say(frame(MESSAGES[1]))
    talk.answer(frame(refusal) + frame(response)).close()
    found, _, tap = heard(talk.packets)
    assert [(one.source, one.body) for one in found] == [
        ("tap:LABO@CHU", MESSAGES[0]), ("tap:LABO@CHU", MESSAGES[1]), ("tap:CF@CHU", response),
    ]  # fmt: skip
    assert (tap.counts.acknowledged, tap.counts.rejected) == (1, 1)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda packet: packet[:12] + struct.pack(">HH", 0x8100, 7) + packet[12:],
        lambda packet: packet[:12] + struct.pack(">HHHH", 0x88A8, 7, 0x8100, 9) + packet[12:],
    ],
    ids=["a VLAN", "a VLAN in another"],
)
def test_tagged_packets_are_read(wrap):
    """Mirror ports show tags."""
    talk = Talk().open().say(STREAM).answer(ANSWER).close()
    assert bodies(heard([(at, wrap(one)) for at, one in talk.packets])[0]) == MESSAGES


def test_fragments_are_put_together_and_ipv6_is_read():
    """In any order; a fragment that never comes is a gap, and its message none."""
    segment = tcp(SENDER, RECEIVER, 1001, 9001, ACK, STREAM)[34:]
    pieces = []
    for at in range(0, len(segment), 800):
        more = 0x2000 if at + 800 < len(segment) else 0
        pieces.append(ethernet(*ip(SENDER[0], RECEIVER[0], segment[at : at + 800], fragment=at // 8 | more)))
    opened = Talk().open()
    for order in (pieces, pieces[::-1]):
        found, gaps, _ = heard([*opened.packets, *((opened.at_ns + MS, one) for one in order)])
        assert (bodies(found), gaps) == (MESSAGES, [])
    lost = Talk(forth=1001 + len(STREAM), back=9001, at_ns=opened.at_ns + 5000 * MS).say(frame(message(50))).answer()
    found, gaps, _ = heard([*opened.packets, *((opened.at_ns, one) for one in pieces[1:]), *lost.packets])
    assert bodies(found) == [message(50)]
    assert [gap.length for gap in gaps] == [] or gaps[0].length == len(STREAM)
    six = Talk(sender=(bytes(15) + b"\1", 5), receiver=(bytes(15) + b"\2", 2575)).open().say(STREAM, 300).close()
    assert bodies(heard(six.packets)[0]) == MESSAGES


def test_ports_that_are_used_again_are_another_connection():
    """The end of the first is kept as cut; the second begins anew; a reset ends both ways."""
    first = Talk().open().say(frame(MESSAGES[0]) + frame(MESSAGES[1])[:80])
    second = Talk(forth=700_000, back=50, at_ns=first.at_ns).open().say(frame(MESSAGES[2])).answer(ANSWER)
    second.packets.append((second.at_ns + 1, tcp(RECEIVER, SENDER, second.back, second.forth, RST, b"")))
    found, gaps, tap = heard(first.packets + second.packets)
    assert bodies(found) == [MESSAGES[0], MESSAGES[2]]
    assert [one.body for one in found if one.media_type == MEDIA_OTHER] == [frame(MESSAGES[1])[:80]]
    assert (gaps, tap._connections) == ([], {})


def test_what_is_no_mllp_is_forgotten():
    """A web server, and TLS on a port that was named: nothing is kept, and the second is counted."""
    web = Talk(receiver=(RECEIVER[0], 80)).open().say(b"GET / HTTP/1.1\r\n\r\n" * 9000).close()
    tls = Talk().open().say(b"\x16\x03\x01\x02\x00\x01" + bytes(500))
    tls.answer(b"\x16\x03\x03\x00\x7a" + bytes(300)).close()
    assert heard(web.packets)[:2] == ([], [])
    found, gaps, tap = heard(tls.packets, 2575)
    assert (found, gaps, tap.counts.encrypted) == ([], [], 2)


def test_memory_is_bounded():
    """A sender whose hole is never filled, and ten thousand connections that say nothing: what is held stays small."""
    packets = Talk().open().packets
    block = bytes(60_000)
    for n in range(150):
        packets.append((2 * 10**9 + n, tcp(SENDER, RECEIVER, 2000 + n * len(block), 9001, ACK, block)))
    tap = Tap(MAX)
    most = 0
    for at, data in packets:
        list(tap.take(Packet(at, 1, data)))
        most = max(most, tap._held)
    assert most < PENDING_BYTES_MAX + 2 * len(block) + (64 << 10)
    for n in range(9000):
        address = (b"\x0a" + n.to_bytes(3), 1)
        list(tap.take(Packet(3 * 10**9, 1, tcp(address, RECEIVER, 1, 0, SYN, b""))))
    assert len(tap._connections) == 8192
    list(tap.end())
    assert (tap._held, len(tap._connections), tap._waiting) == (0, 0, set())


def test_a_frame_above_the_limit_is_told_and_the_next_one_given():
    """As on the socket its beginning is kept; the connection, which cannot be closed here, is listened to further."""
    talk = Talk().open().say(frame(MESSAGES[0]) + frame(message(2, "y" * 500)) + frame(MESSAGES[3]), 500).close()
    found, gaps, _ = heard(talk.packets, 2575, limit=2000)
    assert [body for body in bodies(found) if body in MESSAGES] == [MESSAGES[0], MESSAGES[3]]
    assert [gap.reason for gap in gaps] == ["a frame above the limit"]


@pytest.mark.parametrize("order", ["<", ">"])
def test_every_kind_of_file_is_read(order):
    """pcap in micro- and nanoseconds, pcapng, of both byte orders: the same packets at the same times."""
    packets = Talk().open().say(STREAM).close().packets
    for file in (pcap(packets, order=order), pcap(packets, order=order, nano=True), pcapng(packets, order=order)):
        read = CaptureFile(io.BytesIO(file))
        assert [(one.at_ns, one.data) for one in read.packets()] == packets
        assert read.problem == ""
        cut = CaptureFile(io.BytesIO(file[:-7]))
        assert [one.data for one in cut.packets()] == [data for _, data in packets[:-1]]
        assert "ends within" in cut.problem
    with pytest.raises(NoCapture):
        CaptureFile(io.BytesIO(b"MSH|^~\\&|"))


def test_damaged_captures_raise_nothing():
    """Bits turned anywhere in packets and files: no error, no message that nobody sent in whole."""
    chance = random.Random(11)
    packets = Talk().open().say(STREAM, 300).answer(ANSWER).close().packets
    for n in range(250):
        file = bytearray(pcapng(packets) if n % 2 else pcap(packets))
        for _ in range(chance.randrange(1, 12)):
            file[chance.randrange(4, len(file))] ^= 1 << chance.randrange(8)
        tap = Tap(MAX, (2575,) if n % 3 else ())
        for packet in CaptureFile(io.BytesIO(bytes(file))).packets():
            list(tap.take(packet))
        list(tap.end())
        assert tap._held == 0


def test_refuse_rules_hold_for_what_is_tapped():
    """A sender that must not be kept is not kept by another way in, cut messages included (F45)."""
    rules = Refusals(["MEDTRAV@CHU"], {"labo": FeedSettings(["LABO@CHU"], refuse=[RefuseSettings(message="ORU")])})
    assert rules.rule("tap:MEDTRAV@CHU", MEDIA_HL7V2, MESSAGES[0]) == "MEDTRAV@CHU"
    assert rules.rule("tap:LABO@CHU", MEDIA_HL7V2, MESSAGES[0]) == "labo/1"
    assert rules.rule("tap:LABO@CHU", MEDIA_OTHER, MESSAGES[0][9:]) == "labo/cut"
    assert rules.rule("tap:OTHER@CHU", MEDIA_HL7V2, MESSAGES[0]) == ""


def test_the_kernels_filter_lets_pass_what_is_listened_to():
    """Run as the kernel would, on packets of every kind: TCP of the ports, and what only we can look into."""
    talk = Talk().open().say(STREAM).packets[-1][1]
    other = Talk(receiver=(RECEIVER[0], 80)).open().packets[0][1]
    six = Talk(sender=(bytes(16), 5), receiver=(bytes(16), 2575)).open().packets[0][1]
    udp = talk[:23] + b"\x11" + talk[24:]
    arp = ethernet(0x0806, bytes(40))
    tagged = ethernet(0x0800, other[14:], 0x8100)
    fragment = ethernet(*ip(SENDER[0], RECEIVER[0], bytes(80), fragment=9))
    program = tcp_only([2575, 2576])
    assert [bool(_filtered(program, one)) for one in (talk, other, six, udp, arp, tagged, fragment)] == [
        True, False, True, False, False, True, True,
    ]  # fmt: skip
    every = tcp_only([])
    assert [bool(_filtered(every, one)) for one in (talk, other, six, udp, arp)] == [True, True, True, False, False]


def _filtered(program: list[tuple[int, int, int, int]], packet: bytes) -> int:
    """A machine for the eight instructions in use (Linux: Documentation/networking/filter.rst)."""
    at = a = x = 0
    while True:
        code, true, false, k = program[at]
        at += 1
        if code == 0x30:
            a = packet[k]
        elif code == 0x28:
            a = int.from_bytes(packet[k : k + 2])
        elif code == 0x48:
            a = int.from_bytes(packet[x + k : x + k + 2])
        elif code == 0xB1:
            x = 4 * (packet[k] & 15)
        elif code == 0x06:
            return k
        else:
            at += true if (a == k if code == 0x15 else a & k) else false
