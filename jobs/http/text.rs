//! The text form that Prometheus reads.

/// Families of samples, written one after another.
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
}

impl Text {
    /// Begins a family of gauges.
    pub(super) fn family(&mut self, name: &str, help: &str) {
        self.text
            .push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
    }

    /// A sample of the family that was begun.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl ToString) {
        self.text.push_str(name);
        if !labels.is_empty() {
            let labels: Vec<String> = labels
                .iter()
                .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
                .collect();
            self.text.push_str(&format!("{{{}}}", labels.join(",")));
        }
        self.text.push_str(&format!(" {}\n", value.to_string()));
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }
}

/// Thousandths as a decimal number.
pub(super) fn decimal(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    let milli = milli.unsigned_abs();
    format!("{sign}{}.{:03}", milli / 1000, milli % 1000)
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_as_prometheus_reads_them() {
        let mut text = Text::default();
        text.family("a", "What a is.");
        text.sample(
            "a",
            &[("connection", "b\"c"), ("kind", "d")],
            decimal(-1_500),
        );
        text.sample("a", &[], 3);
        let expected = "# HELP a What a is.\n# TYPE a gauge\n\
                        a{connection=\"b\\\"c\",kind=\"d\"} -1.500\na 3\n";
        assert_eq!(text.into_string(), expected);
    }
}
