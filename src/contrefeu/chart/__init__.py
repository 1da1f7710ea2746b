"""Charts: folds of journal entries, kept in a store, followed and asked.

What a page needs to say of a resource as boards and charts in a terminal say it stands here too: one rule, one place.
"""

from contrefeu.acts import (
    TEMPORARY,
)
from contrefeu.chart.agenda import (
    CALLED,
    AgendaLine,
    Call,
    Phone,
    Slot,
    agenda_of,
)
from contrefeu.chart.ages import (
    Age,
    age_of,
    weight_is_old,
)
from contrefeu.chart.ahead import (
    Begin,
)
from contrefeu.chart.answers import (
    UNPLACED_MAX,
    Account,
    Charts,
    Lately,
    rules_of,
)
from contrefeu.chart.apart import (
    fold_apart,
    is_everybodys,
    names_in,
)
from contrefeu.chart.blood import (
    BLOOD_GROUPS,
    holds_blood,
)
from contrefeu.chart.boards import (
    board_row,
    courses_of,
    place_of,
    severity_of,
    stay_of,
)
from contrefeu.chart.clashes import (
    SETTLED,
    Clash,
    Side,
    clashes_of,
    seen_by,
    written_after,
)
from contrefeu.chart.client import (
    ChartsClient,
    SyncChartsClient,
)
from contrefeu.chart.clocks import (
    Clocks,
    Stamp,
    station_of,
)
from contrefeu.chart.corrections import (
    Correction,
)
from contrefeu.chart.disputes import (
    Dispute,
    Told,
    dispute_of,
)
from contrefeu.chart.doses import (
    due_times,
    is_infusion,
)
from contrefeu.chart.due import (
    due_in_downtime,
)
from contrefeu.chart.elements import (
    REVIEW,
    Names,
    Number,
    Resource,
    allergies_state,
    allergies_struck,
    amount,
    codes,
    concept,
    concepts,
    confidential,
    denied_kind,
    denies_allergies,
    display,
    dose_status_of,
    earlier,
    first,
    instant,
    is_error,
    is_struck,
    listed,
    names,
    newest,
    notes,
    notice_of,
    numbers,
    review_of,
    source_of,
    status_of,
    unit,
)
from contrefeu.chart.export import (
    write_bundles,
)
from contrefeu.chart.fold import (
    Chart,
    kept_resources,
    new_chart,
    present_resources,
    to_bundle,
)
from contrefeu.chart.follow import (
    open_charts,
)
from contrefeu.chart.kinds import (
    kind_of,
)
from contrefeu.chart.partial import (
    Present,
    fold_partial,
)
from contrefeu.chart.provisional import (
    UNKNOWN,
    is_number,
    number_of,
    spoken,
)
from contrefeu.chart.questions import (
    chart_in,
)
from contrefeu.chart.reader import (
    run_reader,
)
from contrefeu.chart.sentences import (
    clock,
    day,
    drug_of,
    drug_said,
    flag_of,
    instruction_of,
    measured_of,
    moment,
    range_of,
    report_title,
    sentence,
    value_of,
    wall_day,
)
from contrefeu.chart.silence import (
    FEED_SILENT_S,
    OURS,
    of_feeds,
    silent_feeds,
)
from contrefeu.chart.spelling import (
    fold,
    name_words,
    sound,
)
from contrefeu.chart.stays import (
    planned_visit,
    present_stay,
)
from contrefeu.chart.steps import (
    StayState,
    Step,
    bed_name,
    last_here,
    steps_in_force,
    taken_up,
    where,
)
from contrefeu.chart.summary import (
    summary,
)
from contrefeu.chart.sweeps import (
    no_sweep,
    sweep_seldom,
)
from contrefeu.chart.tallman import (
    tall_man,
)
from contrefeu.chart.triage import (
    TRIAGE,
    is_level,
)
from contrefeu.chart.trust import (
    FICTITIOUS,
    PROVISIONAL,
    RELIABILITY,
    UNKNOWN_BIRTH,
    doubts_of,
    reliability_of,
)
from contrefeu.chart.versions import (
    CONFLICT,
    EARLIER,
    SOURCE,
    strength_of,
)
from contrefeu.chart.views import (
    AUDIT,
    STATION,
    AllergiesState,
    AsOf,
    Board,
    BoardRow,
    ChartsStatus,
    DrugSeen,
    DueItem,
    Emergency,
    ExportResult,
    FeedStatus,
    HoneyChart,
    PatientHit,
    Person,
    Restoring,
    UnplacedEntry,
    WardKnown,
    WardSummary,
)
from contrefeu.chart.wording import (
    chart_text,
    printable,
    restoring_text,
)
from contrefeu.chart.words import (
    Language,
    word,
)
from contrefeu.chart.work import (
    ANSWER,
    MEDICINE,
    SPECIMEN,
    VERBAL,
    WorkItem,
    WorkLine,
    answered,
    is_protected,
    is_verbal,
    order_words,
    result_words,
    specimen_of,
    work_items,
    work_line,
    written_here,
)
from contrefeu.mapping import (
    WRITTEN,
)

__all__ = [
    "ANSWER",
    "AUDIT",
    "BLOOD_GROUPS",
    "CALLED",
    "CONFLICT",
    "EARLIER",
    "FEED_SILENT_S",
    "FICTITIOUS",
    "MEDICINE",
    "OURS",
    "PROVISIONAL",
    "RELIABILITY",
    "REVIEW",
    "SETTLED",
    "SOURCE",
    "SPECIMEN",
    "STATION",
    "TEMPORARY",
    "TRIAGE",
    "UNKNOWN",
    "UNKNOWN_BIRTH",
    "UNPLACED_MAX",
    "VERBAL",
    "WRITTEN",
    "Account",
    "Age",
    "AgendaLine",
    "AllergiesState",
    "AsOf",
    "Begin",
    "Board",
    "BoardRow",
    "Call",
    "Chart",
    "Charts",
    "ChartsClient",
    "ChartsStatus",
    "Clash",
    "Clocks",
    "Correction",
    "Dispute",
    "DrugSeen",
    "DueItem",
    "Emergency",
    "ExportResult",
    "FeedStatus",
    "HoneyChart",
    "Language",
    "Lately",
    "Names",
    "Number",
    "PatientHit",
    "Person",
    "Phone",
    "Present",
    "Resource",
    "Restoring",
    "Side",
    "Slot",
    "Stamp",
    "StayState",
    "Step",
    "SyncChartsClient",
    "Told",
    "UnplacedEntry",
    "WardKnown",
    "WardSummary",
    "WorkItem",
    "WorkLine",
    "age_of",
    "agenda_of",
    "allergies_state",
    "allergies_struck",
    "amount",
    "answered",
    "bed_name",
    "board_row",
    "chart_in",
    "chart_text",
    "clashes_of",
    "clock",
    "codes",
    "concept",
    "concepts",
    "confidential",
    "courses_of",
    "day",
    "denied_kind",
    "denies_allergies",
    "display",
    "dispute_of",
    "dose_status_of",
    "doubts_of",
    "drug_of",
    "drug_said",
    "due_in_downtime",
    "due_times",
    "earlier",
    "first",
    "flag_of",
    "fold",
    "fold_apart",
    "fold_partial",
    "holds_blood",
    "instant",
    "instruction_of",
    "is_error",
    "is_everybodys",
    "is_infusion",
    "is_level",
    "is_number",
    "is_protected",
    "is_struck",
    "is_verbal",
    "kept_resources",
    "kind_of",
    "last_here",
    "listed",
    "measured_of",
    "moment",
    "name_words",
    "names",
    "names_in",
    "new_chart",
    "newest",
    "no_sweep",
    "notes",
    "notice_of",
    "number_of",
    "numbers",
    "of_feeds",
    "open_charts",
    "order_words",
    "place_of",
    "planned_visit",
    "present_resources",
    "present_stay",
    "printable",
    "range_of",
    "reliability_of",
    "report_title",
    "restoring_text",
    "result_words",
    "review_of",
    "rules_of",
    "run_reader",
    "seen_by",
    "sentence",
    "severity_of",
    "silent_feeds",
    "sound",
    "source_of",
    "specimen_of",
    "spoken",
    "station_of",
    "status_of",
    "stay_of",
    "steps_in_force",
    "strength_of",
    "summary",
    "sweep_seldom",
    "taken_up",
    "tall_man",
    "to_bundle",
    "unit",
    "value_of",
    "wall_day",
    "weight_is_old",
    "where",
    "word",
    "work_items",
    "work_line",
    "write_bundles",
    "written_after",
    "written_here",
]
