-- Webhook secrets lie closed (closing.py). Those that stand in plain do so until `dutiful vault close notifier`, which comes when no
-- process of the version before runs any more: that one reads and writes `secret` alone.

ALTER TABLE endpoint_secret
    ADD COLUMN closed bytea,
    ALTER COLUMN secret DROP NOT NULL,
    ADD CONSTRAINT endpoint_secret_once CHECK (num_nonnulls(secret, closed) = 1);

CREATE TABLE vault_check (                   -- whether the key is the one that closed what lies here
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    closed   bytea NOT NULL
);

CREATE TABLE only_closed (                   -- since when no secret is written in plain: from the first day, where nobody was told yet
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    since    timestamptz NOT NULL
);
INSERT INTO only_closed (since)
SELECT now() WHERE NOT EXISTS (SELECT FROM client) AND NOT EXISTS (SELECT FROM endpoint);
