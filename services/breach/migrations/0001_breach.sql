-- Incidents, their clocks, who is affected and told, what is done, what an authority is told.

CREATE TABLE client (
    client_id         text PRIMARY KEY,
    name              text NOT NULL,
    agreement_id      text NOT NULL,
    agreement_version text NOT NULL,
    gone_at           timestamptz            -- everything of it was certified to be deleted
);

CREATE TABLE subprocessor (                  -- who was ever on the list
    subprocessor_id text PRIMARY KEY,
    name            text NOT NULL
);

CREATE TABLE client_subprocessor (           -- who was ever permitted to process a client's data, and so may hold some
    subprocessor_id text NOT NULL,
    client_id       text NOT NULL,
    PRIMARY KEY (subprocessor_id, client_id)
);

CREATE TABLE system (                        -- what holds data, as declared
    system_id       text PRIMARY KEY,
    name            text NOT NULL,
    subprocessor_id text                     -- NULL: the processor's own, which may hold any client's data
);

CREATE TABLE incident (
    incident_id      text PRIMARY KEY,
    status           text NOT NULL,          -- suspected, established, closed, dismissed
    origin           text NOT NULL,
    description      text NOT NULL,
    detected_at      timestamptz NOT NULL,
    last_detected_at timestamptz NOT NULL,
    detections       integer NOT NULL,
    aware_at         timestamptz,            -- starts the clocks
    opened_at        timestamptz NOT NULL,
    closed_at        timestamptz,
    subprocessor_ids text[] NOT NULL DEFAULT '{}',
    systems          text[] NOT NULL DEFAULT '{}',
    data_categories  text[] NOT NULL DEFAULT '{}',
    unresolved       text[] NOT NULL DEFAULT '{}',  -- kind/id that nobody here knew when it was named
    entries          jsonb NOT NULL DEFAULT '{}',   -- the dossier: element → what is entered
    delays           jsonb NOT NULL DEFAULT '{}',   -- clock → why it was missed
    decisions        jsonb NOT NULL DEFAULT '{}',   -- clock → whether its authority is notified, and why
    severity         jsonb,
    advice           jsonb,
    next_at          timestamptz,            -- when clients hear next
    updates          integer NOT NULL DEFAULT 0,
    last_as_of       timestamptz,
    has_last_update  boolean NOT NULL DEFAULT false,
    seq              bigint GENERATED ALWAYS AS IDENTITY UNIQUE
);

CREATE INDEX incident_open ON incident (incident_id) WHERE closed_at IS NULL;

CREATE TABLE journal (                       -- all that was said of an incident, in order; nothing is ever changed here
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id text NOT NULL REFERENCES incident,
    at          timestamptz NOT NULL,
    what        text NOT NULL,
    cause       text NOT NULL,               -- the event that it comes from
    data        jsonb NOT NULL
);
CREATE INDEX journal_of_incident ON journal (incident_id, seq);

CREATE TABLE waiting (                       -- clients that were named and are not known yet
    client_id   text NOT NULL,
    incident_id text NOT NULL REFERENCES incident,
    PRIMARY KEY (client_id, incident_id)
);

CREATE TABLE affected (
    incident_id       text NOT NULL REFERENCES incident,
    client_id         text NOT NULL,
    agreement_id      text NOT NULL,         -- the version that bound it when it was found to be affected
    agreement_version text NOT NULL,
    found_at          timestamptz NOT NULL,
    exempt            boolean NOT NULL DEFAULT false,
    ordered_at        timestamptz,           -- its notice went to the notifier
    told_at           timestamptz,           -- it has its notice
    channel           text,
    PRIMARY KEY (incident_id, client_id)
);
CREATE INDEX affected_of_client ON affected (client_id, incident_id);
CREATE INDEX affected_untold ON affected (incident_id, client_id) WHERE told_at IS NULL AND NOT exempt;

CREATE TABLE clock (
    incident_id text NOT NULL REFERENCES incident,
    clock       text NOT NULL,
    client_id   text NOT NULL DEFAULT '',    -- '': towards an authority
    due_at      timestamptz NOT NULL,
    stopped_at  timestamptz,
    stopped_why text,                        -- told, exempt, notified, not_notified
    missed      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (incident_id, clock, client_id)
);
CREATE INDEX clock_running ON clock (due_at) WHERE stopped_at IS NULL;

CREATE TABLE phase (                         -- the numbered updates
    incident_id  text NOT NULL REFERENCES incident,
    number       integer NOT NULL,
    update_id    text NOT NULL,
    said         jsonb NOT NULL,
    said_at      timestamptz NOT NULL,
    corrects     integer,
    overtaken_by integer,
    PRIMARY KEY (incident_id, number),
    UNIQUE (incident_id, update_id)
);

CREATE TABLE step (                          -- containment, investigation, cause, remedy
    incident_id text NOT NULL REFERENCES incident,
    step_id     text NOT NULL,
    kind        text NOT NULL,
    taken_at    timestamptz NOT NULL,
    taken_by    text NOT NULL,
    text        jsonb NOT NULL,
    internal    boolean NOT NULL,
    number      integer,                     -- the update that told clients of it
    PRIMARY KEY (incident_id, step_id)
);

CREATE TABLE telling (                       -- something that is told to many clients, page by page
    telling_id  text PRIMARY KEY,
    incident_id text NOT NULL REFERENCES incident,
    kind        text NOT NULL,
    number      integer,
    client_id   text                         -- to this one alone
);

CREATE TABLE submission (                    -- what went to an authority, as it was then
    incident_id  text NOT NULL REFERENCES incident,
    clock        text NOT NULL,
    nth          integer NOT NULL,
    kind         text NOT NULL,
    submitted_at timestamptz NOT NULL,
    submitted_by text NOT NULL,
    reference    text,
    missing      text[] NOT NULL,
    entries      jsonb NOT NULL,
    PRIMARY KEY (incident_id, clock, nth)
);
