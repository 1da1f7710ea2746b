"""Every sign of an attack that is looked for: one table, a row a rule.

Rules kept here:
  * A row says what it sees, why that is a sign, and what it costs in false alarms. `docs/reference/watch.md` and
    `docs/howto/alarms.md` are made from it and compared with it.
  * What has no row raises nothing.
"""

from typing import Literal, NamedTuple

from contrefeu.acts import Severity

About = Literal["feed", "people", "ourselves"]


class Rule(NamedTuple):
    """A row."""

    name: str
    about: About
    severity: Severity
    sees: str
    why: str
    costs: str
    pins: Literal["", "source", "all"] = ""  # whose clean point it holds back


_ROWS = (
    # Feeds.
    Rule(
        "feed-silent", "feed", "act",
        "a feed said nothing for 5 min and longer than is normal for it at this hour of the week (C7); or nothing for "
        "5 min without the connection that it always keeps open",
        "its sender, or the network to it, is down: often the first thing that is seen",
        "an unannounced stop for maintenance; a new feed has no habit for 14 days and is judged by its last hours",
        "source",
    ),
    Rule(
        "feeds-silent", "feed", "attack",
        "three feeds or more stopped together, for 4 min",
        "systems that share nothing but the house do not fail together",
        "a long restart of the interface engine that nobody announced",
    ),
    Rule(
        "feed-collapse", "feed", "look",
        "an hour brought less than a fifth of what is usual at the least",
        "part of a system is cut off, or held back",
        "a strike; a day that is quieter than any Sunday",
        "source",
    ),
    Rule(
        "feed-burst", "feed", "look",
        "more than twice the messages in ten minutes that were normal at most, backlogs left out",
        "mass changes by a script",
        "a migration that nobody announced",
        "source",
    ),
    Rule(
        "merges", "feed", "attack",
        "many merges of identities (A18, A30, A34 to A36, A39 to A51; links of FHIR patients) in ten minutes, "
        "an hour or a day; or five within an hour and more than is a habit in as long a time, where chance brings "
        "fewer",
        "merging patients wrecks records without deleting one, and looks like work",
        "a clean-up of duplicates",
        "source",
    ),
    Rule(
        "deletes", "feed", "attack",
        "many deletions (A23, A29, S17, T11, D and W states of results; FHIR's DELETE and entered-in-error) in ten "
        "minutes, an hour or a day; or eight within an hour and more than is a habit in as long a time, where chance "
        "brings fewer",
        "a wiper with an account in the record system",
        "an archive that is cleared",
        "source",
    ),
    Rule(
        "cancellations", "feed", "act",
        "many cancelled stays, orders or appointments in ten minutes or in a day",
        "care stops when orders do",
        "a theatre that closes; a strike",
        "source",
    ),
    Rule(
        "updates", "feed", "act",
        "many changes of identity data (A08, A31, FHIR patients) in ten minutes",
        "identities written over by a script",
        "a yearly update of insurance rights",
        "source",
    ),
    Rule(
        "kind-new", "feed", "look",
        "a kind of message that this feed never sent, five times in a day",
        "somebody else speaks in its name, or learned how to",
        "an upgrade of the sender",
        "source",
    ),
    Rule(
        "sender-changed", "feed", "act",
        "messages written another way: version, character set, marks, form of the control ids",
        "another program speaks in a feed's name",
        "an upgrade of the sender",
        "source",
    ),
    Rule(
        "sender-new", "feed", "look",
        "a sender that was never heard before",
        "MSH-3 and MSH-4 are what anybody writes",
        "a feed that is being connected",
        "source",
    ),
    Rule(
        "time-jump", "feed", "act",
        "three messages in a row made 5 min in the future, or five steadily 20 min in the past",
        "certificates, retention and the order of facts hang on clocks",
        "a server that lost its time service: worth knowing",
        "source",
    ),
    Rule(
        "documents-sealed", "feed", "attack",
        "two documents in a day whose bytes are as random as ciphertext, and not of the type they claim",
        "the sender's files are being encrypted while it still speaks",
        "none seen: packed formats are recognised",
        "source",
    ),
    Rule(
        "documents-broken", "feed", "act",
        "five documents in an hour that do not open, five times the usual share",
        "damage at the source",
        "a sender's faulty release",
        "source",
    ),
    Rule(
        "text-same", "feed", "act",
        "one long text or document for many patients in a day",
        "a ransom note instead of reports; a script that fills records",
        "a letter that is sent to everybody",
        "source",
    ),
    # People.
    Rule(
        "honey", "people", "attack",
        "somebody opened a chart that nobody has a reason to open",
        "who searches through everything finds it too",
        "curiosity about an odd name",
    ),
    Rule(
        "looks-many", "people", "act",
        "more charts in an hour than this person, or a new one's role, ever needed",
        "fast theft",
        "a mass accident; an audit",
    ),
    Rule(
        "looks-without-reason", "people", "act",
        "charts of patients in no ward of theirs: more in two hours than was ever needed, or added up over days; of "
        "patients in no ward at all, refused, or by a role that opens none: three in half an hour or four in two, "
        "where neither habit nor chance brings as many",
        "slow theft, and snooping",
        "a new task that nobody told us of: letters after discharge, a first rehearsal",
    ),
    Rule(
        "export", "people", "look",
        "an export of charts, or of the audit with what was searched, by somebody who made none for forty days, or at "
        "night; the audit alone is no chart, and whose work it is gives it out without an alarm",
        "the quick way out for many charts",
        "every first export is one: it should be looked at",
    ),
    Rule(
        "at-night", "people", "look",
        "ten charts at night by somebody who never works at night",
        "a stolen account works when its owner sleeps",
        "a first night on call",
    ),
    Rule(
        "on-leave", "people", "act",
        "a look by somebody on leave",
        "a stolen account",
        "a leave that was moved and not noted",
    ),
    Rule(
        "glass-cluster", "people", "act",
        "four glasses broken by one person in two hours, or many in the house",
        "break-glass is for one patient in need",
        "a ward that moves",
    ),
    Rule(
        "famous", "people", "look",
        "two patients under secrecy looked at by one person who cares for neither; one by four such people, by "
        "somebody whom nobody asks for advice, or asked for by somebody who may not",
        "curiosity is the commonest breach",
        "a consulting team",
    ),
    Rule(
        "relatives", "people", "look",
        "two looks in a month at patients of one's name, telephone or address, in no ward of theirs; one if two agree",
        "staff look at relatives",
        "common names; neighbours in one house",
    ),
    Rule(
        "logins-refused", "people", "act",
        "many refused logins, of one person or of all, in ten minutes",
        "passwords are being tried",
        "a badge reader that repeats itself",
    ),
    # Ourselves.
    Rule(
        "copy-late", "ourselves", "look",
        "a vault is behind by more than 5 min, for 5 min",
        "copies are what a restore lives on: they are hindered first",
        "a line that is down",
    ),
    Rule(
        "copy-refused", "ourselves", "attack",
        "a vault refuses what this node sends, or raises an alarm of its own",
        "a journal that was cut back, or somebody who holds its credentials",
        "none seen",
        "all",
    ),
    Rule(
        "selftest-red", "ourselves", "act",
        "the nightly test did not get the charts back from a copy",
        "a backup that was never tried is none",
        "none seen: a difference is looked at twice",
    ),
    Rule(
        "ward-unready", "ourselves", "look",
        "the nightly test found a ward without a pack that opens, a printer that would print, or people who may log in",
        "what an outage needs is missed when nobody can bring it any more",
        "a printer that somebody switched off for the night",
    ),
    Rule(
        "journal-damaged", "ourselves", "attack",
        "a journal or a copy is not what was signed: a segment damaged, or a successor begun",
        "somebody writes where only the writer should",
        "a disk that rots: worth knowing",
        "all",
    ),
    Rule(
        "history-other", "ourselves", "attack",
        "a peer showed another history than it had vouched for",
        "a rolled-back or forked journal",
        "a station that was put back from an image",
        "all",
    ),
    Rule(
        "home-changed", "ourselves", "act",
        "settings, keys, certificates, peers or credentials in the home were changed while the node ran",
        "who changes them takes the node over",
        "every change that an administrator makes: it should be known to somebody else",
    ),
    Rule(
        "canary", "ourselves", "attack",
        "a file that nobody needs was changed, renamed or removed on a share",
        "ransomware goes through shares before it is seen anywhere else",
        "somebody who tidies up",
        "all",
    ),
    Rule(
        "message-large", "feed", "look",
        "a message larger than its sender's profile says (`message_bytes_max` of the feed); it was kept and answered",
        "a scan or a film in every message fills disks and copies; or somebody else speaks in its name",
        "a new kind of document: write the new largest into the profile",
    ),
    Rule(
        "control-reused", "feed", "look",
        "a sender used a message's control id (MSH-10) again, for other bytes; not one that does so all the time, or "
        "whose profile says that it does (`control_ids` of the feed)",
        "somebody sends what was sent before, changed; or the sender was put back to an older state",
        "a sender that begins to count again after an upgrade",
        "source",
    ),
    Rule(
        "tap-gap", "ourselves", "act",
        "a tap did not see bytes that a receiver acknowledged, or its machine dropped packets",
        "a message that nobody here has may be on no chart, and its sender will not send it again",
        "a mirror port that is overrun at peak hours: worth a larger one",
    ),
    Rule(
        "clock-moved", "ourselves", "act",
        "this node's own clock jumped by a minute or more",
        "retention, keys and the order of facts hang on it",
        "a machine that was suspended",
    ),
)  # fmt: skip

RULES: dict[str, Rule] = {row.name: row for row in _ROWS}
