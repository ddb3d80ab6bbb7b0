-- Every word that was said is kept: none is told from another by the instant of its handling, or by a publisher's id.

ALTER TABLE signature
    DROP CONSTRAINT signature_pkey,
    ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY,  -- of what was signed on one day the later word holds
    ADD PRIMARY KEY (client_id, seq);

ALTER TABLE objection
    DROP CONSTRAINT objection_pkey,          -- two clients may use the same id, and one client use it twice
    DROP CONSTRAINT objection_seq_key,
    ADD PRIMARY KEY (seq);

ALTER TABLE client_change
    ADD COLUMN ended_from text;              -- where the client stood when its contract ended: it may go on after all

CREATE INDEX change_of_subprocessor ON change (subprocessor_id, seq);
