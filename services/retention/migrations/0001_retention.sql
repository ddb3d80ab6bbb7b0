-- The ends of contracts, what becomes of the data of each category at each holder, what keeps it, and the proof.

CREATE TABLE client (
    client_id         text PRIMARY KEY,
    name              text NOT NULL,
    agreement_id      text NOT NULL,
    agreement_version text NOT NULL,
    durations         jsonb NOT NULL DEFAULT '{}',   -- category → [n, unit], as the client set them
    gone_on           date                           -- all that there was is deleted: nothing is left to sweep
);

CREATE TABLE holder (                        -- who answers orders: own systems, and sub-processors that said so
    holder_id       text PRIMARY KEY,
    name            text NOT NULL,
    kind            text NOT NULL,           -- internal, subprocessor
    subprocessor_id text,
    categories      text[] NOT NULL,
    declared_at     timestamptz NOT NULL,
    retired_at      timestamptz
);

CREATE TABLE subprocessor (                  -- who was ever on the list, with what it was ever said to process
    subprocessor_id text PRIMARY KEY,
    name            text NOT NULL,
    categories      text[] NOT NULL          -- empty: not known
);

CREATE TABLE client_subprocessor (           -- who was ever permitted to process a client's data
    client_id       text NOT NULL,
    subprocessor_id text NOT NULL,
    PRIMARY KEY (client_id, subprocessor_id)
);

CREATE TABLE hold (
    hold_id     text PRIMARY KEY,
    client_id   text NOT NULL REFERENCES client,
    kind        text NOT NULL,
    categories  text[] NOT NULL,             -- empty: all
    legal_basis text NOT NULL,
    reason      text NOT NULL,
    placed_by   text NOT NULL,
    until       date,
    placed_at   timestamptz NOT NULL,
    lifted_at   timestamptz,
    lifted_by   text,
    lifted_why  text
);
CREATE INDEX hold_of_client ON hold (client_id) WHERE lifted_at IS NULL;

CREATE TABLE termination (
    termination_id    text PRIMARY KEY,
    client_id         text NOT NULL REFERENCES client,
    agreement_id      text NOT NULL,         -- the version that governs this end
    agreement_version text NOT NULL,
    terminated_on     date NOT NULL,
    by_expiry         boolean NOT NULL,
    reason            text,
    stage             text NOT NULL,         -- planned, asking, returning, deleting, complete, reinstated
    heard_at          timestamptz NOT NULL,
    choice            text,
    chosen_on         date,                  -- NULL with a choice: the default
    made_by           text,
    recipient         jsonb,
    closes_at         timestamptz,
    settled_on        date,
    settled_why       text,
    signed_again_at   timestamptz,           -- what is newer belongs to a new contract and is not deleted
    without_holder    text[] NOT NULL DEFAULT '{}',
    seq               bigint GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE INDEX termination_of_client ON termination (client_id, seq);

CREATE TABLE task (                          -- a line of a plan, and what came of it
    termination_id text NOT NULL REFERENCES termination,
    category       text NOT NULL,
    holder_id      text NOT NULL,
    action         text NOT NULL,
    delete_on      date,                     -- NULL: a hold without an end
    clause         text NOT NULL,
    because        text[] NOT NULL,
    held_by        text[] NOT NULL,
    state          text NOT NULL,            -- waiting, ordered, confirmed, done, halted
    order_id       text,                     -- the order to delete, the last where it was reopened
    evidence       jsonb NOT NULL DEFAULT '[]',  -- every confirmation: who, when, how many, by which method
    checked_at     timestamptz,
    reopened       integer NOT NULL DEFAULT 0,
    PRIMARY KEY (termination_id, category, holder_id)
);
CREATE INDEX task_of_order ON task (order_id);
CREATE INDEX task_of_holder ON task (holder_id) WHERE state IN ('confirmed', 'done');

CREATE TABLE holder_order (
    order_id       text PRIMARY KEY,
    kind           text NOT NULL,            -- cease, return, erasure, check
    purpose        text NOT NULL,            -- termination, rolling, desynchronisation, restore
    holder_id      text NOT NULL,
    category       text,
    client_ids     text[] NOT NULL,
    termination_id text,
    said           text,                     -- the event, to be said again; gone once it is answered
    ordered_at     timestamptz NOT NULL,
    due_at         timestamptz NOT NULL,
    state          text NOT NULL,            -- open, answered, halted, withdrawn
    reminders      integer NOT NULL DEFAULT 0,
    escalated_at   timestamptz,
    failure        text,                     -- why the holder says that it can't
    answered_at    timestamptz,
    answer         jsonb
);
CREATE INDEX holder_order_open ON holder_order USING gin (client_ids) WHERE state = 'open';
CREATE INDEX holder_order_of_termination ON holder_order (termination_id);
CREATE INDEX holder_order_due ON holder_order (due_at, order_id) WHERE state = 'open';
CREATE INDEX holder_order_desynchronised ON holder_order (holder_id, answered_at) WHERE purpose = 'desynchronisation';

CREATE TABLE package (                       -- what a holder made to be returned
    order_id        text PRIMARY KEY REFERENCES holder_order,
    termination_id  text NOT NULL,
    holder_id       text NOT NULL,
    contents        jsonb NOT NULL,
    manifest_sha256 text NOT NULL,
    package_sha256  text NOT NULL,
    encryption      text,
    url             text NOT NULL,
    expires_at      timestamptz NOT NULL,
    ready_at        timestamptz NOT NULL,
    downloaded_at   timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text
);
CREATE INDEX package_of_termination ON package (termination_id);

CREATE TABLE certificate (
    certificate_id text PRIMARY KEY,
    termination_id text NOT NULL REFERENCES termination,
    client_id      text NOT NULL,
    made_at        timestamptz NOT NULL,
    complete       boolean NOT NULL,
    facts_sha256   text NOT NULL,            -- of what it says but for its own date: the same is not said twice
    document       text NOT NULL,            -- the signed JSON, as it is given out
    sha256         text NOT NULL
);
CREATE INDEX certificate_of_client ON certificate (client_id, made_at);

CREATE TABLE flag (                          -- what should not be
    flag_id   text PRIMARY KEY,
    client_id text NOT NULL,
    holder_id text,
    category  text,
    seen_at   timestamptz NOT NULL,
    reason    text NOT NULL,
    clause    text NOT NULL
);
CREATE INDEX flag_of_client ON flag (client_id, seen_at);

CREATE TABLE access_check (                  -- who asked to process or to read what, and was refused
    check_id  text PRIMARY KEY,
    client_id text NOT NULL,
    category  text NOT NULL,
    asked_by  text NOT NULL,
    purpose   text NOT NULL,
    asked_at  timestamptz NOT NULL,
    reason    text NOT NULL
);
CREATE INDEX access_check_of_client ON access_check (client_id, asked_at);

CREATE TABLE sweep (                         -- the day whose rolling orders were begun last
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    begun_on date NOT NULL
);
