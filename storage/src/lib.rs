//! Everything that survives a crash.
//!
//! [`Store`] is the door: callers see its methods and plain types, never SQL, so that another
//! database can follow without touching a caller. What the door promises is written down as a
//! suite of tests that any backend must pass.
//!
//! Architecture invariants:
//!
//! - State and the job that carries it on are written in one transaction; no caller can do one
//!   without the other.
//! - A method of a stage takes the stage's [`Lease`] and writes nothing when a later holder has
//!   taken it over.
//! - Statements work on whole pages: their number does not depend on the number of records.
//! - The tables of the queue hold work to be looked at, never the truth about it.
//!
//! Where to start: `migrations/` for the tables, one file per table group here.

#![forbid(unsafe_code)]

mod adoption;
mod alarms;
mod backlog;
mod batch;
mod bells;
mod beside;
mod budgets;
mod connections;
mod control;
mod deliver;
mod error;
mod events;
mod evidence;
mod export;
mod extract;
mod fan_out;
mod filter;
mod health;
mod instant;
mod leases;
mod ledger;
mod load;
mod missing;
mod normalize;
mod open;
mod open_orders;
mod pages;
mod pulse;
mod queue;
mod reconcile;
mod refilter;
mod rehearsal;
mod rejections;
mod renewals;
mod replay;
mod reports;
mod retention;
mod rotation;
mod runs;
mod seal;
mod seal_key;
mod secrets;
mod settings;
mod slots;
mod stages;
mod store;
mod sweep;
mod sync;
mod tokens;
mod trip;
mod vanished;
mod webhooks;
mod worker_lock;

pub use adoption::{Adopted, Adoption, AdoptionReport, Matched, OrdersToMatch, RemoteRow};
pub use alarms::{Alarm, AlarmKind, Raised};
pub use backlog::Backlog;
pub use connections::{Connection, ConnectionState, NewConnection};
pub use control::Stopped;
pub use deliver::{
    Ack, AckLine, Ahead, Decided, DeliveryCounts, DeliveryOutcome, DeliveryRow, DeliveryTallies,
    DeliveryTally, DeliveryWork, Doubtful, HeldLine, LinesOfOrder, Link, Look, Op, Settled, Step,
};
pub use error::StoreError;
pub use events::Event;
pub use evidence::{
    ArrivalEvidence, AssemblyOf, BuyOrderLineRow, BuyOrderRow, Decision, FeedProof, ItemEvidence,
    ItemLinks, Naming, OrderEvidence, OrderLineEvidence, OrderNaming, OrderRow, OrderRowLine,
    PageRef, ProductRow, ReceiptRow, Refund, SaleEvidence, SaleLineEvidence, ShipmentEvidence,
    ShipmentItemEvidence, StockEvidence, SupplierRow, Trail, VendorEvidence, Wanted,
};
pub use export::{
    EXPORT, Echo, EchoLine, ExportCounts, ExportMark, ExportMove, ExportOp, ExportRow,
    ExportRowLine, ExportState, ExportStep, ExportWork, OpenCall, Sighting, ToldLines,
};
pub use extract::{
    BY_ID, ChosenBy, FeedPlan, FeedRun, NewPage, NewTrail, Reading, Since, Slice, Start, Walk,
};
pub use filter::{Facts, FilterWork, Subject};
pub use health::{Health, Watermark};
pub use leases::Lease;
pub use load::{
    AssemblyFacts, LoadWork, Loaded, OfferFacts, OrderWork, Orphan, ProductFacts, SupplierFacts,
};
pub use missing::MissingRecord;
pub use open::{KeySource, OnConnect, OpenOptions};
pub use pages::StoredPage;
pub use pulse::{Pulse, SellingHours, WEEK_HOURS};
pub use queue::JobAddress;
pub use reconcile::{Checklist, Lone, ModelCounts, Shown, UnnamedLine};
pub use refilter::{REFILTER, SettingsChange};
pub use rehearsal::{EntityChange, FieldChange, Rehearsal, Sample};
pub use rejections::Rejection;
pub use renewals::Renewal;
pub use replay::{REPLAY, Retried};
pub use retention::{Keep, Trimmed};
pub use runs::{BACKFILL, Run};
pub use seal::Sealer;
pub use secrets::{CredentialsMark, secret_kind};
pub use settings::SettingsVersion;
pub use slots::{Scheduled, Served, SlotKind};
pub use stages::{Begun, Leave, StageState, StageTime};
pub use store::{KeepAwake, Store};
pub use sweep::SweepRequested;
pub use sync::{INCREMENTAL, Requested, SWEEP, Trigger};
pub use tokens::{NewTokens, TokenRow};
pub use vanished::MissingGuard;
pub use webhooks::Message;
pub use worker_lock::{LockError, WorkerLock};
