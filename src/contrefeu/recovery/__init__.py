"""After the attack: a node from copies and the custodians' shares, what a restored system lacks, sent back, accounted
for; and before it, that it would work."""

from contrefeu.recovery.account_page import AccountList, account_pdf
from contrefeu.recovery.compared import TABLES
from contrefeu.recovery.fetch import Forward
from contrefeu.recovery.fhir_server import FhirServer
from contrefeu.recovery.findings import Finding, findings
from contrefeu.recovery.gap import Gap, PatientGap, Sources, find_gap
from contrefeu.recovery.gather import Difference
from contrefeu.recovery.holdings import Columns, columns, held
from contrefeu.recovery.identities import Identity, holds_blood, identities
from contrefeu.recovery.ledger import LEDGER_TABLES, Ledger
from contrefeu.recovery.matching import Matched, Matcher, Proposal, everybody
from contrefeu.recovery.plan import Header, Line, check_plan, planned, read_plan, write_plan
from contrefeu.recovery.profiles import Profile, read_profile
from contrefeu.recovery.progress import Progress
from contrefeu.recovery.rebuild import Restored, Watcher, restore
from contrefeu.recovery.replay import Replay, Replayed
from contrefeu.recovery.report import FATES, FOUND_TABLE, Account, Accountant
from contrefeu.recovery.scratch import Scratch, scratch
from contrefeu.recovery.selftest import SelfTest, self_test
from contrefeu.recovery.served import Served
from contrefeu.recovery.statements import Statements
from contrefeu.recovery.ward_messages import WardMessages, own_source
from contrefeu.recovery.wire import FhirTarget, MllpTarget, NotReached, Outcome, open_target, unreachable

__all__ = [
    "FATES",
    "FOUND_TABLE",
    "LEDGER_TABLES",
    "TABLES",
    "Account",
    "AccountList",
    "Accountant",
    "Columns",
    "Difference",
    "FhirServer",
    "FhirTarget",
    "Finding",
    "Forward",
    "Gap",
    "Header",
    "Identity",
    "Ledger",
    "Line",
    "Matched",
    "Matcher",
    "MllpTarget",
    "NotReached",
    "Outcome",
    "PatientGap",
    "Profile",
    "Progress",
    "Proposal",
    "Replay",
    "Replayed",
    "Restored",
    "Scratch",
    "SelfTest",
    "Served",
    "Sources",
    "Statements",
    "WardMessages",
    "Watcher",
    "account_pdf",
    "check_plan",
    "columns",
    "everybody",
    "find_gap",
    "findings",
    "held",
    "holds_blood",
    "identities",
    "open_target",
    "own_source",
    "planned",
    "read_plan",
    "read_profile",
    "restore",
    "scratch",
    "self_test",
    "unreachable",
    "write_plan",
]
