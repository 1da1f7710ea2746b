"""The hospital as its settings describe it: node, listeners, feeds, wards, vaults."""

from contrefeu.hospital.feeds import FEED_NAME, FeedSettings, RefuseSettings, SettingsError, feed_text
from contrefeu.hospital.settings import (
    AckRule,
    CaptureSettings,
    ChartsSettings,
    CopiesSettings,
    ExchangeSettings,
    NodeSettings,
    Settings,
    VaultSettings,
    WardSettings,
    WebSettings,
    WitnessSettings,
    default_settings,
    parse_settings,
)

__all__ = [
    "FEED_NAME",
    "AckRule",
    "CaptureSettings",
    "ChartsSettings",
    "CopiesSettings",
    "ExchangeSettings",
    "FeedSettings",
    "NodeSettings",
    "RefuseSettings",
    "Settings",
    "SettingsError",
    "VaultSettings",
    "WardSettings",
    "WebSettings",
    "WitnessSettings",
    "default_settings",
    "feed_text",
    "parse_settings",
]
