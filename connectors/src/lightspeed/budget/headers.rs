//! What the headers of an answer say about the budget. Absurd values say nothing.

use super::drips::Drips;
use crate::http::HeaderMap;
use std::num::NonZeroU32;

/// Beyond these no account lies; a value outside is a mistake of somebody's and is left out.
const SIZES: std::ops::RangeInclusive<Drips> = Drips::whole(10)..=Drips::whole(100_000);
const DRIPS: std::ops::RangeInclusive<Drips> = Drips::milli(100)..=Drips::whole(10_000);
const COSTS: std::ops::RangeInclusive<Drips> = Drips::ZERO..=Drips::whole(1_000);
const MOST_BURST: u32 = 100_000;

/// The limits as one answer states them, each only if it is believable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) level: Option<Drips>,
    pub(super) size: Option<Drips>,
    pub(super) drip: Option<Drips>,
    pub(super) cost: Option<Drips>,
    /// Requests used in this second, and the most there may be.
    pub(super) burst: Option<(u32, NonZeroU32)>,
}

impl Limits {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let bucket = text(headers, "x-ls-api-bucket-level").and_then(|text| text.split_once('/'));
        let size = bucket
            .and_then(|(_, size)| Drips::parse(size))
            .filter(|size| SIZES.contains(size));
        // A level may exceed its size, but not by orders; without a size it means nothing.
        let level = bucket
            .and_then(|(level, _)| Drips::parse(level))
            .filter(|level| {
                size.is_some_and(|size| level.as_milli() <= size.as_milli().saturating_mul(10))
            });
        let within = |name, range: &std::ops::RangeInclusive<Drips>| {
            text(headers, name)
                .and_then(Drips::parse)
                .filter(|value| range.contains(value))
        };
        let burst = text(headers, "x-ls-api-burst-level").and_then(|text| {
            let (used, most) = text.split_once('/')?;
            let most: u32 = most
                .trim()
                .parse()
                .ok()
                .filter(|most| *most <= MOST_BURST)?;
            Some((used.trim().parse().ok()?, NonZeroU32::new(most)?))
        });
        Self {
            level,
            size,
            drip: within("x-ls-api-drip-rate", &DRIPS),
            cost: within("x-ls-api-request-cost", &COSTS),
            burst,
        }
    }

    /// Whether a 429 came from the one-second limiter.
    pub(super) fn is_burst_block(headers: &HeaderMap) -> bool {
        text(headers, "x-ls-api-ratelimit-type").is_some_and(|kind| kind.contains("burst"))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderName, HeaderValue};

    fn read(pairs: &[(&str, &str)]) -> Limits {
        let headers = pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_bytes(name.as_bytes()).expect("a valid sample"),
                    HeaderValue::from_str(value).expect("a valid sample"),
                )
            })
            .collect();
        Limits::read(&headers)
    }

    #[test]
    fn any_case_of_the_names_is_read() {
        let limits = read(&[
            ("X-LS-API-Bucket-Level", "92.57/90"),
            ("X-LS-Api-Drip-Rate", "1.5"),
            ("x-ls-api-request-cost", "1.4"),
            ("X-LS-Api-Burst-Level", "1/22"),
        ]);
        assert_eq!(limits.level, Some(Drips::milli(92_570)));
        assert_eq!(limits.size, Some(Drips::whole(90)));
        assert_eq!(limits.drip, Some(Drips::milli(1_500)));
        assert_eq!(limits.cost, Some(Drips::milli(1_400)));
        assert_eq!(limits.burst, NonZeroU32::new(22).map(|most| (1, most)));
    }

    #[test]
    fn absurd_values_are_left_out() {
        for (level, drip, burst) in [
            ("NaN/90000000", "NaN", "1/0"),
            ("-3/0", "0", "x/y"),
            ("5", "-1", "1"),
            ("5/", "1e9", "-1/20"),
            ("", "", ""),
            ("1/0.5", "999999", "1/4000000000"),
        ] {
            let limits = read(&[
                ("x-ls-api-bucket-level", level),
                ("x-ls-api-drip-rate", drip),
                ("x-ls-api-burst-level", burst),
                ("x-ls-api-request-cost", "99999999"),
            ]);
            assert_eq!(limits, Limits::default(), "{level} {drip} {burst}");
        }
        let limits = read(&[("x-ls-api-bucket-level", "5000/90")]);
        assert_eq!((limits.level, limits.size), (None, Some(Drips::whole(90))));
    }
}
