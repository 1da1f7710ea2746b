"""Acts are written once and read for ever: the bytes are frozen, and what a later version wrote stops nothing.

Method: each act there and back, and as it stands in a journal.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrefeu.acts import (
    AccountAdded,
    AccountDisabled,
    AccountDrawn,
    Answered,
    CleanPointSet,
    CleanPointsSeen,
    DowntimeDeclared,
    DowntimeLifted,
    EntriesDropped,
    EntriesReleased,
    EntriesSetAside,
    GapTaken,
    GlassBroken,
    HorizonHeld,
    HorizonReleased,
    IdentitiesLinked,
    JournalExpired,
    LiveSettled,
    LiveSwitched,
    MessagesAnswered,
    MessagesClaimed,
    MessagesReleased,
    PairDecided,
    PairsProposed,
    PathAccount,
    PatientAccount,
    PatientSignedOff,
    PointSeen,
    ProposedPair,
    ReadingKeysDestroyed,
    RecoveryKeyChanged,
    RecoveryRehearsed,
    ReplayEnded,
    RoleKeyMade,
    SecretChanged,
    ShareConfirmed,
    TemporaryAccountEnded,
    TemporaryAccountMade,
    TemporaryAccountProlonged,
    WardAccount,
    decode,
    encode,
)

AT = "2026-11-24T02:10:00.000000Z"
ACTS = {
    b'{"act":"account-added","login":"a","name":"Ada","role":"nurse","secret_hash":"$argon2id$x","wards":["CARD"]}':
        AccountAdded("a", "Ada", "nurse", "$argon2id$x", ["CARD"]),
    b'{"act":"account-disabled","login":"a","reason":"left"}': AccountDisabled("a", "left"),
    b'{"act":"secret-changed","login":"a","secret_hash":"$argon2id$y"}': SecretChanged("a", "$argon2id$y"),
    b'{"act":"temporary-account-made","key":"k","login":"roux.482","name":"Zo\xc3\xa9 Roux","profession":"nurse",'
    b'"ward":"CARD","secret_hash":"$argon2id$x","second":"b","at":"t","until":"u","badge":"42"}':
        TemporaryAccountMade("k", "roux.482", "Zoé Roux", "nurse", "CARD", "$argon2id$x", "b", "t", "u", "42"),
    b'{"act":"temporary-account-prolonged","key":"k","login":"roux.482","second":"b","at":"t","until":"u"}':
        TemporaryAccountProlonged("k", "roux.482", "b", "t", "u"),
    b'{"act":"temporary-account-ended","login":"roux.482","until":"u"}': TemporaryAccountEnded("roux.482", "u"),
    b'{"act":"downtime-declared","wards":[],"reason":"attack","at":"2026-11-24T02:10:00.000000Z"}':
        DowntimeDeclared([], "attack", AT),
    b'{"act":"downtime-declared","wards":[],"reason":"attack","at":"2026-11-24T02:10:00.000000Z","medium":"screen"}':
        DowntimeDeclared([], "attack", AT, "screen"),
    b'{"act":"downtime-lifted","wards":["CARD"],"reason":"restored","at":"2026-11-24T02:10:00.000000Z"}':
        DowntimeLifted(["CARD"], "restored", AT),
    b'{"act":"glass-broken","chart":"c1","reason":"emergency","at":"2026-11-24T02:10:00.000000Z"}':
        GlassBroken("c1", "emergency", AT),
    b'{"act":"recovery-key-changed","number":2,"note":"signed"}': RecoveryKeyChanged(2, "signed"),
    b'{"act":"share-confirmed","recovery":"ff","share":3,"at":"2026-11-24T02:10:00.000000Z"}':
        ShareConfirmed("ff", 3, AT),
    b'{"act":"recovery-rehearsed","recovery":"ff","shares":[1,2],"segments":9,"closed":0,"seconds":0.5,"at":"t"}':
        RecoveryRehearsed("ff", [1, 2], 9, 0, 0.5, "t"),
    b'{"act":"role-key-made","role":"psy","public":"AQ==","salt":"Ag==","n":65536,"seed":"Aw==","recovery":"ff",'
    b'"sealed":"BA=="}': RoleKeyMade("psy", b"\x01", b"\x02", 65536, b"\x03", "ff", b"\x04"),
    b'{"act":"reading-keys-destroyed","days":["2026-11-24"],"fingerprints":["ff"],"at":"t"}':
        ReadingKeysDestroyed(["2026-11-24"], ["ff"], "t"),
    b'{"act":"journal-expired","journal":"n1-capture","note":"signed"}': JournalExpired("n1-capture", "signed"),
    b'{"act":"horizon-held","reason":"recovery","at":"t"}': HorizonHeld("recovery", "t"),
    b'{"act":"horizon-released","reason":"","at":"t"}': HorizonReleased("", "t"),
    b'{"act":"pairs-proposed","pairs":[{"temporary":"T|1","known":"IPP|2","rule":"score","bits":30.5,'
    b'"fields":{"birth":"same"},"why":"w"}],"at":"t"}':
        PairsProposed([ProposedPair("T|1", "IPP|2", "score", 30.5, {"birth": "same"}, "w")], "t"),
    b'{"act":"pair-decided","temporary":"T|1","known":"IPP|2","same":true,"at":"t","blood_bank":true}':
        PairDecided("T|1", "IPP|2", True, "t", blood_bank=True),
    b'{"act":"identities-linked","survivor":"IPP|2","lost":"T|1","at":"t"}': IdentitiesLinked("IPP|2", "T|1", "t"),
    b'{"act":"identities-linked","survivor":"IPP|2","lost":"T|1","at":"t","undo":true,"reason":"twins"}':
        IdentitiesLinked("IPP|2", "T|1", "t", undo=True, reason="twins"),
    b'{"act":"gap-taken","against":"d","until":{"j":9},"since":"","entries":3,"present":1,"missing":1,"different":1,'
    b'"extra":0,"findings":"ff","at":"t"}': GapTaken("d", {"j": 9}, "", 3, 1, 1, 1, 0, "ff", "t"),
    b'{"act":"messages-claimed","target":"ehr","claim":"c","entries":["j/1","j/2"],"at":"t"}':
        MessagesClaimed("ehr", "c", ["j/1", "j/2"], "t"),
    b'{"act":"messages-claimed","target":"labo","claim":"c","entries":["j/1"],"at":"t","address":"mllp://h:1","live":true}':
        MessagesClaimed("labo", "c", ["j/1"], "t", "mllp://h:1", live=True),
    b'{"act":"live-switched","system":"labo","on":true,"at":"t","node":"n1","since":"s"}':
        LiveSwitched("labo", True, "t", "n1", "s"),
    b'{"act":"live-settled","system":"labo","entry":"j/1","at":"t","reason":"r"}':
        LiveSettled("labo", "j/1", "t", "r"),
    b'{"act":"messages-answered","target":"ehr","claim":"c","answers":[["j/1","AA","CF1"]],"at":"t"}':
        MessagesAnswered("ehr", "c", [Answered("j/1", "AA", "CF1")], "t"),
    b'{"act":"messages-released","target":"ehr","claim":"c","entries":["j/2"],"reason":"r","at":"t"}':
        MessagesReleased("ehr", "c", ["j/2"], "r", "t"),
    b'{"act":"replay-ended","target":"ehr","at":"t","planned":3,"acknowledged":1,"held":1,"remaining":1,'
    b'"reasons":{"why":1}}': ReplayEnded("ehr", "t", 3, 1, held=1, remaining=1, reasons={"why": 1}),
    b'{"act":"account-drawn","at":"t","against":"d","entries":3,"fates":{"present":2},"written":2,"written_back":1,'
    b'"wards":[["CARD",1,4.0,{"ORU^R01":1}]],"patients":[["c",1,1]]}': AccountDrawn(
        "t", "d", 3, {"present": 2}, 2, 1, [WardAccount("CARD", 1, 4.0, {"ORU^R01": 1})], [PatientAccount("c", 1, 1)]
    ),
    b'{"act":"account-drawn","at":"t","against":"d","entries":3,"fates":{},"ways":[["retype",4,1,2,3.5]]}':
        AccountDrawn("t", "d", 3, {}, ways=[PathAccount("retype", 4, 1, 2, 3.5)]),
    b'{"act":"gap-taken","against":"d","until":{"j":9},"since":"","entries":3,"present":1,"missing":1,"different":1,'
    b'"extra":0,"findings":"ff","at":"t","unasked":7}': GapTaken("d", {"j": 9}, "", 3, 1, 1, 1, 0, "ff", "t", 7),
    b'{"act":"gap-taken","against":"d","until":{"j":9},"since":"","entries":3,"present":1,"missing":1,"different":1,'
    b'"extra":0,"findings":"ff","at":"t","older":1}': GapTaken("d", {"j": 9}, "", 3, 1, 1, 1, 0, "ff", "t", older=1),
    b'{"act":"entries-released","entries":["j/3"],"reason":"r","at":"t"}': EntriesReleased(["j/3"], "r", "t"),
    b'{"act":"patient-signed-off","chart":"c","at":"t","left":2,"remark":"r"}': PatientSignedOff("c", "t", 2, "r"),
    b'{"act":"entries-set-aside","entries":["j/3"],"reason":"r","owner":"o","at":"t"}':
        EntriesSetAside(["j/3"], "r", "o", "t"),
    b'{"act":"entries-set-aside","entries":["j/3"],"reason":"r","owner":"o","at":"t","source":"LABO@CHU"}':
        EntriesSetAside(["j/3"], "r", "o", "t", "LABO@CHU"),
    b'{"act":"entries-dropped","entries":["j/3"],"reason":"r","at":"t"}': EntriesDropped(["j/3"], "r", "t"),
    b'{"act":"clean-point-set","source":"LABO@CHU","clean":"c","detected":"d","why":"w","at":"t"}':
        CleanPointSet("LABO@CHU", "c", "d", "w", "t"),
    b'{"act":"clean-points-seen","at":"t","points":[["LABO@CHU","c","j/3",12,1,3.5,"merges"]]}':
        CleanPointsSeen("t", [PointSeen("LABO@CHU", "c", "j/3", 12, 1, 3.5, "merges")]),
}  # fmt: skip


@pytest.mark.parametrize("body", ACTS)
def test_an_act_is_these_bytes_for_ever(body):
    """A journal written today is read in twenty years."""
    assert encode(ACTS[body]) == body
    assert decode(body) == ACTS[body]


def test_an_older_act_reads_with_todays_defaults():
    """Fields that came later have a default; fields that a later version added are passed over."""
    older = b'{"act":"account-added","login":"a","name":"Ada","role":"nurse","secret_hash":"h"}'
    assert decode(older) == AccountAdded("a", "Ada", "nurse", "h", [])
    later = b'{"act":"downtime-lifted","wards":[],"reason":"","at":"t","cut_over":"2026-11-25T00:00:00Z"}'
    assert decode(later) == DowntimeLifted([], "", "t")


@pytest.mark.parametrize(
    "body", [b'{"act":"bed-cleaned","bed":"1"}', b'{"act":7}', b"{}", b"[]", b"", b"\xff", b'{"act":"glass-broken"}',
             b'{"act":"downtime-declared","wards":"all","reason":"","at":""}']
)  # fmt: skip
def test_an_act_that_is_not_known_stops_nothing(body):
    """A later version's act, or no act at all: it is kept, and skipped."""
    assert decode(body) is None


@given(body=st.binary(max_size=60))
def test_no_bytes_defeat_the_reader_of_acts(body):
    """Any body."""
    decode(body)


@given(login=st.text(max_size=20), reason=st.text(max_size=40))
def test_words_come_back_as_written(login, reason):
    """Names and reasons in any script."""
    act = AccountDisabled(login, reason)
    assert decode(encode(act)) == act
