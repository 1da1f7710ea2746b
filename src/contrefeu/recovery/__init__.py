"""After the attack: a node from copies and the custodians' shares, what a restored system lacks, sent back, accounted
for; and before it, that it would work."""

from contrefeu.recovery.account_fhir import (
    AccountLists,
)
from contrefeu.recovery.account_page import (
    AccountList,
    account_pdf,
)
from contrefeu.recovery.addresses import (
    address_of,
    check_name,
)
from contrefeu.recovery.asked import (
    ASKED_TABLE,
    Asked,
)
from contrefeu.recovery.billing import (
    BillingList,
    stays_written,
)
from contrefeu.recovery.cluster import (
    export_on_cluster,
)
from contrefeu.recovery.cluster_matching import (
    match_on_cluster,
)
from contrefeu.recovery.cluster_reading import (
    reading_on_cluster,
)
from contrefeu.recovery.compared import (
    TABLES,
)
from contrefeu.recovery.fetch import (
    Forward,
)
from contrefeu.recovery.fhir_server import (
    FhirServer,
)
from contrefeu.recovery.findings import (
    Finding,
    LinesFile,
    findings,
)
from contrefeu.recovery.gap import (
    Gap,
    PatientGap,
    Sources,
    find_gap,
    is_own,
)
from contrefeu.recovery.gather import (
    Difference,
)
from contrefeu.recovery.holdings import (
    Columns,
    columns,
    held,
)
from contrefeu.recovery.identities import (
    Identity,
    identities,
)
from contrefeu.recovery.ledger import (
    LEDGER_TABLES,
    Ledger,
)
from contrefeu.recovery.live import (
    Live,
    Round,
    Stuck,
    live_profile,
)
from contrefeu.recovery.matching import (
    Matched,
    Matcher,
    Proposal,
    among,
    everybody,
)
from contrefeu.recovery.parquet import (
    write_parquet,
)
from contrefeu.recovery.plan import (
    PLANNED_TABLE,
    Header,
    Line,
    check_plan,
    made_otherwise,
    planned,
    read_plan,
    write_plan,
)
from contrefeu.recovery.profiles import (
    Profile,
    Query,
    read_profile,
)
from contrefeu.recovery.progress import (
    Progress,
)
from contrefeu.recovery.reading_ahead import (
    read_ahead,
)
from contrefeu.recovery.rebuild import (
    Restored,
    Watcher,
    restore,
)
from contrefeu.recovery.replay import (
    Replay,
    Replayed,
)
from contrefeu.recovery.report import (
    FATES,
    FOUND_TABLE,
    Account,
    Accountant,
    drawn,
)
from contrefeu.recovery.reviewed import (
    Doubted,
    set_aside,
)
from contrefeu.recovery.scratch import (
    Scratch,
    scratch,
)
from contrefeu.recovery.selftest import (
    SelfTest,
    reach_of,
    self_test,
)
from contrefeu.recovery.served import (
    Served,
)
from contrefeu.recovery.spark import (
    Cluster,
)
from contrefeu.recovery.statements import (
    Statements,
)
from contrefeu.recovery.waiting import (
    TURNS,
    Waiting,
    WaitingHeader,
    waiting_header,
)
from contrefeu.recovery.ward_messages import (
    WardMessages,
    own_source,
)
from contrefeu.recovery.ward_words import (
    Wording,
)
from contrefeu.recovery.whose import (
    Whose,
)
from contrefeu.recovery.wire import (
    FhirTarget,
    MllpTarget,
    NotReached,
    Outcome,
    open_target,
    unreachable,
)

__all__ = [
    "ASKED_TABLE",
    "FATES",
    "FOUND_TABLE",
    "LEDGER_TABLES",
    "PLANNED_TABLE",
    "TABLES",
    "TURNS",
    "Account",
    "AccountList",
    "AccountLists",
    "Accountant",
    "Asked",
    "BillingList",
    "Cluster",
    "Columns",
    "Difference",
    "Doubted",
    "FhirServer",
    "FhirTarget",
    "Finding",
    "Forward",
    "Gap",
    "Header",
    "Identity",
    "Ledger",
    "Line",
    "LinesFile",
    "Live",
    "Matched",
    "Matcher",
    "MllpTarget",
    "NotReached",
    "Outcome",
    "PatientGap",
    "Profile",
    "Progress",
    "Proposal",
    "Query",
    "Replay",
    "Replayed",
    "Restored",
    "Round",
    "Scratch",
    "SelfTest",
    "Served",
    "Sources",
    "Statements",
    "Stuck",
    "Waiting",
    "WaitingHeader",
    "WardMessages",
    "Watcher",
    "Whose",
    "Wording",
    "account_pdf",
    "address_of",
    "among",
    "check_name",
    "check_plan",
    "columns",
    "drawn",
    "everybody",
    "export_on_cluster",
    "find_gap",
    "findings",
    "held",
    "identities",
    "is_own",
    "live_profile",
    "made_otherwise",
    "match_on_cluster",
    "open_target",
    "own_source",
    "planned",
    "reach_of",
    "read_ahead",
    "read_plan",
    "read_profile",
    "reading_on_cluster",
    "restore",
    "scratch",
    "self_test",
    "set_aside",
    "stays_written",
    "unreachable",
    "waiting_header",
    "write_parquet",
    "write_plan",
]
