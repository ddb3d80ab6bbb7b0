-- Sub-processors that may hold data of a person whom help is about, and whose systems take no orders: people ask them.

CREATE TABLE by_hand (
    assistance_id   text NOT NULL REFERENCES assistance,
    subprocessor_id text NOT NULL,
    outcome         text,                    -- NULL: nobody has entered yet what came of it
    entered_by      text,
    entered_at      timestamptz,
    PRIMARY KEY (assistance_id, subprocessor_id)
);
