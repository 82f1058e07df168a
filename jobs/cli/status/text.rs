//! `status` as people read it.

use super::{Answer, Checkpoint, Missed, OfConnection, OfRun};
use crate::cli::table;
use crate::cli::words::{at, count, grouped, left};
use chrono::{DateTime, Utc};

impl Answer {
    pub(super) fn text(&self) -> String {
        if self.connections.is_empty() {
            return "No connections yet; `stockbridge connect` makes one.".to_owned();
        }
        let texts: Vec<String> = self
            .connections
            .iter()
            .map(|connection| connection.text(self.at))
            .collect();
        texts.join("\n")
    }
}

impl OfConnection {
    fn text(&self, now: DateTime<Utc>) -> String {
        let mut text = format!("{} is {}", self.name, self.state);
        if let Some(reason) = &self.state_reason {
            text.push_str(&format!(" ({reason})"));
        }
        text.push_str(&self.standing_text());
        for alarm in &self.alarms {
            text.push_str(&format!(
                "\n  ALARM             {}: {} (since {}); {}",
                alarm.kind,
                alarm.text,
                at(alarm.raised_at),
                alarm.remedy
            ));
        }
        let account = self.account_name.as_deref().unwrap_or("not yet asked");
        text.push_str(&format!(
            "\n  account           {} ({account})\n",
            self.account_id
        ));
        if let Some(settings) = &self.settings {
            text.push_str(&format!("{}\n", settings.text()));
        }
        text.push_str(&format!("  delivery          {}\n", self.delivery));
        for standing in &self.deliveries {
            text.push_str(&standing.text());
        }
        if let Some(exports) = &self.exports {
            text.push_str(&exports.text());
        }
        if let Some(budget) = &self.budget {
            text.push_str(&format!("  allowance         {}\n", budget.text(now)));
        }
        let success = self.last_success.map_or_else(|| "never".to_owned(), at);
        text.push_str(&format!("  last success      {success}\n"));
        if let Some(next) = self.next_run {
            text.push_str(&format!("  next run          {}, by a worker\n", at(next)));
        }
        if self.open_rejections > 0 {
            text.push_str(&format!(
                "  rejected          {} (`stockbridge rejected {}`)\n",
                count(self.open_rejections, "record"),
                self.name
            ));
        }
        for missed in &self.missing {
            text.push_str(&missed.text(&self.name));
        }
        for run in &self.runs {
            text.push_str(&run.text(now));
        }
        text
    }
}

impl Missed {
    fn text(&self, name: &str) -> String {
        let next = if self.acceptable {
            format!("Complete reads agree; `stockbridge sweep {name}` lists and accepts them")
        } else {
            "Another complete read must agree, and then a person has to accept it".to_owned()
        };
        format!(
            "  missing           {} of {} {} were not returned by {}, first on {}.\n\
             \x20                   Nothing was disabled for it. {next}.\n",
            grouped(self.missing),
            grouped(self.known),
            self.feed,
            count(self.reads, "complete read"),
            at(self.since)
        )
    }
}

impl OfConnection {
    fn standing_text(&self) -> String {
        let standing = &self.standing;
        if standing.state == self.state {
            return String::new();
        }
        let mut text = format!("\n  stands            {}", standing.state.replace('_', " "));
        if let Some(until) = standing.until {
            text.push_str(&format!(" until {}", at(until)));
        }
        if let Some(because) = &standing.because {
            text.push_str(&format!(": {because}"));
        }
        if let Some(remedy) = &standing.remedy {
            text.push_str(&format!("; {remedy}"));
        }
        text
    }
}

impl OfRun {
    fn text(&self, now: DateTime<Utc>) -> String {
        let mut text = format!("\n  run {}, {}: {}", self.id, self.kind, self.state);
        if let Some(reason) = &self.reason {
            text.push_str(&format!(" ({reason})"));
        }
        text.push_str(&format!(", opened {}", at(self.opened_at)));
        if let Some(ended) = self.ended_at {
            text.push_str(&format!(", ended {}", at(ended)));
        }
        text.push('\n');
        if let Some(progress) = &self.progress {
            for feed in &progress.feeds {
                let here: Vec<&Checkpoint> = self
                    .checkpoints
                    .iter()
                    .filter(|walk| walk.feed == feed.feed)
                    .collect();
                let done = here.iter().filter(|walk| walk.done).count();
                let last: Vec<String> = here
                    .iter()
                    .filter(|walk| !walk.done && walk.pages > 0)
                    .map(|walk| format!("{} at id {}", walk.slice, walk.last))
                    .collect();
                let slices = if last.is_empty() {
                    String::new()
                } else {
                    format!("; slices {}", last.join(", "))
                };
                text.push_str(&format!(
                    "    {:<9}{}, {} read ({} %), {done} of {} slices done{slices}\n",
                    feed.feed.name(),
                    feed.state,
                    grouped(feed.rows),
                    feed.percent,
                    here.len()
                ));
            }
            text.push_str(&format!(
                "    still to do: {} to normalize, {} to filter, {} to load\n",
                count(progress.to_normalize, "page"),
                count(progress.to_filter, "record"),
                count(progress.to_load, "object")
            ));
            if progress.to_deliver > 0 {
                text.push_str(&format!(
                    "    to be delivered: {}\n",
                    count(progress.to_deliver, "object")
                ));
            }
            if let Some(waiting) = &progress.waiting_for {
                text.push_str(&format!("    waiting for {waiting}\n"));
            }
            if let Some(eta) = progress.eta {
                text.push_str(&format!("    about {} left\n", left(now, eta)));
            }
        }
        text.push_str(&table::of_sums(&self.stages));
        for sum in &self.deliveries {
            text.push_str(&sum.text());
        }
        text
    }
}
