-- What every service has: the ids it has handled, what it will publish, and what it will publish on a day to come.

CREATE TABLE inbox (
    key         bytea PRIMARY KEY,           -- digest of source and event id
    received_at timestamptz NOT NULL
);
CREATE INDEX inbox_received_at ON inbox USING brin (received_at) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE outbox (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shard      smallint NOT NULL,            -- of the key: one relay at a time publishes a shard
    topic      text NOT NULL,
    key        text NOT NULL,
    headers    text NOT NULL,                -- JSON object of Kafka headers
    value      bytea,                        -- NULL is a tombstone
    created_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

CREATE TABLE agenda (
    name         text PRIMARY KEY,           -- what it is, so that it can be moved or cancelled
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    due_at       timestamptz NOT NULL,
    shard        smallint NOT NULL,
    topic        text NOT NULL,
    key          text NOT NULL,
    headers      text NOT NULL,
    value        bytea NOT NULL
);
CREATE INDEX agenda_due ON agenda (due_at, seq);
