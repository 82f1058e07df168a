//! How to deliver, as far as it is configured from outside.

use super::{Environment, variable};
use crate::cli::CliError;
use crate::deps::Delivery;
use std::time::Duration;

/// The fastest pace that may be asked for, in calls a second.
const FASTEST: u32 = 1_000;

/// The longest settle delay, in seconds.
const LONGEST: u32 = 86_400;

impl Environment {
    /// How to deliver: the defaults, unless variables say otherwise.
    ///
    /// # Errors
    /// When a variable holds no number, or none that makes sense.
    pub fn delivery(&self) -> Result<Delivery, CliError> {
        let mut delivery = Delivery::default();
        if let Some(seconds) = self.number(variable::OPTIPLY_SETTLE, LONGEST)? {
            delivery.settle = Duration::from_secs(seconds.into());
        }
        if let Some(a_second) = self.number(variable::OPTIPLY_PACE, FASTEST)? {
            let pace = &mut delivery.pace;
            pace.start_per_minute = a_second * 60;
            // It adapts around what was asked for as it does around the default.
            pace.most_per_minute = pace.most_per_minute.max(a_second * 60);
        }
        Ok(delivery)
    }

    fn number(&self, variable: &str, most: u32) -> Result<Option<u32>, CliError> {
        let Some(text) = self.get(variable) else {
            return Ok(None);
        };
        match text.trim().parse() {
            Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
            _ => Err(CliError::usage(
                "variable",
                format!("{variable} is {text:?}"),
                format!("set it to a whole number from 1 to {most}, or not at all"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_stays_as_it_is_and_what_makes_no_sense_is_refused() {
        let default = Delivery::default();
        let none = Environment::of([]).delivery().expect("the defaults");
        assert_eq!((none.pace, none.settle), (default.pace, default.settle));
        let given = Environment::of([
            (variable::OPTIPLY_SETTLE, "2"),
            (variable::OPTIPLY_PACE, " 50"),
        ]);
        let given = given.delivery().expect("numbers");
        assert_eq!(given.settle, Duration::from_secs(2));
        assert_eq!(given.pace.start_per_minute, 3_000);
        assert_eq!(given.pace.most_per_minute, 3_000);
        assert_eq!(given.pace.most_in_flight, default.pace.most_in_flight);
        for wrong in ["0", "-1", "fast", "100000"] {
            let env = Environment::of([(variable::OPTIPLY_PACE, wrong)]);
            assert!(env.delivery().is_err(), "{wrong}");
        }
    }
}
