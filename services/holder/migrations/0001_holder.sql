-- What the holder was ordered to do, how far it is, and the packages that it made.

CREATE TABLE job (
    kind        text NOT NULL,               -- erasure, check, return
    order_id    text NOT NULL,
    round       integer NOT NULL DEFAULT 1,  -- the same order may come again
    ordered     text NOT NULL,               -- the order as it was said, JSON
    shard       smallint NOT NULL,           -- one process at a time works on a shard
    fence       integer NOT NULL DEFAULT 0,  -- who began last is the one that may go on
    status      text NOT NULL,               -- open, done, failed
    received_at timestamptz NOT NULL,
    started_at  timestamptz,
    finished_at timestamptz,
    answer      text,                        -- JSON
    flow_id     text NOT NULL,
    traceparent text,
    PRIMARY KEY (kind, order_id)
);
CREATE INDEX job_open ON job (received_at) WHERE status = 'open';

CREATE TABLE part (                          -- of an erasure: one client in one source, as soon as something went
    order_id     text NOT NULL,
    client_id    text NOT NULL,
    source       text NOT NULL,
    counted      bigint NOT NULL DEFAULT 0,
    intent_count bigint,                     -- what was about to go when this was written
    intent_mark  text,                       -- JSON, by which the store tells whether it did
    PRIMARY KEY (order_id, client_id, source)
) WITH (fillfactor = 50);

CREATE TABLE halt (
    order_id  text NOT NULL,
    client_id text NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (order_id, client_id)
);

CREATE TABLE ceased (
    client_id   text PRIMARY KEY,
    order_id    text NOT NULL,
    ceased_from timestamptz NOT NULL,
    categories  text[] NOT NULL
);

CREATE TABLE later (                         -- processing found after the end, so that it is reported when it grows
    client_id text NOT NULL REFERENCES ceased ON DELETE CASCADE,
    category  text NOT NULL,
    count     bigint NOT NULL,
    PRIMARY KEY (client_id, category)
);

CREATE TABLE package (
    order_id        text PRIMARY KEY,
    client_id       text NOT NULL,
    available_until timestamptz NOT NULL,
    ready_at        timestamptz,
    bytes           bigint,                  -- of the whole archive
    downloaded_at   timestamptz,
    acknowledged_at timestamptz,
    removed_at      timestamptz
);
CREATE INDEX package_of_client ON package (client_id);
CREATE INDEX package_kept ON package (available_until) WHERE removed_at IS NULL;

CREATE TABLE package_file (
    order_id     text NOT NULL REFERENCES package,
    nth          integer NOT NULL,
    file         text NOT NULL,              -- its name in the archive
    name         text NOT NULL,              -- what it is
    category     text NOT NULL,
    source       text NOT NULL,
    records      bigint NOT NULL,
    bytes        bigint NOT NULL,
    sha256       text NOT NULL,
    plain_bytes  bigint NOT NULL,            -- the same before it was encrypted
    plain_sha256 text NOT NULL,
    resume       text,                       -- JSON: where the next file of this source begins
    PRIMARY KEY (order_id, nth)
);

CREATE TABLE fetched (                       -- the parts of an archive that went out through its link
    order_id text NOT NULL REFERENCES package,
    at       timestamptz NOT NULL,
    first    bigint NOT NULL,
    last     bigint NOT NULL
);
CREATE INDEX fetched_of ON fetched (order_id);
