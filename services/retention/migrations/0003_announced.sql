-- Sub-processors that are announced for a day to come: by then they may hold clients' data.

CREATE TABLE announced (
    change_id       text PRIMARY KEY,
    subprocessor_id text NOT NULL,
    effective_on    date NOT NULL
);
CREATE INDEX announced_by_day ON announced (effective_on);

-- Who has signed again after all was deleted has a new contract, which may end too.
UPDATE termination SET signed_again_at = now()
  FROM client
 WHERE client.client_id = termination.client_id AND stage = 'complete' AND gone_on IS NULL AND signed_again_at IS NULL;
