//! What the rules cost: pages of 100 sales with three lines each through normalize, filter and
//! load, with nothing stored and nothing sent.

mod figures;

use figures::{Cost, Figure, Meter};
use pipeline::Feed;
use pipeline::filter::{self, LineFact, SaleHead};
use pipeline::id::{ItemId, ShopId};
use pipeline::load::sell_order::{ItemState, LineFacts, SaleFacts, SaleOutcome, sell_orders};
use pipeline::normalize::normalize;
use pipeline::record::{Record, Sale};
use pipeline::settings::{Locations, Settings};
use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

/// A sale as it is sent, with room for its number and those of its items.
const SALE: &str = include_str!("sale.json");

const SALES_A_PAGE: u64 = 100;
const LINES_A_SALE: u64 = 3;

/// Different pages, so that no part of the machine learns one by heart.
const PAGES: u64 = 20;

/// How long each part is repeated.
const LONG_ENOUGH: Duration = Duration::from_secs(2);

fn main() {
    let settings = Settings::new(Locations::All, ShopId(1));
    let bodies: Vec<String> = (0..PAGES).map(body).collect();
    let sales: Vec<Vec<Sale>> = bodies.iter().map(|body| read(body)).collect();
    let facts: Vec<Vec<SaleFacts>> = sales.iter().map(|page| facts(page)).collect();
    let items = items(&facts);

    let normalized = repeat(&bodies, |body| read(body).len());
    let filtered = repeat(&sales, |page| decide(page, &settings));
    let loaded = repeat(&facts, |page| make(page, &items, &settings));
    let whole = repeat(&bodies, |body| {
        let sales = read(body);
        assert_eq!(decide(&sales, &settings), sales.len());
        make(&self::facts(&sales), &items, &settings)
    });

    let records = LINES_A_SALE + 1;
    let kilobytes = bodies.iter().map(String::len).sum::<usize>() / bodies.len() / 1_000;
    figures::print(
        "rules",
        &format!(
            "pages of {SALES_A_PAGE} sales with {LINES_A_SALE} lines each, {kilobytes} kB a page, one thread"
        ),
        &[
            Figure::new(
                "CPU a source record (sale or line)",
                "ns",
                whole.cpu_a_sale() / records,
            )
            .goal("<=", 25_000),
            Figure::new(
                "source records a second",
                "per_second",
                whole.sales_a_second() * records,
            )
            .goal(">=", 40_000),
            Figure::new("CPU a sale", "ns", whole.cpu_a_sale()),
            Figure::new("  of it normalize", "ns", normalized.cpu_a_sale()),
            Figure::new("  of it filter", "ns", filtered.cpu_a_sale()),
            Figure::new("  of it load", "ns", loaded.cpu_a_sale()),
        ],
    );
}

struct Measured {
    cost: Cost,
    sales: u64,
}

impl Measured {
    fn cpu_a_sale(&self) -> u64 {
        self.cost.cpu_each(self.sales)
    }

    fn sales_a_second(&self) -> u64 {
        self.cost.per_second(self.sales)
    }
}

/// Repeats a part over all pages. The work tells how many sales it carried through, which must be
/// all of them.
fn repeat<T>(pages: &[T], work: impl Fn(&T) -> usize) -> Measured {
    let (mut sales, meter) = (0, Meter::start());
    loop {
        for page in pages {
            let carried = work(black_box(page));
            assert_eq!(u64::try_from(carried), Ok(SALES_A_PAGE));
            sales += SALES_A_PAGE;
        }
        let cost = meter.read();
        if cost.wall >= LONG_ENOUGH {
            return Measured { cost, sales };
        }
    }
}

/// A page as it is sent: without line breaks, a link to the next one in front.
fn body(page: u64) -> String {
    let compact: String = SALE.lines().map(str::trim_start).collect();
    let first = 1_000_000 + page * SALES_A_PAGE;
    let sales: Vec<String> = (first..first + SALES_A_PAGE)
        .map(|sale| {
            compact
                .replace("#SALE#", &sale.to_string())
                .replace("#ITEM#", &(sale % 89).to_string())
        })
        .collect();
    format!(
        "{{\"@attributes\":{{\"next\":\"https://example.com/next\",\"previous\":\"\"}},\"Sale\":[{}]}}",
        sales.join(",")
    )
}

fn read(body: &str) -> Vec<Sale> {
    let page = normalize(Feed::Sales, body, &["SaleLines"]).expect("a page");
    assert!(page.rejections.is_empty(), "{:?}", page.rejections);
    page.records
        .into_iter()
        .filter_map(|normal| match normal.record {
            Record::Sale(sale) => Some(sale),
            _ => None,
        })
        .collect()
}

/// How many sales count.
fn decide(page: &[Sale], settings: &Settings) -> usize {
    page.iter()
        .filter(|sale| {
            let lines: Vec<LineFact> = sale.lines.iter().map(LineFact::from).collect();
            filter::sale(&SaleHead::from(*sale), &lines, settings).keeps()
        })
        .count()
}

fn facts(page: &[Sale]) -> Vec<SaleFacts> {
    page.iter()
        .map(|sale| SaleFacts {
            id: sale.id,
            head: SaleHead::from(sale),
            completed_at: sale.completed_at,
            lines: sale
                .lines
                .iter()
                .map(|line| LineFacts {
                    id: line.id,
                    fact: LineFact::from(line),
                    parent: line.parent,
                    value: line.value,
                })
                .collect(),
        })
        .collect()
}

/// Every item that a line names is a product.
fn items(pages: &[Vec<SaleFacts>]) -> HashMap<ItemId, ItemState> {
    let lines = pages.iter().flatten().flat_map(|sale| &sale.lines);
    lines
        .filter_map(|line| Some((line.fact.item?, ItemState::Product)))
        .collect()
}

/// How many orders come of a page.
fn make(page: &[SaleFacts], items: &HashMap<ItemId, ItemState>, settings: &Settings) -> usize {
    let wanted: Vec<_> = page.iter().map(|sale| sale.id).collect();
    sell_orders(&wanted, page, items, settings)
        .into_iter()
        .filter(|(_, outcome)| matches!(outcome, SaleOutcome::Order(_)))
        .count()
}
