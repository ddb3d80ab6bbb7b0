-- What stands of each promise in a chain, as far as it was counted when somebody asked: no evidence, and made again from it.
CREATE TABLE tally (
    chain   text PRIMARY KEY,
    seq     bigint NOT NULL,
    counted text NOT NULL                      -- `tallying.Tally` as JSON
);
