-- The directory of clients, what they were ordered to be told, and every attempt to tell them.

CREATE TABLE client (                        -- the address in force; its history is in contact
    client_id         text PRIMARY KEY,
    name              text NOT NULL,
    agreement_id      text NOT NULL,
    agreement_version text NOT NULL,
    contact_name      text NOT NULL,
    email             text NOT NULL,
    postal_address    text,
    language          text NOT NULL,
    active_until      date
);

CREATE TABLE contact (
    client_id      text NOT NULL REFERENCES client,
    valid_from     timestamptz NOT NULL,
    contact_name   text NOT NULL,
    email          text NOT NULL,
    postal_address text,
    language       text NOT NULL,
    PRIMARY KEY (client_id, valid_from)
);

CREATE TABLE endpoint (
    endpoint_id text PRIMARY KEY,
    client_id   text NOT NULL,
    url         text NOT NULL,
    description text,
    created_at  timestamptz NOT NULL,
    disabled_at timestamptz,
    reason      text                         -- why it is disabled
);
CREATE INDEX endpoint_of_client ON endpoint (client_id);

CREATE TABLE endpoint_secret (
    endpoint_id text NOT NULL REFERENCES endpoint,
    secret      text NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,                 -- after a rotation: until when the old one signs too
    PRIMARY KEY (endpoint_id, created_at)
);

CREATE TABLE notice_order (                  -- what is the same for all clients of an order
    order_id    text PRIMARY KEY,
    about       text NOT NULL,
    kind        text NOT NULL,
    clause      text NOT NULL,
    facts       jsonb NOT NULL,
    ordered_at  timestamptz NOT NULL,
    escalate_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    flow_id     text NOT NULL,
    traceparent text
);

CREATE TABLE notice (
    notice_id       text PRIMARY KEY,
    order_id        text NOT NULL REFERENCES notice_order,
    client_id       text NOT NULL,
    created_at      timestamptz NOT NULL,
    stage           smallint NOT NULL DEFAULT 0,
    received_at     timestamptz,
    receipt_channel text,
    proof           text,
    failed_at       timestamptz
);
CREATE INDEX notice_of_order ON notice (order_id);
CREATE INDEX notice_of_client ON notice (client_id, created_at, notice_id);

CREATE TABLE delivery (
    delivery_id     text PRIMARY KEY,        -- also the webhook's id and the email's message id
    notice_id       text NOT NULL REFERENCES notice,
    channel         text NOT NULL,
    endpoint_id     text,                    -- of a webhook
    shard           smallint NOT NULL,       -- of the notice: one process at a time delivers a shard
    status          text NOT NULL,           -- pending, posted (a letter without its record), delivered, failed
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    created_at      timestamptz NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX delivery_of_notice ON delivery (notice_id);
CREATE INDEX delivery_due ON delivery (next_attempt_at) WHERE status = 'pending' AND channel <> 'post';
CREATE INDEX delivery_by_post ON delivery (created_at, delivery_id) WHERE channel = 'post';

CREATE TABLE attempt (
    delivery_id text NOT NULL,
    nth         integer NOT NULL,
    at          timestamptz NOT NULL,
    address     text NOT NULL,               -- the one in force when it was sent
    ok          boolean NOT NULL,
    status      integer,                     -- HTTP or SMTP
    latency_ms  real NOT NULL,
    answer      text NOT NULL,               -- its beginning
    reason      text,
    PRIMARY KEY (delivery_id, nth)
);
