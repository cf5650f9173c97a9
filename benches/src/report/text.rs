//! The tables, and the sentences around them.

use std::fmt::{self, Write};

use super::{Figure, Run, plot_name};
use crate::suites::{ALL, Line, Suite};

/// `12.3 µs`: three digits, whatever the size.
pub(super) fn time(nanos: f64) -> String {
    let (value, unit) = match nanos {
        ..1e3 => (nanos, "ns"),
        1e3..1e6 => (nanos / 1e3, "µs"),
        1e6..1e9 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    let digits = match value {
        ..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

fn heading(suite: &str) -> (&'static str, &'static str) {
    match suite {
        "operations" => (
            "Each operation beside its bare system calls",
            "The bare calls are the same calls in the same order, on names and buffers that were made beforehand: what is \
            above 1 is what the cache adds. *Undecoded* is a hit whose codec only counts the bytes.",
        ),
        "codecs" => (
            "Each codec",
            "A value of a struct of 4.5 kB (`raw`: its text alone) read and put through the cache, beside the bare calls of a \
            hit or a put and the codec alone.",
        ),
        "threads" => (
            "Threads",
            "Threads that share one cache, beside as many that make the bare calls. The time is that of all together: of \
            two that do not hinder each other each counts half.",
        ),
        "processes" => {
            ("Processes", "The same with processes, each of which has opened the directory for itself.")
        }
        "growth" => (
            "Growth",
            "The same operation in a tree of many entries and in one of a thousand; all folders exist and the names are \
            warm. *A thousand keys* lie all over the tree; *any key* goes through 65 536 of them, more than the caches \
            of a processor hold.",
        ),
        _ => ("", ""),
    }
}

impl Run {
    /// Our part of the page, in Markdown.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = String::new();
        let _ = self.write(&mut page);
        page
    }

    fn write(&self, page: &mut String) -> fmt::Result {
        self.write_head(page)?;
        self.write_calls(page)?;
        for suite in &ALL {
            self.write_suite(page, suite)?;
        }
        self.write_memory(page)
    }

    fn write_head(&self, page: &mut String) -> fmt::Result {
        let machine = &self.machine;
        let how = if self.quick { "cargo xtask bench --quick" } else { "cargo xtask bench" };
        let caution = if self.quick { " It was a quick run: a look, and not for quoting." } else { "" };
        let loads: Vec<String> = self.lines.iter().filter_map(load_of).collect();
        writeln!(page, "## Beside the bare system calls\n")?;
        writeln!(
            page,
            "Written by `{how}`, at commit {}, with {}, on {} × {}, {} MiB of memory, Linux {}, {} open files at most; the load of the machine was \
            {} before each place and after the last.{caution}\n",
            machine.commit,
            machine.compiler,
            machine.processors,
            machine.processor,
            machine.memory,
            machine.kernel,
            machine.open_files.map_or("any number of".into(), |limit| limit.to_string()),
            loads.join(", "),
        )?;
        for line in &self.lines {
            if let Line::Place { place, filesystem, .. } = line {
                writeln!(page, "- **{place}** is mounted as {filesystem}.")?;
            }
        }
        writeln!(
            page,
            "\nBoth sides take turns, in slices of a millisecond, of 50 where several work at once, or one by one where an \
            operation takes long; a round is the middle of some slices on each side. Shown are the \
            median of the ratios of all rounds, with the least and the most. Nothing waits for the disk unless it says \
            *durable*. `cargo xtask bench --check` holds the counts exactly, and a ratio by the best of five rounds."
        )
    }

    fn write_calls(&self, page: &mut String) -> fmt::Result {
        if self.counts().next().is_none() {
            return Ok(());
        }
        writeln!(page, "\n### System calls, counted\n")?;
        writeln!(page, "| operation | calls | budget |\n|---|---:|---:|")?;
        self.counts()
            .try_for_each(|count| writeln!(page, "| {} | {} | {} |", count.name, count.made, count.budget))
    }

    fn write_suite(&self, page: &mut String, suite: &Suite) -> fmt::Result {
        let places: Vec<&str> =
            self.places().filter(|place| !self.table(suite.word, place).is_empty()).collect();
        if places.is_empty() {
            return Ok(());
        }
        let (title, about) = heading(suite.word);
        writeln!(page, "\n### {title}\n\n{about}")?;
        for place in places {
            let plot = plot_name(suite.word, place);
            writeln!(page, "\n![{title}, on {place}](bench/{plot})\n")?;
            self.write_table(page, suite, place)?;
        }
        Ok(())
    }

    fn write_table(&self, page: &mut String, suite: &Suite, place: &str) -> fmt::Result {
        let [ours, floor] = suite.sides;
        writeln!(page, "| on {place} | ratio | budget | {ours} | {floor} |\n|---|---:|---:|---:|---:|")?;
        for measured in self.table(suite.word, place) {
            let Some(figure) = Figure::of(measured) else { continue };
            let (name, ratio) = (&measured.name, figure.ratio);
            let budget = measured.budget.map_or(String::new(), |budget| format!("{budget} ×"));
            let spread = format!("{:.2} × ({:.2}–{:.2})", ratio.median, ratio.min, ratio.max);
            writeln!(
                page,
                "| {name} | {spread} | {budget} | {} | {} |",
                time(figure.ours),
                time(figure.floor)
            )?;
        }
        Ok(())
    }

    fn write_memory(&self, page: &mut String) -> fmt::Result {
        let peaks = self.lines.iter().filter_map(|line| match line {
            Line::Memory { entries, peak_kib } => Some((entries, peak_kib)),
            _ => None,
        });
        let peaks: Vec<_> = peaks.collect();
        if peaks.is_empty() {
            return Ok(());
        }
        writeln!(
            page,
            "\nThe most memory of a process that opened such a tree, read, put, invalidated a tag of a thousand entries and swept:\n"
        )?;
        writeln!(page, "| entries | peak, KiB |\n|---:|---:|")?;
        peaks.iter().try_for_each(|(entries, peak)| writeln!(page, "| {entries} | {peak} |"))
    }
}

fn load_of(line: &Line) -> Option<String> {
    match line {
        Line::Place { load, .. } | Line::End { load } => Some(format!("{load:.1}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_three_digits_and_a_unit() {
        assert_eq!(time(123.4), "123 ns");
        assert_eq!(time(1234.0), "1.23 µs");
        assert_eq!(time(45_678.0), "45.7 µs");
        assert_eq!(time(2_000_000.0), "2.00 ms");
    }

    #[test]
    fn every_suite_has_a_heading() {
        for suite in &ALL {
            assert_ne!(heading(suite.word).0, "", "{}", suite.word);
        }
    }
}
