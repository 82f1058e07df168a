//! What a person should look at.

use super::super::StageError;
use super::Context;
use connectors::lightspeed::WriteError;
use pipeline::export::HeldOrder;
use pipeline::id::BuyOrderId;
use storage::{Alarm, AlarmKind, StoreError};

/// More than one live purchase order bears the reference of a buy order, or no longer so.
pub(super) async fn duplicates(
    context: &Context,
    order: BuyOrderId,
    live: &[HeldOrder],
) -> Result<(), StoreError> {
    let (store, connection) = (&context.turn.deps.store, context.turn.job.connection);
    let (kind, subject) = (AlarmKind::DuplicateOrders, order.to_string());
    let [first, others @ ..] = live else {
        return Ok(());
    };
    if others.is_empty() {
        store.clear_alarm(connection, kind, &subject).await?;
        return Ok(());
    }
    let ids: Vec<String> = live.iter().map(|order| order.id.to_string()).collect();
    let alarm = Alarm::new(
        kind,
        subject,
        format!(
            "purchase orders {} all bear the reference {}; {} is taken for the buy order",
            ids.join(", "),
            first.reference,
            first.id
        ),
        "archive the surplus ones in Lightspeed; nothing is deleted by itself",
    );
    if store.raise_alarm(connection, &alarm).await? {
        tracing::warn!(%order, "alarm: {}", alarm.text);
    }
    Ok(())
}

/// Purchase orders that were copied with their reference after they had been exported.
pub(super) async fn copies(context: &Context) -> Result<(), StoreError> {
    let (store, connection) = (&context.turn.deps.store, context.turn.job.connection);
    for (order, ours, copy) in store.export_copies(connection).await? {
        let alarm = Alarm::new(
            AlarmKind::DuplicateOrders,
            order.to_string(),
            format!(
                "purchase order {copy} bears the reference of buy order {order}, whose purchase \
                 order is {ours}; it is read as an order of its own"
            ),
            "give it another reference in Lightspeed, or archive it if it is a copy by mistake",
        );
        if store.raise_alarm(connection, &alarm).await? {
            tracing::warn!(%order, "alarm: {}", alarm.text);
        }
    }
    Ok(())
}

/// A person must settle a difference.
pub(super) async fn conflict(
    context: &Context,
    order: BuyOrderId,
    detail: &str,
) -> Result<(), StoreError> {
    let (store, connection) = (&context.turn.deps.store, context.turn.job.connection);
    let alarm = Alarm::new(
        AlarmKind::ExportConflict,
        order.to_string(),
        format!("buy order {order}: {detail}"),
        "make the two agree, or archive the purchase order; then export again",
    );
    if store.raise_alarm(connection, &alarm).await? {
        tracing::warn!(%order, "alarm: {}", alarm.text);
    }
    Ok(())
}

/// The right to write purchase orders is missing.
pub(super) async fn rights(context: &Context, error: &StageError) -> Result<(), StoreError> {
    if !matches!(error, StageError::Write(WriteError::Forbidden { .. })) {
        return Ok(());
    }
    let (store, connection) = (&context.turn.deps.store, context.turn.job.connection);
    let alarm = Alarm::new(
        AlarmKind::RightsLost,
        "export",
        "the connected employee may not write purchase orders",
        "grant the right in Lightspeed, then export again",
    );
    store.raise_alarm(connection, &alarm).await?;
    Ok(())
}
