-- Touches are worked off within moments, so their tables hold those of whichever connections are
-- busy. Taken for the touches of a single one, the planner would rather read the whole table than
-- go by the connection, and a quiet connection would pay for a busy one.
UPDATE sqlite_stat1 SET stat = '100000 10000'
WHERE idx IN ('record_touches_by_connection', 'object_touches_by_connection');
