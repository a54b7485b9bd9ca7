"""The tables of the mirror, in SQL, each with what it holds; `SCHEMA_VERSION` moves with them."""

from __future__ import annotations

#: each statement makes one table or index, and does nothing where it is there
TABLES = (
    # a server and a user on it
    """CREATE TABLE IF NOT EXISTS scope (
        id INTEGER PRIMARY KEY NOT NULL,
        url VARCHAR NOT NULL,
        user_id VARCHAR NOT NULL,
        role VARCHAR NOT NULL,
        dialect VARCHAR NOT NULL,
        server_version VARCHAR NOT NULL,
        UNIQUE (url, user_id)
    )""",
    # the scope that a target of `cochat.toml` was last used with
    """CREATE TABLE IF NOT EXISTS target (
        name VARCHAR PRIMARY KEY NOT NULL,
        scope_id INTEGER NOT NULL REFERENCES scope (id)
    )""",
    # how a kind was last listed: endpoint and role
    """CREATE TABLE IF NOT EXISTS listing (
        scope_id INTEGER NOT NULL REFERENCES scope (id),
        kind VARCHAR NOT NULL,
        basis VARCHAR NOT NULL,
        PRIMARY KEY (scope_id, kind)
    )""",
    # every body ever seen, once
    """CREATE TABLE IF NOT EXISTS body (
        digest VARCHAR PRIMARY KEY NOT NULL,
        packed BLOB NOT NULL
    )""",
    # what is remembered of one resource
    """CREATE TABLE IF NOT EXISTS resource (
        id INTEGER PRIMARY KEY NOT NULL,
        scope_id INTEGER NOT NULL REFERENCES scope (id),
        kind VARCHAR NOT NULL,
        slug VARCHAR NOT NULL,
        type VARCHAR NOT NULL,
        remote_id VARCHAR NOT NULL,
        remote_state VARCHAR NOT NULL,
        remote_fingerprint VARCHAR,
        remote_digest VARCHAR REFERENCES body (digest),
        base_local VARCHAR,
        base_remote VARCHAR,
        base_digest VARCHAR REFERENCES body (digest),
        version VARCHAR,
        updated_at VARCHAR,
        writable BOOLEAN,
        path VARCHAR,
        derived BLOB,
        UNIQUE (scope_id, kind, slug)
    )""",
    # every body ever seen, in the order in which it was seen; no digest: it was gone
    """CREATE TABLE IF NOT EXISTS history (
        id INTEGER PRIMARY KEY NOT NULL,
        scope_id INTEGER NOT NULL REFERENCES scope (id),
        kind VARCHAR NOT NULL,
        slug VARCHAR NOT NULL,
        type VARCHAR NOT NULL,
        digest VARCHAR REFERENCES body (digest),
        origin VARCHAR NOT NULL,
        version VARCHAR,
        message VARCHAR,
        at VARCHAR NOT NULL
    )""",
    # which rows show a body: what was found by its words
    "CREATE INDEX IF NOT EXISTS resource_shows ON resource (remote_digest)",
    # rows that the server still shows as agreed: what is in step is told without reading the table
    """CREATE INDEX IF NOT EXISTS resource_agreed ON resource
        (scope_id, kind, type, slug, base_local, remote_state, remote_fingerprint, base_remote, version, updated_at)
        WHERE remote_state = 'present' AND remote_fingerprint = base_remote AND base_local IS NOT NULL""",
    # and the few that it does not
    """CREATE INDEX IF NOT EXISTS resource_apart ON resource (scope_id, kind)
        WHERE (remote_state = 'present' AND remote_fingerprint = base_remote AND base_local IS NOT NULL) IS NOT TRUE""",
    "CREATE INDEX IF NOT EXISTS history_of ON history (scope_id, kind, slug, origin, id)",
    # versions that were told in part: few, and asked for with every batch
    "CREATE INDEX IF NOT EXISTS history_told ON history (scope_id, kind, slug, version) WHERE origin = 'their history'",
    # what both sides changed and nobody settled yet
    """CREATE TABLE IF NOT EXISTS conflict (
        scope_id INTEGER NOT NULL REFERENCES scope (id),
        kind VARCHAR NOT NULL,
        slug VARCHAR NOT NULL,
        type VARCHAR NOT NULL,
        reason VARCHAR NOT NULL,
        parts VARCHAR NOT NULL,
        base_digest VARCHAR,
        local_digest VARCHAR,
        remote_digest VARCHAR,
        path VARCHAR,
        since VARCHAR NOT NULL,
        run VARCHAR,
        PRIMARY KEY (scope_id, kind, slug)
    )""",
    # what `cochat.lock` said of a target when the mirror knew as much: digests of its lines and of the whole file
    """CREATE TABLE IF NOT EXISTS locked (
        target VARCHAR PRIMARY KEY NOT NULL,
        lines VARCHAR NOT NULL,
        file VARCHAR NOT NULL
    )""",
    # what is so of the mirror as a whole
    """CREATE TABLE IF NOT EXISTS fact (
        name VARCHAR PRIMARY KEY NOT NULL,
        value VARCHAR NOT NULL
    )""",
    # one run of a writing command
    """CREATE TABLE IF NOT EXISTS run (
        id INTEGER PRIMARY KEY NOT NULL,
        scope_id INTEGER NOT NULL REFERENCES scope (id),
        command VARCHAR NOT NULL,
        target VARCHAR NOT NULL,
        started VARCHAR NOT NULL,
        ended VARCHAR,
        message VARCHAR NOT NULL,
        undoes INTEGER
    )""",
    "CREATE INDEX IF NOT EXISTS run_open ON run (ended)",
    # one step of a run: a write to the server, or to the files of one resource
    """CREATE TABLE IF NOT EXISTS step (
        run_id INTEGER NOT NULL REFERENCES run (id),
        number INTEGER NOT NULL,
        kind VARCHAR NOT NULL,
        slug VARCHAR NOT NULL,
        state VARCHAR NOT NULL,
        packed BLOB NOT NULL,
        PRIMARY KEY (run_id, number)
    )""",
    # the contents of files before they were replaced, once each
    """CREATE TABLE IF NOT EXISTS content (
        digest VARCHAR PRIMARY KEY NOT NULL,
        packed BLOB NOT NULL
    )""",
)

#: made where SQLite knows FTS5, by index.py alone
INDEX_TABLES = (
    # the number of each indexed body or file: those that SQLite gives the rows of `body` may move. A body is numbered
    # as it is stored, and so once; a file as its bytes are first here
    """CREATE TABLE text (
        id INTEGER PRIMARY KEY NOT NULL,
        digest VARCHAR NOT NULL,
        is_file BOOLEAN NOT NULL
    )""",
    # the words of each; neither the texts nor their lengths are kept, which ranks long texts as short ones
    """CREATE VIRTUAL TABLE words USING fts5 (
        title, text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
    )""",
    # what people sort a body under, folded
    """CREATE TABLE tag (
        name VARCHAR NOT NULL,
        digest VARCHAR NOT NULL REFERENCES body (digest),
        PRIMARY KEY (name, digest)
    ) WITHOUT ROWID""",
    # the files that a body names by digest, once they are indexed where they are texts; no place: so are all others
    """CREATE TABLE attached (
        body VARCHAR NOT NULL REFERENCES body (digest),
        place VARCHAR NOT NULL,
        digest VARCHAR NOT NULL,
        PRIMARY KEY (body, place)
    ) WITHOUT ROWID""",
    "CREATE INDEX attached_in ON attached (digest)",
    # what was changed last
    "CREATE INDEX IF NOT EXISTS resource_changed ON resource (scope_id, updated_at)",
)

#: made by mentions.py alone
MENTION_TABLES = (
    # whom a body names, when a resource of a kind shows it: the same body may be shown by several kinds
    """CREATE TABLE mention (
        kind VARCHAR NOT NULL,
        digest VARCHAR NOT NULL REFERENCES body (digest),
        field VARCHAR NOT NULL,
        ref VARCHAR NOT NULL,
        PRIMARY KEY (digest, kind, field, ref)
    ) WITHOUT ROWID""",
    # who names somebody
    "CREATE INDEX mention_of ON mention (ref)",
)
