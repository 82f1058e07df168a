//! Touching the objects that load must compute again.

use crate::batch::run;
use crate::error::StoreError;
use crate::store::WriteTx;
use pipeline::Feed;
use pipeline::id::ConnectionId;

/// A row of `object_touches`: object, id, feed, record, run.
pub(super) type TouchRow = (
    &'static str,
    i64,
    Option<&'static str>,
    Option<i64>,
    Option<i64>,
);

const TOUCH: &str = "
    INSERT INTO object_touches (connection_id, object, object_id, feed, record_id, run_id)
    SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
    FROM json_each(?2)";

/// The orders that a changed sale bears on: of the sales its lines refer to, of the sales whose
/// lines refer to its lines, and, since a return chooses among them, of the sales those refer to.
///
/// `CROSS JOIN` forces the join order, here as in every statement of this crate: from the few rows
/// at hand to the table of the whole account, never the other way round. For the same reason the
/// steps are materialized.
const TOUCH_RELATED: &str = "
    WITH touched AS MATERIALIZED (SELECT value AS sale_id FROM json_each(?2)),
         mine AS MATERIALIZED (
             SELECT l.line_id, l.parent_id, l.fee FROM touched t
             CROSS JOIN source_sale_lines l ON l.connection_id = ?1 AND l.sale_id = t.sale_id),
         children AS MATERIALIZED (
             SELECT c.sale_id FROM mine m CROSS JOIN source_sale_lines c
             ON c.connection_id = ?1 AND c.parent_id = m.line_id
                AND c.parent_id IS NOT NULL AND c.fee = 0),
         related AS (
             SELECT p.sale_id FROM mine m CROSS JOIN source_sale_lines p
             ON p.connection_id = ?1 AND p.line_id = m.parent_id WHERE m.fee = 0
             UNION SELECT sale_id FROM children
             UNION SELECT p.sale_id FROM children ch
             CROSS JOIN source_sale_lines c ON c.connection_id = ?1 AND c.sale_id = ch.sale_id
             CROSS JOIN source_sale_lines p ON p.connection_id = ?1 AND p.line_id = c.parent_id)
    INSERT INTO object_touches (connection_id, object, object_id)
    SELECT ?1, 'sell_order', sale_id FROM related
    WHERE sale_id NOT IN (SELECT sale_id FROM touched)";

pub(super) async fn touch_objects(
    tx: &mut WriteTx,
    connection: ConnectionId,
    touches: &[TouchRow],
) -> Result<(), StoreError> {
    run(tx.conn(), TOUCH, connection.0, touches).await?;
    Ok(())
}

/// Touches the orders that these sales bear on.
pub(super) async fn touch_related(
    tx: &mut WriteTx,
    connection: ConnectionId,
    sales: &[i64],
) -> Result<(), StoreError> {
    run(tx.conn(), TOUCH_RELATED, connection.0, sales).await?;
    Ok(())
}

/// The object a feed's records become.
pub(crate) fn object_of(feed: Feed) -> &'static str {
    match feed {
        Feed::Shops => "shop",
        Feed::Vendors => "supplier",
        Feed::Items | Feed::Stock => "product",
        Feed::Sales => "sell_order",
        Feed::Orders => "buy_order",
        Feed::Shipments => "shipment",
    }
}
