-- What an order rests on stays with it when it is answered, and can be asked for.

ALTER TABLE holder_order ADD COLUMN clause text;
UPDATE holder_order SET clause = said::jsonb ->> 'clause' WHERE said IS NOT NULL;
