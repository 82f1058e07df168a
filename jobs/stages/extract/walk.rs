//! Walking one slice, page by page, from its checkpoint.

use super::{Context, StageError, trail, undeliverable};
use connectors::lightspeed::{
    self, Drips, IdRange, Narrow, NextLink, Page, Query, Relations, Since, SourceError, TimeField,
};
use pipeline::Class;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use storage::{ChosenBy, NewPage, Reading, Walk};
use tracing::Instrument;

/// Walks at once, whatever the budget permits.
const WALKS_MIN: usize = 2;
const WALKS_MAX: usize = 8;

/// Page sizes a walk falls back to when the source cannot deliver: smaller pages first, and then
/// record by record up to the one that fails.
const LIMITS: [u32; 5] = [100, 50, 25, 10, 1];

/// Pages of a reduced size that must succeed before the size grows again.
const GROW_AFTER: u32 = 5;

/// Faults in a row that are tried again at once; a longer trouble is the queue's to wait out.
const BLIPS: u32 = 2;

/// How a walk ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    /// Pages it stored.
    pub(super) pages: u32,
}

/// What the walks of a job tell one another.
#[derive(Debug, Default)]
pub(super) struct Pace {
    stopped: AtomicBool,
}

impl Pace {
    /// How many slices to walk at once, when `walking` are: one more as long as no request had to
    /// wait for room, which means that the source permits more than these walks can ask for.
    pub(super) fn parallel(&self, context: &Context, walking: usize) -> usize {
        let hungry = context.source.budget().snapshot().waiting == 0;
        if hungry { walking + 1 } else { walking }.clamp(WALKS_MIN, WALKS_MAX)
    }

    /// Makes every walk stop after the page in hand.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// Walks a slice to its end, or until the turn is over.
pub(super) async fn walk(context: &Context, mut walk: Walk) -> Result<End, StageError> {
    if !walk.reading.is_of_records() {
        let pages = trail::walk(context, walk).await?;
        return Ok(End { pages });
    }
    let mut guard = lightspeed::Walk::new();
    let mut link: Option<NextLink> = None;
    let mut end = End::default();
    let (mut blips, mut good) = (0, 0);
    while !over(context) {
        let observation = context.observe();
        let query = query(&walk);
        let asked = async {
            let page = match link.take() {
                Some(link) => follow(context, &link, query.expected_cost()).await?,
                None => fetch(context, &query).await?,
            };
            advances(&page, &walk)?;
            page.next
                .as_ref()
                .map_or(Ok(()), |next| guard.admit(next))?;
            Ok(page)
        };
        let span = tracing::info_span!(
            "page",
            feed = walk.feed.name(),
            slice = walk.slice,
            after = walk.last
        );
        let page: Result<Page, SourceError> = asked.instrument(span.clone()).await;
        match page {
            Ok(page) => {
                (blips, good) = (0, good + 1);
                let grown = grow(walk.page_limit, good);
                if grown != walk.page_limit {
                    good = 0;
                }
                store(context, &mut walk, &page, observation, grown)
                    .instrument(span)
                    .await?;
                end.pages += 1;
                if page.next.is_none() {
                    return Ok(end);
                }
                // A link carries the size it was made with; another size starts from the checkpoint.
                link = page.next.filter(|_| grown == walk.page_limit);
                walk.page_limit = grown;
            }
            Err(error) if error.smaller_page_may_help() => {
                (guard, good) = (lightspeed::Walk::new(), 0);
                match LIMITS.iter().find(|limit| **limit < walk.page_limit) {
                    Some(smaller) => walk.page_limit = *smaller,
                    None => undeliverable::pass(context, &mut walk, error).await?,
                }
            }
            Err(error) if error.class() == Class::Retry && blips < BLIPS => {
                tracing::warn!(
                    feed = walk.feed.name(),
                    slice = walk.slice,
                    "asking again from the checkpoint: {error}"
                );
                (guard, blips) = (lightspeed::Walk::new(), blips + 1);
                tokio::time::sleep(Duration::from_millis(500) * blips).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(end)
}

pub(super) fn over(context: &Context) -> bool {
    context.turn.is_over() || context.pace.stopped.load(Ordering::Relaxed)
}

/// The rest of a slice.
pub(super) fn query(walk: &Walk) -> Query {
    let ids = IdRange {
        from: Some(walk.last + 1),
        to: walk.upper,
        ..IdRange::ALL
    };
    let since = walk.since.map(|since| Since {
        field: match since.by {
            ChosenBy::Changed => TimeField::TimeStamp,
            ChosenBy::Updated => TimeField::UpdateTime,
            ChosenBy::Completed => TimeField::CompleteTime,
        },
        at: since.at,
    });
    let narrow = match walk.reading {
        Reading::Open => Narrow::OpenOrders,
        _ => Narrow::Nothing,
    };
    // Items that changed bring no stock: stock has changes of its own.
    let relations = match since {
        Some(_) => Relations::Own,
        None => Relations::WithStock,
    };
    let query = Query {
        since,
        narrow,
        relations,
        ..Query::walk(walk.feed, ids)
    };
    query.with_limit(u8::try_from(walk.page_limit).unwrap_or(100))
}

/// A page that does not lead beyond the checkpoint is a page seen before.
fn advances(page: &Page, walk: &Walk) -> Result<(), SourceError> {
    match page.last_id {
        Some(last) if last <= walk.last => Err(SourceError::LoopingLink {
            resource: connectors::lightspeed::query::resource(walk.feed).to_owned(),
        }),
        _ => Ok(()),
    }
}

fn grow(limit: u32, good: u32) -> u32 {
    if good < GROW_AFTER {
        return limit;
    }
    LIMITS
        .iter()
        .rev()
        .copied()
        .find(|larger| *larger > limit)
        .unwrap_or(limit)
}

/// One page. When the process is asked to stop, a page in flight has
/// a little longer to arrive.
pub(super) async fn fetch(context: &Context, query: &Query) -> Result<Page, SourceError> {
    patient(context, context.source.first(query)).await
}

async fn follow(context: &Context, link: &NextLink, cost: Drips) -> Result<Page, SourceError> {
    patient(context, context.source.follow(link, cost)).await
}

/// How long a page in hand may still take once the process was asked to stop.
const LAST_PAGE: Duration = Duration::from_secs(5);

pub(super) async fn patient<T>(
    context: &Context,
    asked: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    tokio::pin!(asked);
    tokio::select! {
        biased;
        page = &mut asked => return page,
        () = context.turn.stop.cancelled() => {}
    }
    match tokio::time::timeout(LAST_PAGE, asked).await {
        Ok(page) => page,
        Err(_) => Err(SourceError::RateLimited {
            after: Duration::ZERO,
        }),
    }
}

async fn store(
    context: &Context,
    walk: &mut Walk,
    page: &Page,
    observation: i64,
    page_limit: u32,
) -> Result<(), StageError> {
    let turn = &context.turn;
    let stored = turn
        .deps
        .store
        .store_page(
            &turn.lease,
            NewPage {
                run: turn.job.run,
                feed: walk.feed,
                slice: walk.slice,
                observation,
                server_at: page.server_date,
                request: page.request.clone(),
                asked: None,
                rows: page.rows,
                last: page.last_id,
                page_limit,
                ended: page.next.is_none(),
                body: page.body_str().to_owned(),
                budget: context.budget(),
            },
        )
        .await?;
    walk.last = page.last_id.unwrap_or(walk.last);
    turn.note_progress();
    tracing::debug!(
        feed = walk.feed.name(),
        slice = walk.slice,
        page.id = stored.map(|id| id.0),
        rows = page.rows,
        last = walk.last,
        "stored a page of {} up to {}",
        walk.feed,
        walk.last
    );
    Ok(())
}
