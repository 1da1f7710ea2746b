"""The tables of a chart store, and why each stands there.

Rules kept here:
  * A table is a view of journal entries: the store may be deleted, and is filled again from the journals.
  * A BLOB goes through the veil (engine.py); a TEXT is a word of ours, and so are numbers: nobody's name or number
    stands in either.
  * Small whole numbers stand for journals, sources and media types (`names`) and for whom an entry names (`nodes`).
  * What is looked up is indexed; nothing that a page asks reads a table from end to end.
  * The version is raised with the tables, and whenever a chart that was written down would be read otherwise. Entries
    and their bytes keep their form from one to the next: the keys that opened their journals may be gone (S1).
"""

SCHEMA_VERSION = 17
# Whose names, dictionaries, entries, bodies and feeds read as ours: folded again from them
FORMER_VERSIONS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)

SCHEMA = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- Journals, sources and media types, each written once.
CREATE TABLE names(id INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE);

-- How far each journal has been read: committed with the charts, never apart from them.
CREATE TABLE positions(journal INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);

-- zstd dictionaries, trained on what lies here and never leaving this store in clear (they hold names).
CREATE TABLE dictionaries(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, bytes BLOB NOT NULL);

-- Every entry read, and what became of it (state). id = journal << 44 | sequence.
CREATE TABLE entries(
    id INTEGER PRIMARY KEY, hlc INTEGER NOT NULL, received INTEGER NOT NULL, source INTEGER NOT NULL,
    media INTEGER NOT NULL, state INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE INDEX entries_without_owner ON entries(received) WHERE state = 2;
CREATE INDEX entries_of_nobody ON entries(received)
    WHERE state = 0 AND reason NOT IN ('', 'no rule for it', 'the fold gave up on it');
CREATE INDEX entries_withdrawn ON entries(source) WHERE state = 5;
CREATE INDEX entries_acts ON entries(hlc) WHERE state = 4;
-- Acts once more, in the order in which they were read: who follows them asks for those behind the last one.
CREATE TABLE acts(id INTEGER PRIMARY KEY, entry INTEGER NOT NULL);
-- Their bytes as received: what charts are folded from. Apart, so that counting entries reads no body.
CREATE TABLE bodies(id INTEGER PRIMARY KEY, body BLOB NOT NULL);

-- Whom entries name: world and identity key. `chart` is the id that the key alone would give, so that old ids still
-- open; `root` is the node whose chart holds the entries now.
CREATE TABLE nodes(id INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE, chart BLOB NOT NULL, root INTEGER NOT NULL);
CREATE INDEX nodes_by_chart ON nodes(chart);
CREATE INDEX nodes_by_root ON nodes(root);
CREATE TABLE filed(node INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(node, entry)) WITHOUT ROWID;

-- Merges and their undoing, as said by entries.
CREATE TABLE links(
    entry INTEGER NOT NULL, n INTEGER NOT NULL, survivor INTEGER NOT NULL, loser INTEGER NOT NULL,
    undo INTEGER NOT NULL, received INTEGER NOT NULL, PRIMARY KEY(entry, n)) WITHOUT ROWID;
CREATE INDEX links_by_survivor ON links(survivor);
CREATE INDEX links_by_loser ON links(loser);

-- Numbers of orders and stays, the nodes they were named beside and since when; the entries that name nothing else.
CREATE TABLE hints(
    hint BLOB NOT NULL, node INTEGER NOT NULL, received INTEGER NOT NULL, PRIMARY KEY(hint, node)) WITHOUT ROWID;
CREATE INDEX hints_by_node ON hints(node);
CREATE TABLE owed(hint BLOB NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(hint, entry)) WITHOUT ROWID;
CREATE INDEX owed_by_entry ON owed(entry);

-- Repeats: hash of source and control id, hash of the body -> the entry that stands for all of them; and the others.
CREATE TABLE repeats(
    control INTEGER NOT NULL, body INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(control, body)) WITHOUT ROWID;
CREATE TABLE repeated(
    control INTEGER NOT NULL, body INTEGER NOT NULL, entry INTEGER NOT NULL,
    PRIMARY KEY(control, body, entry)) WITHOUT ROWID;

CREATE TABLE feeds(
    source INTEGER PRIMARY KEY, received INTEGER NOT NULL, charted INTEGER NOT NULL, uncharted INTEGER NOT NULL,
    duplicates INTEGER NOT NULL, reused INTEGER NOT NULL, last INTEGER NOT NULL);

-- Charts by their root node, and what they hold: objects lately written, each by its id, with its place in the chart
-- and whether a board needs it; all others many in a part (parts.py). at = node << 20 | number of the part.
CREATE TABLE charts(node INTEGER PRIMARY KEY, head BLOB NOT NULL, objects INTEGER NOT NULL);
CREATE TABLE objects(
    node INTEGER NOT NULL, id BLOB NOT NULL, n INTEGER NOT NULL, shown INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY(node, id)) WITHOUT ROWID;
CREATE TABLE parts(
    at INTEGER PRIMARY KEY, shown INTEGER NOT NULL, keys BLOB NOT NULL, places BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE patients(world TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;

-- Finding people: one line of words a chart; words that names are made of, each once, for misspelt ones.
CREATE TABLE people(node INTEGER PRIMARY KEY, words BLOB NOT NULL, hit BLOB NOT NULL);
CREATE TABLE words(word BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE near(trace BLOB NOT NULL, word BLOB NOT NULL, PRIMARY KEY(trace, word)) WITHOUT ROWID;

-- Who lies where now; beds ever seen in a feed.
CREATE TABLE places(
    node INTEGER PRIMARY KEY, world TEXT NOT NULL, ward BLOB NOT NULL, alerts INTEGER NOT NULL, line BLOB NOT NULL);
CREATE INDEX places_by_ward ON places(world, ward, alerts);
-- Which wards patients left, and when.
CREATE TABLE departures(
    node INTEGER NOT NULL, n INTEGER NOT NULL, world TEXT NOT NULL, ward BLOB NOT NULL, at_ns INTEGER NOT NULL,
    line BLOB NOT NULL, PRIMARY KEY(node, n));
CREATE INDEX departures_by_ward ON departures(world, ward, at_ns);
-- What waits for somebody, of each patient for whom something does.
CREATE TABLE work(node INTEGER PRIMARY KEY, world TEXT NOT NULL, line BLOB NOT NULL);
CREATE INDEX work_by_world ON work(world);
-- When somebody is expected: a patient and a day (days of 24 h since 1970, UTC).
CREATE TABLE agenda(
    node INTEGER NOT NULL, day INTEGER NOT NULL, world TEXT NOT NULL, line BLOB NOT NULL, PRIMARY KEY(node, day));
CREATE INDEX agenda_by_day ON agenda(world, day);
-- Who looked at which chart when, as the audit says, and which results were corrected: who saw the old one is told.
CREATE TABLE looks(login BLOB NOT NULL, node INTEGER NOT NULL, at_ns INTEGER NOT NULL, PRIMARY KEY(login, node, at_ns));
CREATE INDEX looks_by_time ON looks(at_ns);
CREATE TABLE corrected(node INTEGER PRIMARY KEY, world TEXT NOT NULL, line BLOB NOT NULL);
CREATE TABLE beds(
    world TEXT NOT NULL, ward BLOB NOT NULL, bed BLOB NOT NULL, PRIMARY KEY(world, ward, bed)) WITHOUT ROWID;
-- What the hospital's own lists say of wards, beds and staff: the newest word of each, and the entry that said it.
CREATE TABLE listed(
    world TEXT NOT NULL, named BLOB NOT NULL, hlc INTEGER NOT NULL, entry INTEGER NOT NULL, line BLOB NOT NULL,
    PRIMARY KEY(world, named)) WITHOUT ROWID;
"""

# Who answers to which words: inside the sealed file.
INDEX_SQLITE = """
CREATE VIRTUAL TABLE found USING fts5(
    words, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii', prefix = '2 3');
"""

# The same on a server: keyed tokens of words, and of how they begin.
INDEX_POSTGRES = """
CREATE TABLE found(node BIGINT PRIMARY KEY, tokens TSVECTOR NOT NULL);
CREATE INDEX found_by_token ON found USING gin(tokens) WITH (fastupdate = off);
"""
