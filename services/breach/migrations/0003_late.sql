-- Who signs, or is declared, after an incident was scoped is still found; who was named by mistake is taken out; a client
-- is bound to what it signed from that day on (§15).

ALTER TABLE incident
  ADD COLUMN by_categories  text[] NOT NULL DEFAULT '{}',  -- those that say who is affected, beside no other name
  ADD COLUMN description_fr text;

ALTER TABLE affected ADD COLUMN named boolean NOT NULL DEFAULT false;  -- by its own id
UPDATE affected SET named = true;

CREATE TABLE signature (                     -- what binds a client, and from when on; client holds what binds it now
    client_id         text NOT NULL,
    signed_on         date NOT NULL,
    agreement_id      text NOT NULL,
    agreement_version text NOT NULL,
    seq               bigint GENERATED ALWAYS AS IDENTITY,  -- of what was signed on one day the later word holds
    PRIMARY KEY (client_id, seq)
);
INSERT INTO signature (client_id, signed_on, agreement_id, agreement_version)
SELECT client_id, '0001-01-01', agreement_id, agreement_version FROM client ORDER BY client_id;

ALTER TABLE client ADD COLUMN rebinds_on date;  -- another version that is signed already binds it from then on
CREATE INDEX client_rebinds ON client (rebinds_on) WHERE rebinds_on IS NOT NULL;

ALTER TABLE client_subprocessor ADD COLUMN since date;  -- it may process from then on; NULL: it could before this was asked
