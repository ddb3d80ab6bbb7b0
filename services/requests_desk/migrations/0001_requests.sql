-- What people ask, what clients instruct, and what may leave on it. What is personal of a requester lies closed (vault.py).

CREATE TABLE vault_check (                   -- whether the key is the one that closed what lies here
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    closed   bytea NOT NULL
);

CREATE TABLE client (
    client_id         text PRIMARY KEY,
    name              text NOT NULL,
    agreement_id      text NOT NULL,
    agreement_version text NOT NULL,
    called            text NOT NULL,         -- its name as it is compared
    words             text[] NOT NULL,       -- the words of it that tell something
    domain            text NOT NULL          -- of its contact's address
);
CREATE INDEX client_called ON client (called);
CREATE INDEX client_domain ON client (domain);
CREATE INDEX client_words ON client USING gin (words);

CREATE TABLE request (
    request_id         text PRIMARY KEY,
    kind               text NOT NULL,        -- dsar, authority
    about              text NOT NULL,        -- which right, or what kind of authority
    status             text NOT NULL,        -- searching, open, answered, closed
    client_id          text,                 -- whose data; NULL: nobody has found that yet
    named_client_id    text,                 -- whom it names, and nobody here knows yet
    received_at        timestamptz NOT NULL,
    opened_at          timestamptz NOT NULL,
    times              integer NOT NULL DEFAULT 1,
    last_received_at   timestamptz NOT NULL,
    mark               bytea,                -- the same words of the same person have the same; NULL once erased
    authority          jsonb,                -- its name and legal basis, and the ban that is over
    tell_by            timestamptz NOT NULL,
    told_at            timestamptz,
    answer_by          date,
    answer_by_unrolled date,
    reckoning          jsonb,
    handler            text,                 -- who may read what the requester wrote
    erased_at          timestamptz,
    seq                bigint GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE UNIQUE INDEX request_mark ON request (mark) WHERE status IN ('searching', 'open');
CREATE INDEX request_of_client ON request (client_id, seq);
CREATE INDEX request_named ON request (named_client_id) WHERE client_id IS NULL;
CREATE INDEX request_status ON request (status, seq);

CREATE TABLE alias (                         -- the other ids under which the same request came
    alias_id   text PRIMARY KEY,
    request_id text NOT NULL REFERENCES request
);

CREATE TABLE requester (                     -- who asks and what they wrote, closed; erased by deleting the rows
    request_id text NOT NULL REFERENCES request,
    nth        integer NOT NULL,             -- the first time, or a later one that said something else
    closed     bytea NOT NULL,
    PRIMARY KEY (request_id, nth)
);

CREATE TABLE candidate (                     -- whose data it may be about, and why
    request_id text NOT NULL REFERENCES request,
    client_id  text NOT NULL,
    because    text NOT NULL,
    PRIMARY KEY (request_id, client_id)
);

CREATE TABLE instruction (
    instruction_id text PRIMARY KEY,
    client_id      text NOT NULL,
    request_id     text,                     -- the one request that it is about
    standing       text NOT NULL,            -- in_force, suspended, withdrawn
    version        integer NOT NULL,
    seq            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    UNIQUE (instruction_id, client_id)
);
CREATE INDEX instruction_of_client ON instruction (client_id, seq);
CREATE INDEX instruction_of_request ON instruction (request_id) WHERE request_id IS NOT NULL;

CREATE TABLE instruction_version (
    instruction_id  text NOT NULL REFERENCES instruction,
    version         integer NOT NULL,
    channel         text NOT NULL,
    given_by        text NOT NULL,
    received_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    closed          bytea,                   -- what it says; NULL once the request that it is about is erased
    sha256          text NOT NULL,
    purpose         text NOT NULL,
    data_categories text[] NOT NULL,
    documents       text[] NOT NULL,
    additional      boolean NOT NULL,
    recorded_by     text,                    -- who of the staff wrote it down; NULL: it is from the client's own hand
    PRIMARY KEY (instruction_id, version)
);

CREATE TABLE instruction_step (              -- how it stood since when; nothing is ever changed here
    seq            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instruction_id text NOT NULL REFERENCES instruction,
    at             timestamptz NOT NULL,
    standing       text NOT NULL,
    version        integer NOT NULL,
    what           text NOT NULL,
    by             text NOT NULL,
    reason         text,
    too_late_for   text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX instruction_step_of ON instruction_step (instruction_id, seq);

CREATE TABLE answer (
    answer_id           text PRIMARY KEY,
    request_id          text NOT NULL REFERENCES request,
    closed              bytea,               -- NULL once it is erased
    sha256              text NOT NULL,
    final               boolean NOT NULL,
    drafted_by          text NOT NULL,
    drafted_at          timestamptz NOT NULL,
    sent_at             timestamptz,
    sent_by             text,
    client_id           text,
    instruction_id      text,
    instruction_version integer,
    seq                 bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- The interlock's last line: what was sent was sent on an instruction, and on one of the client that it names.
    CHECK (num_nulls(sent_at, sent_by, client_id, instruction_id, instruction_version) IN (0, 5)),
    FOREIGN KEY (instruction_id, client_id) REFERENCES instruction (instruction_id, client_id)
);
CREATE INDEX answer_of_request ON answer (request_id, seq);
CREATE INDEX answer_on_instruction ON answer (instruction_id) WHERE instruction_id IS NOT NULL;

CREATE TABLE assistance (
    assistance_id  text PRIMARY KEY,
    request_id     text NOT NULL REFERENCES request,
    client_id      text NOT NULL,
    instruction_id text NOT NULL,
    acts           text[] NOT NULL,
    standing       text NOT NULL,            -- asked, quoted, agreed, declined, started
    asked_at       timestamptz NOT NULL,
    asked_by       text NOT NULL,
    quote          jsonb,
    seq            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    FOREIGN KEY (instruction_id, client_id) REFERENCES instruction (instruction_id, client_id)
);
CREATE INDEX assistance_of_request ON assistance (request_id, seq);

CREATE TABLE journal (                       -- all that was said of a request or an instruction; nothing is ever changed
    seq   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    about text NOT NULL,
    at    timestamptz NOT NULL,
    what  text NOT NULL,
    cause text NOT NULL,
    data  jsonb NOT NULL
);
CREATE INDEX journal_about ON journal (about, seq);
CREATE INDEX journal_cause ON journal (cause);

-- What the law forbids to tell lies in a room of its own, which no list, metric or client's question ever looks into.
CREATE TABLE sealed (
    request_id text PRIMARY KEY,
    closed     bytea NOT NULL                -- all of it, its client and its end included
);

CREATE TABLE seal_log (                      -- who opened what, when and why; nothing is ever changed here
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id text NOT NULL,
    at         timestamptz NOT NULL,
    what       text NOT NULL,                -- sealed, opened, extended, lifted, ended
    by         text NOT NULL,
    reason     text
);
CREATE INDEX seal_log_of ON seal_log (request_id, seq);
