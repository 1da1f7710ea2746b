"""A passive tap: HL7 messages out of packets that somebody else exchanges, for senders that nobody may touch (C2)."""

from contrefeu.capture.tap.ear import Gap, Heard, TapCounts
from contrefeu.capture.tap.interface import PORTS_MAX, Interface
from contrefeu.capture.tap.pcap import CaptureFile, NoCapture, Packet
from contrefeu.capture.tap.tap import Tap

__all__ = ["PORTS_MAX", "CaptureFile", "Gap", "Heard", "Interface", "NoCapture", "Packet", "Tap", "TapCounts"]
