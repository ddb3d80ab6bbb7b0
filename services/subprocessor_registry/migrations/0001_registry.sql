-- The list of sub-processors over time, the clients, and what each planned change means for each client.

CREATE TABLE client (
    client_id     text PRIMARY KEY,
    name          text NOT NULL,
    active_until  date,                      -- NULL while the service contract runs
    recorded_at   timestamptz NOT NULL
);

CREATE TABLE signature (                     -- §15: a client is bound to the version it signed
    client_id         text NOT NULL REFERENCES client,
    signed_on         date NOT NULL,
    agreement_id      text NOT NULL,
    agreement_version text NOT NULL,
    recorded_at       timestamptz NOT NULL,
    PRIMARY KEY (client_id, signed_on, recorded_at)
);

CREATE TABLE change (
    change_id       text PRIMARY KEY,
    subprocessor_id text NOT NULL,
    kind            text NOT NULL,           -- addition, modification, removal, correction
    status          text NOT NULL,           -- announced, in_effect, withdrawn, refused, corrected
    facts           jsonb,
    requested_on    date,
    effective_on    date,
    moved           boolean NOT NULL DEFAULT false,
    reckoning       jsonb,
    reason          text,
    clause          text,
    announced_at    timestamptz NOT NULL,
    seq             bigint GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE UNIQUE INDEX change_planned ON change (subprocessor_id) WHERE status = 'announced';

CREATE TABLE listing (                       -- Appendix B over time; a row is replaced, never rewritten
    subprocessor_id text NOT NULL,
    valid_from      date NOT NULL,
    valid_until     date,                    -- exclusive; NULL: still on the list
    facts           jsonb NOT NULL,
    change_id       text NOT NULL,
    recorded_at     timestamptz NOT NULL,
    replaced_at     timestamptz,             -- when we learned that this row was not, or no longer, the truth
    seq             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
CREATE UNIQUE INDEX listing_current ON listing (subprocessor_id, valid_from) WHERE replaced_at IS NULL;

CREATE TABLE client_change (
    change_id         text NOT NULL REFERENCES change,
    client_id         text NOT NULL REFERENCES client,
    agreement_id      text NOT NULL,         -- the version that governs this client's window
    agreement_version text NOT NULL,
    status            text NOT NULL,         -- awaiting_receipt, window_open, clear, objected, mitigation_open,
                                             -- mitigated, in_effect, ended
    received_at       timestamptz,
    receipt_channel   text,
    last_day_on       date,
    closes_at         timestamptz,
    reckoning         jsonb,
    in_effect_on      date,
    PRIMARY KEY (change_id, client_id)
);
CREATE INDEX client_change_of_client ON client_change (client_id);
CREATE INDEX client_change_open ON client_change (change_id) WHERE status IN ('awaiting_receipt', 'window_open');

CREATE TABLE objection (
    objection_id text PRIMARY KEY,
    change_id    text NOT NULL,
    client_id    text NOT NULL,
    received_at  timestamptz NOT NULL,
    ground       text,
    statement    text,
    accepted     boolean NOT NULL,
    reason       text,
    clause       text,
    withdrawn_at timestamptz,
    seq          bigint GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE INDEX objection_of_change ON objection (change_id, client_id);

CREATE TABLE mitigation (
    mitigation_id text PRIMARY KEY,
    change_id     text NOT NULL,
    client_id     text NOT NULL,
    kind          text NOT NULL,
    description   text NOT NULL,
    offered_by    text NOT NULL,
    offered_at    timestamptz NOT NULL,
    answered_at   timestamptz,
    accepted      boolean,
    seq           bigint GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE INDEX mitigation_of_change ON mitigation (change_id, client_id);

CREATE TABLE permission (                    -- what the compacted topic says, row by row
    client_id       text NOT NULL,
    subprocessor_id text NOT NULL,
    standing        text NOT NULL,
    permitted_from  date,
    reason          text NOT NULL,
    clause          text NOT NULL,
    change_id       text,
    PRIMARY KEY (client_id, subprocessor_id)
);
