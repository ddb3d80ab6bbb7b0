-- Data of categories that are never stored, as they were found last, so that they are reported when they grow;
-- and the list of orders, the newest first.

CREATE TABLE stored (
    client_id text NOT NULL,
    category  text NOT NULL,
    count     bigint NOT NULL,
    PRIMARY KEY (category, client_id)
);

CREATE INDEX job_newest ON job (received_at DESC, kind, order_id);
