-- Files that came with a request, or go with an answer to it: closed, by their hash, gone when the request is erased.

CREATE TABLE attachment (
    request_id text NOT NULL REFERENCES request,
    sha256     text NOT NULL,
    closed     bytea NOT NULL,
    kept_by    text NOT NULL,
    kept_at    timestamptz NOT NULL,
    PRIMARY KEY (request_id, sha256)
);
