"""The hospital as its settings describe it: node, listeners, feeds, wards, vaults."""

from contrefeu.hospital.directory import (
    DIRECTORY_ROLES,
    DirectoryGroup,
    DirectorySettings,
)
from contrefeu.hospital.feeds import (
    FACTS,
    FEED_NAME,
    ROLE_NAME,
    TAP,
    FeedSettings,
    RefuseSettings,
    RuleSettings,
    SealSettings,
    feed_of,
    feed_text,
)
from contrefeu.hospital.imaging import ImagingSettings, by_accession_alone, viewer_url
from contrefeu.hospital.live import (
    TAKEN_UP,
    changed_keys,
    is_taken_up,
    taken_up,
    when_in_force,
)
from contrefeu.hospital.parsing import (
    parse_settings,
    read_settings,
)
from contrefeu.hospital.problems import (
    Problem,
    SettingsError,
)
from contrefeu.hospital.settings import (
    AckRule,
    CaptureSettings,
    CareSettings,
    ChartsSettings,
    CopiesSettings,
    DeclareSettings,
    ExchangeSettings,
    GroupSettings,
    NodeSettings,
    RetentionSettings,
    Settings,
    StockSettings,
    VaultSettings,
    WardSettings,
    WebSettings,
    WitnessSettings,
    default_settings,
)
from contrefeu.hospital.specimens import (
    SpecimenPart,
    SpecimenRange,
)
from contrefeu.hospital.surviving import (
    SurvivingSettings,
    Taken,
)
from contrefeu.hospital.watching import (
    MaintenanceSettings,
    WatchSettings,
)

__all__ = [
    "DIRECTORY_ROLES",
    "FACTS",
    "FEED_NAME",
    "ROLE_NAME",
    "TAKEN_UP",
    "TAP",
    "AckRule",
    "CaptureSettings",
    "CareSettings",
    "ChartsSettings",
    "CopiesSettings",
    "DeclareSettings",
    "DirectoryGroup",
    "DirectorySettings",
    "ExchangeSettings",
    "FeedSettings",
    "GroupSettings",
    "ImagingSettings",
    "MaintenanceSettings",
    "NodeSettings",
    "Problem",
    "RefuseSettings",
    "RetentionSettings",
    "RuleSettings",
    "SealSettings",
    "Settings",
    "SettingsError",
    "SpecimenPart",
    "SpecimenRange",
    "StockSettings",
    "SurvivingSettings",
    "Taken",
    "VaultSettings",
    "WardSettings",
    "WatchSettings",
    "WebSettings",
    "WitnessSettings",
    "by_accession_alone",
    "changed_keys",
    "default_settings",
    "feed_of",
    "feed_text",
    "is_taken_up",
    "parse_settings",
    "read_settings",
    "taken_up",
    "viewer_url",
    "when_in_force",
]
