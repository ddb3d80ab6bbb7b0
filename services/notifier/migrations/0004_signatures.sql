-- What binds a client, and from when on (§15); client holds what bound it when a word of it, or a notice to it, last came.

CREATE TABLE signature (
    client_id         text NOT NULL REFERENCES client,
    signed_on         date NOT NULL,
    agreement_id      text NOT NULL,
    agreement_version text NOT NULL,
    seq               bigint GENERATED ALWAYS AS IDENTITY,  -- of what was signed on one day the later word holds
    PRIMARY KEY (client_id, seq)
);

INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version)
SELECT client_id, '0001-01-01', agreement_id, agreement_version
  FROM client
 ORDER BY client_id;
