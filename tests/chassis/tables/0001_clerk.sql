-- What the clerk of the tests was asked, in the order in which it took effect.

CREATE TABLE heard (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text     text NOT NULL,
    number   integer NOT NULL DEFAULT 0 CONSTRAINT numbers_count_up CHECK (number >= 0)
);
