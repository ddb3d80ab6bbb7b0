-- What each event that this service said was caused by, kept for a while after Kafka has it (docs/decisions/0019).

CREATE TABLE trail (
    block        bigint GENERATED ALWAYS AS IDENTITY,
    published_at timestamptz NOT NULL,
    said         text NOT NULL               -- of all that was published at once, a line each: `trail.Said`
);
ALTER TABLE trail ALTER COLUMN said SET STORAGE EXTERNAL;  -- ids don't compress, and trying costs more than the rest
CREATE INDEX trail_published_at ON trail USING brin (published_at) WITH (pages_per_range = 16, autosummarize = on);
