-- What binds a client, and from when on (§15): of what it signed by a day the last word holds.

CREATE TABLE signature (
    client_id         text NOT NULL,
    signed_on         date NOT NULL,
    agreement_id      text NOT NULL,
    agreement_version text NOT NULL,
    seq               bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (client_id, seq)
);

INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version)
SELECT client_id, '0001-01-01', agreement_id, agreement_version FROM client ORDER BY client_id;

-- Processes of the version before still write these; nothing reads them any more.
ALTER TABLE client ALTER COLUMN agreement_id DROP NOT NULL, ALTER COLUMN agreement_version DROP NOT NULL;
