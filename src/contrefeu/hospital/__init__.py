"""The hospital as its settings describe it: node, listeners, feeds, wards, vaults."""

from contrefeu.hospital.feeds import (
    FACTS,
    FEED_NAME,
    FeedSettings,
    RefuseSettings,
    SettingsError,
    feed_text,
)
from contrefeu.hospital.settings import (
    AckRule,
    CaptureSettings,
    CareSettings,
    ChartsSettings,
    CopiesSettings,
    DeclareSettings,
    ExchangeSettings,
    NodeSettings,
    RetentionSettings,
    Settings,
    VaultSettings,
    WardSettings,
    WebSettings,
    WitnessSettings,
    default_settings,
    parse_settings,
)
from contrefeu.hospital.watching import (
    MaintenanceSettings,
    WatchSettings,
)

__all__ = [
    "FACTS",
    "FEED_NAME",
    "AckRule",
    "CaptureSettings",
    "CareSettings",
    "ChartsSettings",
    "CopiesSettings",
    "DeclareSettings",
    "ExchangeSettings",
    "FeedSettings",
    "MaintenanceSettings",
    "NodeSettings",
    "RefuseSettings",
    "RetentionSettings",
    "Settings",
    "SettingsError",
    "VaultSettings",
    "WardSettings",
    "WatchSettings",
    "WebSettings",
    "WitnessSettings",
    "default_settings",
    "feed_text",
    "parse_settings",
]
