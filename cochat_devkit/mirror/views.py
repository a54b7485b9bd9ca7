"""Views of the mirror for whoever reads it with SQL: addresses and words instead of keys; nothing of ours asks them."""

from __future__ import annotations

#: each makes one view, and does nothing where it is there
VIEWS = (
    # what the mirror remembers of each resource
    """CREATE VIEW IF NOT EXISTS resources AS
    SELECT coalesce(nullif(r.type, ''), r.kind) || '/' || r.slug AS ref, r.kind, r.type, s.url AS server,
        CASE
            WHEN r.remote_state <> 'present' THEN r.remote_state
            WHEN r.base_remote IS NULL THEN 'never agreed on'
            WHEN r.remote_fingerprint = r.base_remote THEN 'as agreed'
            ELSE 'edited there'
        END AS there,
        r.updated_at, r.version, r.path, r.writable, r.remote_id, r.remote_digest AS digest
    FROM resource r JOIN scope s ON s.id = r.scope_id""",
    # every body ever seen; `number` is that of `cochat show REF@N`
    """CREATE VIEW IF NOT EXISTS versions AS
    SELECT h.at, coalesce(nullif(h.type, ''), h.kind) || '/' || h.slug AS ref,
        row_number() OVER (PARTITION BY h.scope_id, h.kind, h.slug ORDER BY h.at DESC, h.id DESC) AS number,
        CASE WHEN h.digest IS NULL THEN 'gone' ELSE 'seen' END AS what,
        h.origin, h.version, h.message, h.kind, s.url AS server, h.digest
    FROM history h JOIN scope s ON s.id = h.scope_id""",
    # who names whom, as the server showed it last
    """CREATE VIEW IF NOT EXISTS uses AS
    SELECT coalesce(nullif(r.type, ''), r.kind) || '/' || r.slug AS ref, m.ref AS uses, m.field, r.kind, s.url AS server
    FROM mention m
    JOIN resource r ON r.remote_digest = m.digest AND r.kind = m.kind AND r.remote_state = 'present'
    JOIN scope s ON s.id = r.scope_id""",
    # the writing commands, and how far they came
    """CREATE VIEW IF NOT EXISTS runs AS
    SELECT run.id AS run, run.started, run.ended, run.command, run.target, run.message, run.undoes, s.url AS server,
        count(step.number) AS steps, coalesce(sum(step.state = 'done'), 0) AS done
    FROM run JOIN scope s ON s.id = run.scope_id LEFT JOIN step ON step.run_id = run.id GROUP BY run.id""",
    # what both sides changed and nobody settled yet
    """CREATE VIEW IF NOT EXISTS conflicts AS
    SELECT coalesce(nullif(c.type, ''), c.kind) || '/' || c.slug AS ref, c.since, c.reason, c.parts, c.path,
        s.url AS server, c.base_digest, c.local_digest, c.remote_digest
    FROM conflict c JOIN scope s ON s.id = c.scope_id""",
)
