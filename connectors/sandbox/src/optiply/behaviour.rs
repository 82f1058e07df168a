//! What nobody could tell us about Optiply, as switches.
//!
//! Each switch names the open question of the fact sheet (section 17) it stands for. The default is
//! the answer that is harder for a client, so that one which passes here has relied on nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How the imitation answers where the documentation is silent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Behaviour {
    /// Life of an access token in seconds (question 2: no source states the real one).
    pub token_seconds: u32,
    /// Whether a new grant ends the tokens before it (question 2).
    pub new_grant_ends_old_tokens: bool,
    /// How long a row made through the API is missing from lists (question 14). Default none:
    /// tests of settling choose one.
    pub visible_after: Duration,
    /// Whether the pair of a deleted row stays taken (question 11).
    pub deleted_pairs_stay_taken: bool,
    /// Whether an order with a bad line leaves the order and its lines before that one
    /// (question 6).
    pub bad_line_leaves_a_partial_order: bool,
    /// Whether the same product twice in one order is refused (question 8). Default no: nothing
    /// says that Optiply protects anybody from doing so.
    pub refuse_repeated_products: bool,
    /// Whether quantities of 0 and below, and negative values, are taken (question 7).
    pub take_odd_quantities: bool,
    /// Whether null is taken for attributes not documented as nullable (question 9).
    pub null_clears_anything: bool,
    /// Whether unknown attributes are ignored instead of refused (question 3).
    pub ignore_unknown_attributes: bool,
    /// Whether `preferred` counts when a supplier product is made; else only a later change sets
    /// it (question 15).
    pub preferred_when_made: bool,
    /// Whether the row preferred before loses it; else a second one is refused (question 15).
    pub preferred_moves: bool,
    /// Whether lists may be sorted by more than the id (question 13).
    pub sort_by_anything: bool,
    /// The status for a composition that would contain itself (unknown; the refusal comes from a
    /// database constraint).
    pub cycle_status: u16,
    /// The status for a row that refers to one that does not exist (known for receipts only,
    /// which get 404).
    pub missing_parent_status: u16,
    /// The id of an integration coupling, if this account has one. Without it remote ids are
    /// refused everywhere but on receipts.
    pub coupling: Option<i64>,
    /// Requests a second before 429 (question 12: unknown). Default none.
    pub requests_per_second: Option<u32>,
    /// Requests at once before 429 (question 12: unknown). Default none.
    pub requests_in_flight: Option<u32>,
    /// How far this server's clock is ahead, in seconds; everything it dates follows.
    pub clock_offset_seconds: i64,
    /// How long each answer takes; none = as long as the rest of the sandbox.
    pub latency: Option<Duration>,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour {
            token_seconds: 600,
            new_grant_ends_old_tokens: true,
            visible_after: Duration::ZERO,
            deleted_pairs_stay_taken: true,
            bad_line_leaves_a_partial_order: true,
            refuse_repeated_products: false,
            take_odd_quantities: false,
            null_clears_anything: false,
            ignore_unknown_attributes: false,
            preferred_when_made: false,
            preferred_moves: true,
            sort_by_anything: false,
            cycle_status: 500,
            missing_parent_status: 400,
            coupling: None,
            requests_per_second: None,
            requests_in_flight: None,
            clock_offset_seconds: 0,
            latency: None,
        }
    }
}
