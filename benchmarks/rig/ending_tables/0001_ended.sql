-- Whose contract ended, and when.

CREATE TABLE ended (
    client_id     text PRIMARY KEY,
    terminated_on date NOT NULL
);
