-- What holders are asked to do for one person, on a client's request; whom it is about lies closed until it is done.

ALTER TABLE assistance
    ADD COLUMN begun     text[] NOT NULL DEFAULT '{}',  -- the acts that were ordered, in their order
    ADD COLUMN gaps      text[] NOT NULL DEFAULT '{}',  -- what nobody was asked for, and why
    ADD COLUMN recipient jsonb,                         -- for whose key exports are encrypted
    ADD COLUMN ended_at  timestamptz,
    ADD COLUMN reason    text;                          -- why it was halted
CREATE INDEX assistance_on_instruction ON assistance (instruction_id) WHERE standing = 'started';

CREATE TABLE subject (                       -- who the help is about, closed; erased by deleting the row
    assistance_id text PRIMARY KEY REFERENCES assistance,
    closed        bytea NOT NULL
);

CREATE TABLE task (                          -- what one holder is asked to do
    order_id        text PRIMARY KEY,
    assistance_id   text NOT NULL REFERENCES assistance,
    request_id      text NOT NULL REFERENCES request,
    holder_id       text NOT NULL,
    act             text NOT NULL,
    said            jsonb NOT NULL,          -- the order as it was said
    state           text NOT NULL,           -- open, failed, halted, confirmed
    ordered_at      timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    reminders       integer NOT NULL DEFAULT 0,
    escalated_at    timestamptz,
    asked_at        timestamptz,             -- when the holder first asked whom it is about
    failure         text,
    answer          jsonb,
    answered_at     timestamptz,
    downloaded_at   timestamptz,
    acknowledged_at timestamptz,
    seq             bigint GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE INDEX task_of_assistance ON task (assistance_id, seq);
CREATE INDEX task_open ON task (act) WHERE state IN ('open', 'failed');

CREATE TABLE keeper (                        -- who holds data and answers orders
    holder_id       text PRIMARY KEY,
    kind            text NOT NULL,
    subprocessor_id text,
    categories      text[] NOT NULL,
    retired_at      timestamptz
);

CREATE TABLE client_subprocessor (           -- who was ever permitted to touch a client's data
    client_id       text NOT NULL,
    subprocessor_id text NOT NULL,
    PRIMARY KEY (client_id, subprocessor_id)
);

CREATE TABLE hold (                          -- what may not be deleted for a while
    hold_id    text PRIMARY KEY,
    client_id  text NOT NULL,
    categories text[] NOT NULL,              -- none: all of them
    until      date,
    lifted_at  timestamptz
);
CREATE INDEX hold_of_client ON hold (client_id) WHERE lifted_at IS NULL;
