-- What a holder never returns: the client gave it up, or an operator declared the holder unreachable, each with its word.
-- An order's state may be `waived` or `unreachable` since.

CREATE TABLE missed_return (
    order_id       text NOT NULL REFERENCES holder_order,
    why            text NOT NULL,            -- waived, unreachable
    termination_id text NOT NULL,
    categories     text[] NOT NULL,
    reason         text,
    said_by        text NOT NULL,
    said_at        timestamptz NOT NULL,
    PRIMARY KEY (order_id, why)
);
CREATE INDEX missed_return_of_termination ON missed_return (termination_id);
