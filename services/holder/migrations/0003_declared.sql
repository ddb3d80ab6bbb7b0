-- What the holder said last of itself, so that a map that comes back is said again.

CREATE TABLE declared (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    digest text NOT NULL,
    nth    integer NOT NULL DEFAULT 1
);
