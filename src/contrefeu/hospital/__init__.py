"""The hospital as its settings describe it: node, listeners, wards, vaults."""

from contrefeu.hospital.settings import (
    CaptureSettings,
    CopiesSettings,
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
    "NodeSettings",
    "Settings",
    "SettingsError",
    "VaultSettings",
    "WardSettings",
    "WebSettings",
    "default_settings",
    "parse_settings",
]
