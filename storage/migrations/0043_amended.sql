-- A buy order that was ordered is looked at again when a planner changed or deleted it.

-- 0: settled; 1: its purchase order is open, so changes of it are watched; 2: it is to be looked at
ALTER TABLE exports ADD COLUMN look INTEGER NOT NULL DEFAULT 0;
-- Optiply's change time of its lines when one was last seen
ALTER TABLE exports ADD COLUMN lines_changed_at INTEGER;
-- What was ordered before a planner changed it (JSON), while the purchase order is brought to that.
ALTER TABLE exports ADD COLUMN former TEXT;
-- The version of the purchase order that was held when it was placed: it was read before, so it says
-- nothing of what has happened since.
ALTER TABLE echo_buy_orders ADD COLUMN read_before INTEGER;

UPDATE exports SET look = 1 WHERE state = 'exported';
CREATE INDEX exports_watched ON exports (connection_id, look, buy_order_id) WHERE look > 0;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('exports', 'exports_watched', '100 50 25 1');
