-- What may be in Optiply already, and of which a person has said that it is not.
ALTER TABLE deliveries ADD COLUMN vouched INTEGER NOT NULL DEFAULT 0;
