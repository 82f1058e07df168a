//! Every call of one order fails once, in every way.

use super::judge::{Wish, assert_ordered};
use super::plain::item_of;
use super::world::{export, line, plan, stocked};
use sandbox::{Fault, When};

/// Calls of an order of five lines: look, draft, lines, read back, place.
const CALLS: u32 = 9;

#[tokio::test(start_paused = true)]
async fn whichever_call_fails_the_order_is_placed_once_and_whole() {
    let (world, shelf) = stocked(40).await;
    let mut wishes = Vec::new();
    let ways: [fn(When) -> Fault; 6] = [
        |at| Fault::ResetBefore { at },
        |at| Fault::ResetAfter { at },
        |at| Fault::status(503, at),
        |at| Fault::StatusAfter { status: 504, at },
        |at| Fault::TruncatedBody { at },
        |at| Fault::EmptyBody200 { at },
    ];
    for n in 1..=CALLS {
        for (number, way) in (0..).zip(ways) {
            let lines: Vec<_> = (0..5)
                .map(|place| line(shelf.items[place].1, 1 + number, 100 + i64::from(n)))
                .collect();
            let order = plan(&world, shelf.vendors[0].1, &lines);
            wishes.push(Wish::of(order, &lines, item_of(&shelf)));
            world.sandbox.clear_history();
            world.sandbox.set_fault(way(When::nth(n)));
            let run = export(&world).await;
            assert_eq!(
                run.state, "done",
                "call {n}, way {number}: {:?}",
                run.reason
            );
            let struck = world.sandbox.history();
            let struck = struck.iter().filter(|call| call.fault.is_some()).count();
            assert_eq!(struck, 1, "call {n}, way {number}");
            super::judge::assert_never_wrong(&world, &wishes);
        }
    }
    world.sandbox.clear_history();
    assert_ordered(&world, &wishes);
}
