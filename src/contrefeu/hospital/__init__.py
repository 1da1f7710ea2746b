"""The hospital as its settings describe it: node, listeners, wards, vaults."""

from contrefeu.hospital.settings import (
    CaptureSettings,
    CopiesSettings,
    ExchangeSettings,
    NodeSettings,
    Settings,
    SettingsError,
    VaultSettings,
    WardSettings,
    WebSettings,
    default_settings,
    parse_settings,
)

__all__ = [
    "CaptureSettings",
    "CopiesSettings",
    "ExchangeSettings",
    "NodeSettings",
    "Settings",
    "SettingsError",
    "VaultSettings",
    "WardSettings",
    "WebSettings",
    "default_settings",
    "parse_settings",
]
