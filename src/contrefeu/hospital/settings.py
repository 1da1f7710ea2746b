"""`contrefeu.toml`: every setting, its default, its unit and its reason.

Rules kept here:
  * An unknown key is an error: a typing mistake must not silently leave a default in force.
  * Each key has its reason beside it; a number's unit is in its name. `docs/reference/settings.md` is made from here.
  * Values alone: reading and checking the file is `parsing.py`.
"""

from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from contrefeu.hospital.directory import DirectorySettings
from contrefeu.hospital.feeds import FeedName, FeedSettings
from contrefeu.hospital.imaging import ImagingSettings
from contrefeu.hospital.specimens import SpecimenRange
from contrefeu.hospital.surviving import SurvivingSettings, SystemName
from contrefeu.hospital.watching import WatchSettings

NodeId = Annotated[
    str,
    Meta(
        pattern=r"^(drill/)?[a-z0-9][a-z0-9-]{1,62}$",
        description='small letters, digits and "-", at least two; "drill/" before it for an exercise',
    ),
]
Address = Annotated[
    str, Meta(pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$", description="HOST:PORT or [IPv6]:PORT")
]


class NodeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """This station."""

    id: NodeId  # names its journals: "<id>-capture", "<id>-station", "<id>-watch"...; a drill's begins with "drill/"
    facility: str = "Contrefeu"  # on every page and sheet
    zone: str = "Europe/Paris"  # of the wards, and of a feed that has none of its own
    language: Literal["fr", "en"] = "fr"  # of pages and sheets, for whoever has not chosen


class CaptureSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How feeds are listened to."""

    mllp: Address = "127.0.0.1:2575"  # HL7's registered port
    mllp_tls: Annotated[str, Meta(pattern=r"^((\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5})?$")] = ""  # the same in TLS
    tls_certificate: str = ""  # PEM file that senders are shown, with its chain; needed with mllp_tls
    tls_key: str = ""  # its key, PEM, that the capture process may read
    tls_clients: str = ""  # PEM file of authorities whose senders alone are heard; "": no certificate is asked for
    message_bytes_max: Annotated[int, Meta(ge=1024, le=64 * 2**20)] = 64 * 2**20  # an entry's limit
    connections_max: Annotated[int, Meta(ge=1, le=100_000)] = 1024  # a large hospital has some hundred interfaces
    checkpoint_s: Annotated[float, Meta(gt=0, le=60)] = 0.5  # copies lag by at most about twice this
    ack: Literal["disk", "vault"] = "disk"  # what a sender's answer waits for; "vault": also read back from one
    when_no_vault: Literal["wait", "disk"] = "disk"  # with ack = "vault": no answer without one, or go on, and say so
    no_vault_exceptions: list[str] = field(default_factory=list)  # senders ("APP@FACILITY") for whom the other holds
    gather_ms: Annotated[float, Meta(ge=0, le=100)] = 0.0  # the first of a batch waits so long for others, at most
    segment_bytes: Annotated[int, Meta(ge=2**16, le=2**30)] = 64 * 2**20  # a longer one is closed
    segment_age_s: Annotated[float, Meta(ge=60, le=86_400)] = 3600.0  # an older one is closed, and its key forgotten
    spare_bytes: Annotated[int, Meta(ge=0, le=2**40)] = 64 * 2**20  # of the disk, left by feeds to what people do (S11)
    refuse: list[str] = field(default_factory=list)  # senders ("APP@FACILITY") that are never journaled (F45)


class AckRule(NamedTuple):
    """What a sender's answer waits for."""

    vault: bool  # until one gave the entry back
    waits: bool  # without one: for as long as it takes; else some seconds, and it is counted


class WebSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The ward app."""

    listen: Address = "127.0.0.1:8443"  # by default this machine alone: say where wards reach it
    names: list[str] = field(default_factory=lambda: ["localhost"])  # in the certificate
    passkey_domain: str = ""  # parent of every station's name, so that a passkey made at one opens all; "": that name's
    idle_minutes: Annotated[int, Meta(ge=1, le=720)] = 15  # a session that nobody used ends
    offline_hours: Annotated[int, Meta(ge=0, le=14)] = 8  # for how long a browser reads its kept pages
    offline_idle_minutes: Annotated[int, Meta(ge=1, le=720)] = 60  # nobody touched the PC: they are read no more


class CareSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Writing on the wards and in the laboratory."""

    escalate_minutes: Annotated[int, Meta(ge=1, le=240)] = 15  # a critical result nobody acknowledged is the hospital's
    second_check: list[str] = field(  # drugs whose dose a second person signs, by a part of their name
        default_factory=lambda: ["insulin", "héparin", "heparin", "morphin", "potassium", "digoxin"]
    )
    # drugs whose doses go through the ward's register, by a part of their name; two persons sign each
    controlled: list[str] = field(
        default_factory=lambda: ["morphin", "oxycodon", "fentanyl", "sufentanil", "hydromorphon", "méthadon", "kétamin"]
    )
    # which list of the agenda a slot stands in: parts of what its sender calls the service, the place or the reason
    theatre: list[str] = field(default_factory=lambda: ["bloc", "theatre", "operating", "opération"])
    # the same for sessions of dialysis, which go on in a downtime or are moved to another hospital
    dialysis: list[str] = field(default_factory=lambda: ["dialys", "hémofiltration"])
    # the same for sessions of radiotherapy, whose doses stand in another system
    radiotherapy: list[str] = field(default_factory=lambda: ["radiothérap", "radiotherap", "curiethérap"])
    # the same for courses of chemotherapy, whose next day is prescribed
    chemotherapy: list[str] = field(default_factory=lambda: ["chimiothérap", "chemotherap", "cure folf"])


class VaultSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A place for copies."""

    url: str  # file://, s3://, pull+https:// or spool+file://; it holds no secret (docs/howto/vaults.md)
    # a store that keeps no lock, taken all the same: who has the node's credentials can empty it
    plain_copy: bool = False
    bytes_per_second_max: Annotated[int, Meta(ge=0)] = 0  # sent to it at most; 0: as fast as the link goes
    host: str = ""  # who runs it: health data may be kept by a certified host only, in several countries (F43)
    country: str = ""  # where it stands
    certificate: str = ""  # the host's certificate for health data, such as HDS in France
    certificate_expires: str = ""  # a date, YYYY-MM-DD


class KeysSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How far back this node can read without its custodians."""

    horizon_days: Annotated[int, Meta(ge=7, le=3660)] = 400  # an emergency physician needs last year's allergies


KEPT_DAYS_MIN = 396  # 13 months (C6): no journal ends sooner
KeptDays = Annotated[int, Meta(ge=0, le=36_600)]


class RetentionSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How long journals are kept, in days that they lived through; 0 is for ever. `keys expire` ends what is older."""

    feeds_days: KeptDays = 0  # what feeds sent; at least 396: thirteen months
    audit_days: KeptDays = 0  # who looked at what; at least 396


StoreUrl = Annotated[str, Meta(pattern=r"^(postgresql://.*)?$", description='postgresql://… or ""')]


class ChartsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where charts are kept between messages."""

    store: StoreUrl = ""  # a server's URL; "": a sealed file in the home


class ProcessesSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How the node's processes are kept apart."""

    users: Literal["shared", "separate"] = "shared"  # separate: one system user each; `up` is then started as root


class CopiesSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How copies are looked after."""

    scrub_days: Annotated[float, Meta(gt=0, le=365)] = 7.0  # every closed segment, here and in vaults, is read so often
    scrub_bytes_per_second_max: Annotated[int, Meta(ge=0)] = 10_000_000  # a tenth of a slow disk; 0: no limit


class ExchangeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How peers are met; who they are, `station join` says."""

    listen: Address = "127.0.0.1:8445"  # answers peers that were joined, and nobody else
    every_s: Annotated[float, Meta(ge=0.1, le=60)] = 1.0  # what a peer has is here as much later
    bytes_per_s: Annotated[int, Meta(ge=65_536)] = 16 * 2**20  # to and from one peer: wards share the line
    free_bytes_min: Annotated[int, Meta(ge=0)] = 256 * 2**20  # left of the disk for this station's own journals


class GroupSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A group of facilities that sees this one in numbers; whom this one sees, group.toml says."""

    listen: Annotated[str, Meta(pattern=r"^((\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5})?$")] = ""  # "": no answer
    askers: list[str] = field(default_factory=list)  # keys that are answered, as `group key` prints them over there
    every_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0  # how often the facilities of group.toml are asked


class WitnessSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where witnesses leave what they cosigned."""

    folders: list[str] = field(default_factory=list)  # of requests and answers, as `journal witness` is given


class DeclareSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What every declaration asks of the house, written down before the night it is needed."""

    contact: str = ""  # whom an authority reaches day and night: name, phone, mail
    dpo: str = ""  # data protection officer: name, phone, mail
    controller: str = ""  # who answers for the data (GDPR, article 4(7)): name, address; each house of a group its own
    structure_id: str = ""  # the house's number with its authority; in France FINESS
    regimes: list[str] = field(default_factory=list)  # whose clocks run on the pages; []: those of EU and French law


class PacksSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Ward packs that are made ahead, sealed, and put where wards find them when nothing answers any more."""

    folders: list[str] = field(default_factory=list)  # absolute; "{ward}" in one is the ward's id. None: none are made
    wards: list[str] = field(default_factory=list)  # of which; none named: of every ward
    printers: dict[str, str] = field(default_factory=dict)  # ward -> CUPS queue: its pack, when a downtime is declared
    every_minutes: Annotated[int, Meta(ge=1, le=60)] = 15  # a ward where something changed has a new one so soon (W2)
    unchanged_minutes: Annotated[int, Meta(ge=1, le=60)] = 30  # and one where nothing did: its age stays below an hour


class ScanSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Pages that come back by themselves: a running node files them, or queues them on a ward's page of papers."""

    folders: list[str] = field(default_factory=list)  # absolute: where copiers leave PDF, TIFF, JPEG and PNG files
    mails: list[str] = field(default_factory=list)  # absolute: where a mail server leaves messages, a file each
    keep_days: Annotated[int, Meta(ge=0, le=365)] = 7  # files that were taken in stay in `taken/` so long


class StockSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody counted on a ward, for its kit to say how many days of it are left."""

    ward: str  # as feeds name it
    counted: str  # the day: "2026-11-20"
    sheets: Annotated[int, Meta(ge=0, le=1_000_000)] = 0  # of paper
    toner_pages: Annotated[int, Meta(ge=0, le=1_000_000)] = 0  # that the toner in the printer and the spare ones print
    labels: Annotated[int, Meta(ge=0, le=1_000_000)] = 0  # single ones


class KitSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a ward's kit prints beside blank forms. In text files a line is an entry, ";" parts columns, "#" heads."""

    directory: str = ""  # absolute: telephone directory, a text file
    on_call: str = ""  # absolute: who is on call, a text file that somebody keeps up to date
    procedures: list[str] = field(default_factory=list)  # absolute; "{ward}" in one is the ward's id; text files or PDF
    stock: list[StockSettings] = field(default_factory=list)  # of each ward that was counted


class WardSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A ward that is declared; wards that feeds name are learned."""

    id: str  # as feeds name it, PV1-3.1
    name: str = ""  # as people say it; its id when empty
    beds: list[str] = field(default_factory=list)  # shown empty too, in this order


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All of `contrefeu.toml`."""

    node: NodeSettings
    capture: CaptureSettings = CaptureSettings()
    web: WebSettings = WebSettings()
    care: CareSettings = CareSettings()
    keys: KeysSettings = KeysSettings()
    retention: RetentionSettings = RetentionSettings()
    charts: ChartsSettings = ChartsSettings()
    processes: ProcessesSettings = ProcessesSettings()
    exchange: ExchangeSettings = ExchangeSettings()
    group: GroupSettings = GroupSettings()
    witness: WitnessSettings = WitnessSettings()
    declare: DeclareSettings = DeclareSettings()
    directory: DirectorySettings = DirectorySettings()
    watch: WatchSettings = WatchSettings()
    vaults: list[VaultSettings] = field(default_factory=list)
    copies: CopiesSettings = CopiesSettings()
    packs: PacksSettings = PacksSettings()
    scan: ScanSettings = ScanSettings()
    imaging: ImagingSettings = ImagingSettings()
    kit: KitSettings = KitSettings()
    specimen_numbers: list[SpecimenRange] = field(default_factory=list)
    wards: list[WardSettings] = field(default_factory=list)
    feeds: dict[FeedName, FeedSettings] = field(default_factory=dict)
    surviving: dict[SystemName, SurvivingSettings] = field(default_factory=dict)

    @property
    def drill(self) -> bool:
        """Whether this home is an exercise's: its journals' origins begin with "drill/"."""
        return self.node.id.startswith("drill/")

    @property
    def acks_by_vault(self) -> bool:
        """Whether any sender's answer waits for a vault."""
        return self.capture.ack == "vault" or any(feed.ack == "vault" for feed in self.feeds.values())

    def ack_rule(self, sender: str = "") -> AckRule:
        """What holds for *sender*: what its feed says, or else `[capture]` and its exceptions."""
        said = self.capture
        feed = next((feed for feed in self.feeds.values() if sender in feed.senders), None)
        ack = (feed.ack if feed else "") or said.ack
        waits = (said.when_no_vault == "wait") != (sender in said.no_vault_exceptions)
        if feed and feed.when_no_vault:
            waits = feed.when_no_vault == "wait"
        return AckRule(ack == "vault", waits)


def default_settings(node_id: str, facility: str) -> str:
    """Return the text of a new home's settings."""
    return (
        "# Contrefeu: settings of this node. docs/reference/settings.md says what each means.\n"
        f"[node]\nid = {_quoted(node_id)}\nfacility = {_quoted(facility)}\n"
    )


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are a subset of TOML's."""
    return msgspec.json.encode(text).decode()
