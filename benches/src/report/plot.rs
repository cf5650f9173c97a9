//! Two kinds of plots, as SVG that is readable on light and on dark pages: ranges of ratios, and lines.

use std::fmt::Write;

use super::text::time;
use crate::spread::Spread;

const WIDTH: f64 = 860.0;
const ROW: f64 = 22.0;
/// Where the ranges begin; the names stand before it.
const LEFT: f64 = 330.0;
const RIGHT: f64 = 60.0;

const STYLE: &str = "\
    svg { background: #fff; font: 13px system-ui, sans-serif }\n\
    text { fill: #24292f } .quiet { fill: #57606a } .grid { stroke: #d8dee4 } .one { stroke: #57606a }\n\
    .limit { stroke: #cf222e; stroke-width: 2 } .range { stroke: #0969da; stroke-width: 2 } .dot { fill: #0969da }\n\
    .c0 { stroke: #0969da } .c1 { stroke: #bc4c00 } .c2 { stroke: #1a7f37 } .c3 { stroke: #8250df }\n\
    .paper { fill: #fff }\n\
    @media (prefers-color-scheme: dark) {\n\
    svg { background: #0d1117 } text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #30363d }\n\
    .one { stroke: #9198a1 } .limit { stroke: #ff7b72 } .range { stroke: #58a6ff } .dot { fill: #58a6ff }\n\
    .c0 { stroke: #58a6ff } .c1 { stroke: #f0883e } .c2 { stroke: #56d364 } .c3 { stroke: #bc8cff }\n\
    .paper { fill: #0d1117 } }\n";

/// Ratios with their spread, a row for each.
#[derive(Debug)]
pub struct Ranges {
    /// From top to bottom.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Debug)]
pub struct Row {
    /// What.
    pub name: String,
    /// The dot and the line through it.
    pub ratio: Spread,
    /// A mark.
    pub budget: Option<f64>,
}

/// Times or ratios over growing numbers.
#[derive(Debug)]
pub struct Lines {
    /// What the values are.
    pub unit: &'static str,
    /// Whether they are nanoseconds, on a scale of powers; else they are ratios.
    pub nanos: bool,
    /// A line across.
    pub limit: Option<f64>,
    /// In pairs of one colour if some are dashed.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Debug)]
pub struct Line {
    /// What.
    pub name: String,
    /// To be told from its neighbour of the same colour.
    pub dashed: bool,
    /// The names of the numbers, and the values there.
    pub points: Vec<(String, f64)>,
}

fn frame(height: f64, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">\n\
        <style>\n{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}</svg>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn text(out: &mut String, [x, y]: [f64; 2], anchor: &str, class: &str, words: &str) {
    let words = escaped(words);
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{words}</text>"
    );
}

fn line(out: &mut String, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], class: &str) {
    let _ = writeln!(
        out,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>"
    );
}

impl Ranges {
    /// From 0.5 on, unless something is smaller; what is beyond four is cut off, and its number says so.
    #[must_use]
    pub fn svg(&self) -> String {
        let ratios = || self.rows.iter().map(|row| &row.ratio);
        let low = ratios().map(|ratio| ratio.min).fold(0.5, f64::min).max(0.0);
        let medians = ratios().map(|ratio| ratio.median * 1.3).fold(2.0, f64::max);
        let high = medians.min(4.0);
        let x = |ratio: f64| LEFT + (ratio.clamp(low, high) - low) / (high - low) * (WIDTH - LEFT - RIGHT);
        #[allow(clippy::cast_precision_loss)] // there are few rows
        let bottom = 30.0 + ROW * self.rows.len() as f64;
        let mut out = String::new();
        for tick in [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0] {
            if (low..=high).contains(&tick) {
                line(&mut out, [x(tick), 26.0], [x(tick), bottom], if tick == 1.0 { "one" } else { "grid" });
                text(&mut out, [x(tick), 18.0], "middle", "quiet", &format!("{tick} ×"));
            }
        }
        let mut y = 30.0 + ROW / 2.0;
        for row in &self.rows {
            row.draw(&mut out, y, &x);
            y += ROW;
        }
        let note = "dot: median of the rounds; line: least to most; red: budget";
        text(&mut out, [LEFT, bottom + 20.0], "start", "quiet", note);
        frame(bottom + 32.0, &out)
    }
}

impl Row {
    fn draw(&self, out: &mut String, y: f64, x: &impl Fn(f64) -> f64) {
        text(out, [LEFT - 12.0, y + 4.0], "end", "", &self.name);
        if let Some(budget) = self.budget {
            line(out, [x(budget), y - 8.0], [x(budget), y + 8.0], "limit");
        }
        line(out, [x(self.ratio.min), y], [x(self.ratio.max), y], "range");
        let _ = writeln!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4.5\" class=\"dot\"/>",
            x(self.ratio.median)
        );
        text(out, [WIDTH - 12.0, y + 4.0], "end", "quiet", &format!("{:.2}", self.ratio.median));
    }
}

/// Where the lines are drawn.
const TOP: f64 = 36.0;
const FLOOR: f64 = 300.0;
const SIDE: f64 = 90.0;
/// How many colours there are.
const COLOURS: usize = 4;

impl Lines {
    /// On a scale of powers of ten for times, from nothing to two and more for ratios.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut out = String::new();
        text(&mut out, [SIDE, 20.0], "start", "quiet", self.unit);
        let scale = self.scale();
        for tick in &scale.ticks {
            let y = scale.y(*tick);
            line(&mut out, [SIDE, y], [WIDTH - 20.0, y], "grid");
            let words = if self.nanos { time(*tick) } else { format!("{tick} ×") };
            text(&mut out, [SIDE - 8.0, y + 4.0], "end", "quiet", &words);
        }
        if let Some(limit) = self.limit {
            line(&mut out, [SIDE, scale.y(limit)], [WIDTH - 20.0, scale.y(limit)], "limit");
        }
        let names: Vec<&String> = self
            .lines
            .first()
            .map(|line| line.points.iter().map(|(name, _)| name).collect())
            .unwrap_or_default();
        for (index, name) in names.iter().enumerate() {
            text(&mut out, [x(index, names.len()), FLOOR + 20.0], "middle", "quiet", name);
        }
        let mut y = FLOOR + 46.0;
        for (index, line) in self.lines.iter().enumerate() {
            line.draw(&mut out, self.colour(index), names.len(), y, &scale);
            y += 20.0;
        }
        frame(y, &out)
    }

    fn colour(&self, index: usize) -> usize {
        let pairs = self.lines.iter().any(|line| line.dashed);
        if pairs { index / 2 % COLOURS } else { index % COLOURS }
    }

    fn scale(&self) -> Scale {
        let values = || self.lines.iter().flat_map(|line| line.points.iter().map(|(_, value)| *value));
        let most = values().chain(self.limit).fold(1.0, f64::max);
        if self.nanos {
            let least = values().fold(most, f64::min);
            let steps = [1.0, 2.0, 5.0].map(|step| (0..10).map(move |power| step * 10f64.powi(power)));
            let mut ticks: Vec<f64> = steps.into_iter().flatten().collect();
            ticks.retain(|tick| (least / 2.5..=most * 2.5).contains(tick));
            ticks.sort_by(f64::total_cmp);
            return Scale::new(ticks, true);
        }
        let step = if most > 4.0 { 1.0 } else { 0.5 };
        let mut ticks = vec![0.0];
        while ticks.last().is_some_and(|last| *last < most.max(2.0)) {
            ticks.push(ticks.last().copied().unwrap_or_default() + step);
        }
        Scale::new(ticks, false)
    }
}

#[allow(clippy::cast_precision_loss)] // there are few points
fn x(index: usize, count: usize) -> f64 {
    let step = (WIDTH - SIDE - 20.0) / count.max(1) as f64;
    SIDE + step * (index as f64 + 0.5)
}

struct Scale {
    ticks: Vec<f64>,
    powers: bool,
    low: f64,
    high: f64,
}

impl Scale {
    fn new(ticks: Vec<f64>, powers: bool) -> Self {
        let (low, high) = (ticks.first().copied().unwrap_or(1.0), ticks.last().copied().unwrap_or(2.0));
        Self { ticks, powers, low, high: if high > low { high } else { low * 2.0 } }
    }

    fn y(&self, value: f64) -> f64 {
        let place = |value: f64| if self.powers { value.log10() } else { value };
        let share = (place(value) - place(self.low)) / (place(self.high) - place(self.low));
        FLOOR - share.clamp(0.0, 1.0) * (FLOOR - TOP)
    }
}

impl Line {
    fn draw(&self, out: &mut String, colour: usize, count: usize, legend: f64, scale: &Scale) {
        let dash = if self.dashed { " stroke-dasharray=\"6 5\"" } else { "" };
        let style = format!("class=\"c{colour}\" stroke-width=\"2.5\" fill=\"none\"{dash}");
        let points = self.points.iter().enumerate();
        let points: Vec<[f64; 2]> = points.map(|(at, (_, value))| [x(at, count), scale.y(*value)]).collect();
        let path: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(out, "<polyline points=\"{}\" {style}/>", path.join(" "));
        for [x, y] in points {
            let dot = format!("class=\"c{colour} paper\" stroke-width=\"2.5\"");
            let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" {dot}/>");
        }
        let y = legend - 4.0;
        let _ = writeln!(
            out,
            "<line x1=\"{SIDE}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" {style}/>",
            SIDE + 40.0
        );
        text(out, [SIDE + 50.0, legend], "start", "", &self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_the_picture() {
        let ratio = Spread { median: 1.1, min: 1.0, max: 1.2 };
        let svg = Ranges { rows: vec![Row { name: "a<b & c".into(), ratio, budget: None }] }.svg();
        assert!(svg.contains("a&lt;b &amp; c"), "{svg}");
    }

    #[test]
    fn what_takes_longer_is_higher() {
        let line = |value| Line { name: "hit".into(), dashed: false, points: vec![("1".into(), value)] };
        let lines = Lines { unit: "", nanos: true, limit: None, lines: vec![line(1e3), line(1e6)] };
        let scale = lines.scale();
        assert!(scale.y(1e6) < scale.y(1e3), "y grows downwards");
    }

    #[test]
    fn no_line_at_all_is_a_picture_all_the_same() {
        let svg = Lines { unit: "x", nanos: true, limit: None, lines: Vec::new() }.svg();
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
    }
}
