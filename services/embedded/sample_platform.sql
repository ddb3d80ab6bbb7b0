-- A made-up platform: what a telecom SaaS keeps of its clients, category by category. `sample_platform.toml` maps it.

CREATE SCHEMA platform;

CREATE TABLE platform.account (
    account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id  text NOT NULL,
    created_at timestamptz NOT NULL,
    detail     text NOT NULL
);
CREATE INDEX ON platform.account (client_id);

CREATE TABLE platform.call (
    call_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id  text NOT NULL,
    created_at timestamptz NOT NULL,
    phone      text, -- of the other side
    detail     text NOT NULL
);
CREATE INDEX ON platform.call (client_id);

CREATE TABLE platform.recording (
    recording_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id    text NOT NULL,
    created_at   timestamptz NOT NULL,
    phone        text, -- of the other side
    detail       text NOT NULL
);
CREATE INDEX ON platform.recording (client_id);

CREATE TABLE platform.transcript (
    transcript_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id     text NOT NULL,
    created_at    timestamptz NOT NULL,
    phone         text, -- of the other side
    detail        text NOT NULL
);
CREATE INDEX ON platform.transcript (client_id);

CREATE TABLE platform.fax (
    fax_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id  text NOT NULL,
    created_at timestamptz NOT NULL,
    detail     text NOT NULL
);
CREATE INDEX ON platform.fax (client_id);

CREATE TABLE platform.contact (
    contact_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id         text NOT NULL,
    origin            text NOT NULL CHECK (origin IN ('prospect', 'manual', 'crm')),
    created_at        timestamptz NOT NULL,
    last_exchanged_at timestamptz,
    deleted_at        timestamptz, -- by the client, by hand; it goes with the next day's order
    name              text,
    phone             text,
    email             text,
    restricted_at     timestamptz, -- since then it is kept, and used for nothing
    detail            text NOT NULL
);
CREATE INDEX ON platform.contact (client_id);

CREATE TABLE platform.sso_user (
    sso_user_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id   text NOT NULL,
    created_at  timestamptz NOT NULL,
    detail      text NOT NULL
);
CREATE INDEX ON platform.sso_user (client_id);

CREATE TABLE platform.sent_email ( -- nothing is to be kept here
    sent_email_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id     text NOT NULL,
    created_at    timestamptz NOT NULL,
    detail        text NOT NULL
);
CREATE INDEX ON platform.sent_email (client_id);
