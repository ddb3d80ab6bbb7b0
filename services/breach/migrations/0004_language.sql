-- In which language a client reads: what its agreement says is shown to it in that one (§15).

ALTER TABLE client ADD COLUMN language text NOT NULL DEFAULT 'en';
