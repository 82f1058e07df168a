//! What a stretch of work costs, and how the figures are shown: a table for people, then one line
//! of JSON.

use std::fs;
use std::time::{Duration, Instant};

/// The kernel counts CPU time in hundredths of a second, whatever the machine.
const TICK: Duration = Duration::from_millis(10);

/// A stretch of work being measured.
pub(crate) struct Meter {
    began: Instant,
    cpu: Option<Duration>,
}

/// What a stretch of work took.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// By the clock on the wall.
    pub(crate) wall: Duration,
    /// Of all threads of this process, user and system; the wall's where it cannot be read.
    pub(crate) cpu: Duration,
}

impl Meter {
    pub(crate) fn start() -> Self {
        Self {
            cpu: cpu(),
            began: Instant::now(),
        }
    }

    pub(crate) fn read(&self) -> Cost {
        let wall = self.began.elapsed();
        let used = cpu().zip(self.cpu).map(|(now, then)| now - then);
        Cost {
            wall,
            cpu: used.unwrap_or(wall),
        }
    }
}

impl Cost {
    /// Nanoseconds of CPU for each of `n`.
    pub(crate) fn cpu_each(&self, n: u64) -> u64 {
        share(self.cpu, n)
    }

    /// How many of `n` a second of the wall saw.
    pub(crate) fn per_second(&self, n: u64) -> u64 {
        let nanos = self.wall.as_nanos().max(1);
        u64::try_from(u128::from(n) * 1_000_000_000 / nanos).unwrap_or(u64::MAX)
    }
}

fn share(time: Duration, n: u64) -> u64 {
    u64::try_from(time.as_nanos() / u128::from(n.max(1))).unwrap_or(u64::MAX)
}

/// CPU time of this process so far, where the system tells it as Linux does.
fn cpu() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<u32> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map_while(|field| field.parse().ok())
        .collect();
    match ticks[..] {
        [user, system] => Some(TICK * (user + system)),
        _ => None,
    }
}

/// One figure, in whole numbers of its unit.
pub(crate) struct Figure {
    name: String,
    unit: &'static str,
    value: u64,
    /// `>=` or `<=`, and what it is held against.
    goal: Option<(&'static str, u64)>,
}

impl Figure {
    /// Units: `per_second`, `ns`, `ms`, `bytes`, `kib`, `thousandths` and `count`.
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, value: u64) -> Self {
        Self {
            name: name.into(),
            unit,
            value,
            goal: None,
        }
    }

    /// What it should be: `>=` or `<=` this.
    pub(crate) fn goal(mut self, sign: &'static str, goal: u64) -> Self {
        self.goal = Some((sign, goal));
        self
    }

    fn met(&self) -> Option<bool> {
        let (sign, goal) = self.goal?;
        Some(match sign {
            ">=" => self.value >= goal,
            _ => self.value <= goal,
        })
    }

    fn shown(&self, value: u64) -> String {
        let tenth = |part: u64| format!("{}.{}", grouped(value / part), value % part * 10 / part);
        match self.unit {
            "per_second" => format!("{} /s", grouped(value)),
            "ns" => format!("{} µs", tenth(1_000)),
            "ms" => format!("{} s", tenth(1_000)),
            "bytes" => format!("{} B", grouped(value)),
            "kib" => format!("{} MB", tenth(1_000)),
            "thousandths" => format!("{}.{:03}", value / 1_000, value % 1_000),
            _ => grouped(value),
        }
    }

    fn json(&self) -> String {
        let goal = self.goal.map_or("null".to_owned(), |(sign, goal)| {
            format!("{{\"sign\":\"{sign}\",\"value\":{goal}}}")
        });
        let met = self.met().map_or("null".to_owned(), |met| met.to_string());
        format!(
            "{{\"name\":\"{}\",\"unit\":\"{}\",\"value\":{},\"goal\":{goal},\"met\":{met}}}",
            self.name.trim(),
            self.unit,
            self.value,
        )
    }
}

fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Prints what was measured. Names hold nothing that JSON would have to escape.
pub(crate) fn print(bench: &str, about: &str, figures: &[Figure]) {
    println!("\n{bench}: {about}\n");
    let width = |text: &str| text.chars().count();
    let name = figures.iter().map(|f| width(&f.name)).max().unwrap_or(0);
    println!("  {:name$}  {:>14}  {:>14}", "figure", "measured", "goal");
    for figure in figures {
        let met = match figure.met() {
            Some(true) => "met",
            Some(false) => "short",
            None => "",
        };
        let goal = figure.goal.map_or(String::new(), |(sign, goal)| {
            format!("{sign} {}", figure.shown(goal))
        });
        let line = format!(
            "  {:name$}  {:>14}  {:>14}  {met}",
            figure.name,
            figure.shown(figure.value),
            goal,
        );
        println!("{}", line.trim_end());
    }
    let figures: Vec<String> = figures.iter().map(Figure::json).collect();
    println!(
        "\n{{\"bench\":\"{bench}\",\"figures\":[{}]}}",
        figures.join(",")
    );
}
