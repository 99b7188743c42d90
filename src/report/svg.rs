//! What plots are drawn with: scales with round ticks, text, marks, and labels that keep out of each other's way.

use crate::render::html_text;

/// About how wide a character of a label is, in units of the drawing.
const CHARACTER: f64 = 6.7;
/// The height of a line of text.
const LINE: f64 = 14.0;

/// From values to places on an axis.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    is_log: bool,
    /// The values at which there are ticks.
    pub(super) ticks: Vec<f64>,
}

impl Scale {
    /// An axis with equal steps that has room for these values.
    pub(super) fn linear(low: f64, high: f64, from: f64, to: f64) -> Self {
        let (low, high) = if high - low < 1e-9 { (low - 0.5, high + 0.5) } else { (low, high) };
        let raw = (high - low) / 5.0;
        let power = 10f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw * 0.999).unwrap_or(raw);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let count = (last - first) as usize;
        let ticks: Vec<f64> = (0..=count).map(|i| (first + i as f64) * step).collect();
        Self { low: first * step, high: last * step, from, to, is_log: false, ticks }
    }

    /// An axis on which each power of ten takes the same room.
    pub(super) fn log(low: f64, high: f64, from: f64, to: f64) -> Self {
        let (low, high) = (low.max(1e-6), high.max(low.max(1e-6)));
        let (first, last) = ((low.log10() + 1e-9).floor(), (high.log10() - 1e-9).ceil());
        let last = last.max(first + 1.0);
        let powers = (0..=(last - first) as usize).map(|i| 10f64.powf(first + i as f64));
        let ticks = if last - first > 2.5 {
            powers.collect()
        } else {
            let within = |t: &f64| *t <= 10f64.powf(last) * 1.001;
            powers.flat_map(|p| [p, 2.0 * p, 5.0 * p]).filter(within).collect()
        };
        Self { low: first, high: last, from, to, is_log: true, ticks }
    }

    /// Where a value stands; one outside of the axis stands at its end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if self.is_log { value.max(1e-9).log10() } else { value };
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    /// The words of a tick.
    pub(super) fn label(&self, tick: f64) -> String {
        let step = if self.is_log { tick } else { self.ticks[1] - self.ticks[0] };
        let decimals = (-(step.log10() + 1e-9).floor()).clamp(0.0, 6.0) as usize;
        let text = format!("{tick:.decimals$}");
        if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') { "0".to_owned() } else { text }
    }
}

/// Text at a place; `class` may be empty.
pub(super) fn text(x: f64, y: f64, class: &str, anchor: &str, words: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let anchor = if anchor == "start" { String::new() } else { format!(" text-anchor=\"{anchor}\"") };
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\"{class}{anchor}>{}</text>", html_text(words))
}

/// A straight line.
pub(super) fn line(x1: f64, y1: f64, x2: f64, y2: f64, class: &str) -> String {
    format!("<path class=\"{class}\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>")
}

/// The mark of a system: shapes differ as well as colours, and those of baselines are hollow.
pub(super) fn mark(x: f64, y: f64, place: usize, is_baseline: bool) -> String {
    let r = 5.5;
    let class = if is_baseline { "hollow" } else { "full" };
    let polygon = |points: &[(f64, f64)]| {
        let points: Vec<_> = points.iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx * r, y + dy * r)).collect();
        format!("<polygon class=\"{class}\" points=\"{}\"/>", points.join(" "))
    };
    match place % 5 {
        0 => format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\"/>"),
        1 => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        2 => polygon(&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]),
        3 => polygon(&[(0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)]),
        _ => polygon(&[(0.0, 1.15), (1.1, -0.85), (-1.1, -0.85)]),
    }
}

/// At most so many characters, with an ellipsis for the rest.
pub(super) fn shortened(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    text.chars().take(characters.saturating_sub(1)).chain(['…']).collect()
}

/// A rectangle that is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    /// That around a point.
    pub(super) fn around(x: f64, y: f64, dx: f64, dy: f64) -> Self {
        Self { left: x - dx, top: y - dy, right: x + dx, bottom: y + dy }
    }

    fn shared(&self, other: &Self) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }

    fn is_in(&self, whole: &Self) -> bool {
        self.left >= whole.left && self.right <= whole.right && self.top >= whole.top && self.bottom <= whole.bottom
    }
}

/// Where labels stand: near their points, apart from each other and from what is taken.
#[derive(Debug)]
pub(super) struct Labels {
    whole: Area,
    taken: Vec<Area>,
}

impl Labels {
    pub(super) fn new(whole: Area, taken: Vec<Area>) -> Self {
        Self { whole, taken }
    }

    /// Finds the place of a label by a point and takes it: the area of its text.
    pub(super) fn place(&mut self, x: f64, y: f64, words: &str) -> Area {
        let width = words.chars().count() as f64 * CHARACTER;
        let mut best: Option<(f64, Area)> = None;
        for ring in 0..8 {
            let away = f64::from(ring) * (LINE + 1.0);
            let sides = [
                (9.0, -LINE / 2.0 - away),
                (9.0, -LINE / 2.0 + away),
                (-9.0 - width, -LINE / 2.0 - away),
                (-9.0 - width, -LINE / 2.0 + away),
                (-width / 2.0, -LINE - 9.0 - away),
                (-width / 2.0, 9.0 + away),
            ];
            for (dx, dy) in sides {
                let area = Area { left: x + dx, top: y + dy, right: x + dx + width, bottom: y + dy + LINE };
                if !area.is_in(&self.whole) {
                    continue;
                }
                let covered: f64 = self.taken.iter().map(|t| area.shared(t)).sum();
                if best.is_none_or(|(least, _)| covered < least) {
                    best = Some((covered, area));
                }
            }
            if best.is_some_and(|(covered, _)| covered == 0.0) {
                break;
            }
        }
        let fallback = Area { left: x + 9.0, top: y - LINE / 2.0, right: x + 9.0 + width, bottom: y + LINE / 2.0 };
        let area = best.map_or(fallback, |(_, area)| area);
        self.taken.push(area);
        area
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        let scale = Scale::linear(0.31, 0.87, 0.0, 100.0);
        let labels: Vec<_> = scale.ticks.iter().map(|t| scale.label(*t)).collect();
        assert_eq!(labels, ["0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert!(scale.at(0.31) > 0.0 && scale.at(0.87) < 100.0 && scale.at(9.0) == 100.0);
        assert_eq!(Scale::linear(0.5, 0.5, 0.0, 1.0).at(0.5), 0.5);
        let whole = Scale::linear(0.0, 1.0, 0.0, 1.0);
        assert_eq!((whole.ticks.len(), whole.at(0.0), whole.at(1.0)), (6, 0.0, 1.0));
        let log = Scale::log(0.004, 130.0, 0.0, 60.0);
        let labels: Vec<_> = log.ticks.iter().map(|t| log.label(*t)).collect();
        assert_eq!(labels, ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]);
        assert!((log.at(1.0) - 30.0).abs() < 1e-9);
        let narrow = Scale::log(2.0, 8.0, 0.0, 1.0);
        assert_eq!(narrow.ticks, [1.0, 2.0, 5.0, 10.0]);
    }

    #[test]
    fn labels_stand_apart() {
        let whole = Area { left: 0.0, top: 0.0, right: 600.0, bottom: 400.0 };
        let points: Vec<(f64, f64)> = (0..6).map(|i| (300.0 + f64::from(i), 200.0 + f64::from(i % 2))).collect();
        let marks = points.iter().map(|(x, y)| Area::around(*x, *y, 6.0, 6.0)).collect();
        let mut labels = Labels::new(whole, marks);
        let placed: Vec<_> = points.iter().map(|(x, y)| labels.place(*x, *y, "a system of a name")).collect();
        for (i, a) in placed.iter().enumerate() {
            assert!(a.is_in(&whole) && placed[..i].iter().all(|b| a.shared(b) == 0.0), "{placed:?}");
        }
        assert_eq!(shortened("ñandú", 4), "ñan…");
    }
}
