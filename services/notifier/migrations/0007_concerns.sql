-- What people on call must act upon beside breaches and notices: told together, one mail a kind for a while.

CREATE TABLE concern (
    concern_id text PRIMARY KEY,
    kind       text NOT NULL,
    said       text NOT NULL,            -- in English
    coded      text NOT NULL,            -- for words in another language
    heard_at   timestamptz NOT NULL,
    told_at    timestamptz               -- NULL: it waits for the next mail of its kind
);
CREATE INDEX concern_untold ON concern (kind, heard_at, concern_id) WHERE told_at IS NULL;
CREATE INDEX concern_told ON concern (kind, told_at) WHERE told_at IS NOT NULL;
