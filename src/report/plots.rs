//! The plots: quality against time, the values of each document, and means by language.

use std::fmt::Write;

use super::board::{Board, System};
use super::svg::{Area, Labels, Scale, line, mark, shortened, text};
use crate::eval::metric::{Better, Metric};
use crate::eval::summary::Mean;
use crate::lang::Language;
use crate::render::html_text;

const WIDTH: f64 = 720.0;
/// The room for the names of systems beside rows.
const NAMES: f64 = 220.0;
/// The room for values beside rows.
const VALUES: f64 = 60.0;
/// The height of a row.
const ROW: f64 = 24.0;
const TOP: f64 = 12.0;

/// A drawing with its name and what it shows, for those who do not see it.
fn figure(id: &str, title: &str, about: &str, height: f64, inner: &str) -> String {
    let (title, about) = (html_text(title), html_text(about));
    format!(
        "<figure>\n<figcaption>{title}</figcaption>\n<div class=\"scroll\">\
         <svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{about}</desc>\n{inner}</svg></div>\n</figure>\n"
    )
}

/// The name of a metric with its task, and which way is better.
pub(super) fn full_name(metric: &Metric) -> String {
    let task = metric.id.split('.').next().unwrap_or_default();
    let task = if task == "faq" { "FAQ" } else { "Summary" };
    let better = match metric.better {
        Better::Higher => ", higher is better",
        Better::Lower => ", lower is better",
        Better::Neither => "",
    };
    format!("{task}: {}{better}", metric.title)
}

fn shown(metric: &Metric, mean: &Mean) -> String {
    format!("{} ({} to {})", metric.show(mean.mean), metric.show(mean.low), metric.show(mean.high))
}

/// Ticks and grid of a horizontal axis.
fn axis_below(scale: &Scale, top: f64, bottom: f64) -> String {
    let mut out = String::new();
    for tick in &scale.ticks {
        let x = scale.at(*tick);
        out.push_str(&line(x, top, x, bottom, "grid"));
        out.push_str(&text(x, bottom + 16.0, "tick", "middle", &scale.label(*tick)));
    }
    out
}

/// Quality against seconds for each article, with the intervals of both; `None` if no system has both.
pub(super) fn scatter(board: &Board<'_>, metric: &Metric) -> Option<String> {
    let points: Vec<(&System<'_>, Mean, Mean)> =
        board.systems.iter().filter_map(|s| Some((s, s.seconds()?, s.summary.row(metric.id)?.all))).collect();
    if points.is_empty() {
        return None;
    }
    let height = 400.0;
    let (left, right, bottom) = (58.0, WIDTH - 16.0, height - 46.0);
    let least = |of: fn(&(&System<'_>, Mean, Mean)) -> f64| points.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(&System<'_>, Mean, Mean)) -> f64| points.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let xs = Scale::log(least(|p| p.1.low).max(0.001), most(|p| p.1.high), left, right);
    let ys = Scale::linear(least(|p| p.2.low), most(|p| p.2.high), bottom, TOP);
    let mut inner = axis_below(&xs, TOP, bottom);
    for tick in &ys.ticks {
        let y = ys.at(*tick);
        inner.push_str(&line(left, y, right, y, "grid"));
        inner.push_str(&text(left - 8.0, y + 4.0, "tick", "end", &ys.label(*tick)));
    }
    let middle = f64::midpoint(left, right);
    inner.push_str(&text(middle, height - 8.0, "name", "middle", "seconds for each article, logarithmic"));
    let (x, y) = (16.0, f64::midpoint(TOP, bottom));
    let _ = write!(
        inner,
        "<text class=\"name\" text-anchor=\"middle\" transform=\"translate({x:.0} {y:.0}) rotate(-90)\">{}</text>",
        html_text(metric.title)
    );
    let at = |p: &(&System<'_>, Mean, Mean)| (xs.at(p.1.mean), ys.at(p.2.mean));
    let mut taken: Vec<Area> =
        points.iter().map(|p| (at(p).0, at(p).1)).map(|(x, y)| Area::around(x, y, 7.0, 7.0)).collect();
    // Labels keep off the bars too.
    for p in &points {
        let (x, y) = at(p);
        taken.push(Area { left: x - 2.0, right: x + 2.0, top: ys.at(p.2.high), bottom: ys.at(p.2.low) });
        taken.push(Area { left: xs.at(p.1.low), right: xs.at(p.1.high), top: y - 2.0, bottom: y + 2.0 });
    }
    let mut labels = Labels::new(Area { left: left + 2.0, top: TOP - 10.0, right, bottom: bottom - 2.0 }, taken);
    let mut about = String::new();
    for p in &points {
        let (system, seconds, quality) = p;
        let (x, y) = at(p);
        let _ = write!(inner, "<g class=\"{}\">", system.class());
        inner.push_str(&line(x, ys.at(quality.low), x, ys.at(quality.high), "bar"));
        inner.push_str(&line(xs.at(seconds.low), y, xs.at(seconds.high), y, "bar"));
        inner.push_str(&mark(x, y, system.place, system.is_baseline));
        let words = shortened(&system.name, 34);
        let area = labels.place(x, y, &words);
        let (cx, cy) = (x.clamp(area.left, area.right), f64::midpoint(area.top, area.bottom));
        if (cx - x).hypot(cy - y) > 22.0 {
            inner.push_str(&line(x, y, cx, cy, "lead"));
        }
        inner.push_str(&text(area.left, area.bottom - 3.0, "", "start", &words));
        inner.push_str("</g>\n");
        let _ = write!(about, "{}: {} in {:.2} s. ", system.name, shown(metric, quality), seconds.mean);
    }
    let id = format!("scatter-{}", metric.id.replace('.', "-"));
    Some(figure(&id, &format!("{} against seconds for each article", full_name(metric)), about.trim(), height, &inner))
}

/// The name of a system with its mark, beside a row.
fn row_name(system: &System<'_>, y: f64, words: &str) -> String {
    let name = text(NAMES - 26.0, y + 4.0, "", "end", &shortened(words, 28));
    format!("{name}{}", mark(NAMES - 14.0, y, system.place, system.is_baseline))
}

/// The value of every document, a row for each system, with mean and interval over them.
pub(super) fn strips(board: &Board<'_>, metric_shown: &Metric) -> Option<String> {
    let rows: Vec<(&System<'_>, Mean)> =
        board.systems.iter().filter_map(|s| Some((s, s.summary.row(metric_shown.id)?.all))).collect();
    if rows.is_empty() {
        return None;
    }
    let all: Vec<Vec<f64>> = rows.iter().map(|(s, _)| s.values(metric_shown.id).into_values().collect()).collect();
    let low = all.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let high = all.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let scale = Scale::linear(low, high, NAMES + 6.0, WIDTH - VALUES - 10.0);
    let bottom = TOP + ROW * rows.len() as f64 + 4.0;
    let mut inner = axis_below(&scale, TOP, bottom);
    let mut about = String::new();
    for (index, ((system, mean), values)) in rows.iter().zip(&all).enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5) + 2.0;
        let _ = write!(inner, "<g class=\"{}\">", system.class());
        inner.push_str(&row_name(system, y, &system.name));
        // A path of points is a tenth of the size of as many circles. The golden ratio spreads them evenly.
        let dots: String = values.iter().enumerate().fold(String::new(), |mut dots, (i, value)| {
            let off = ((i as f64 * 0.618_034).fract() - 0.5) * 11.0;
            let _ = write!(dots, "M{:.1} {:.1}h0", scale.at(*value), y + off);
            dots
        });
        let _ = write!(inner, "<path class=\"dots\" d=\"{dots}\"/>");
        inner.push_str(&line(scale.at(mean.low), y, scale.at(mean.high), y, "interval"));
        let x = scale.at(mean.mean);
        inner.push_str(&line(x, y - 8.0, x, y + 8.0, "mean"));
        if let Some(chance) = metric_shown.baseline.and_then(|id| system.summary.row(id)) {
            let x = scale.at(chance.all.mean);
            inner.push_str(&line(x, y - 8.0, x, y + 8.0, "chance"));
        }
        inner.push_str(&text(WIDTH - 4.0, y + 4.0, "value", "end", &metric_shown.show(mean.mean)));
        inner.push_str("</g>\n");
        let _ = write!(about, "{}: mean {}, {} documents. ", system.name, shown(metric_shown, mean), mean.n);
    }
    let id = format!("strip-{}", metric_shown.id.replace('.', "-"));
    Some(figure(&id, &full_name(metric_shown), about.trim(), bottom + 24.0, &inner))
}

/// The mean in each language that a system wrote in, with its interval; `None` where there is only one language.
pub(super) fn bars(board: &Board<'_>, metric_shown: &Metric) -> Option<String> {
    type Group<'a> = (&'a System<'a>, Vec<(Language, Mean)>);
    let of = |s: &System<'_>| -> Vec<(Language, Mean)> {
        let row = s.summary.row(metric_shown.id);
        row.map(|row| row.by_language.iter().map(|(l, m)| (*l, *m)).collect()).unwrap_or_default()
    };
    let groups: Vec<Group<'_>> =
        board.systems.iter().map(|s| (s, of(s))).filter(|(_, means)| !means.is_empty()).collect();
    if groups.is_empty() || board.languages.len() < 2 {
        return None;
    }
    let means = || groups.iter().flat_map(|(_, means)| means.iter().map(|(_, mean)| mean));
    let low = means().map(|m| m.low).fold(0.0, f64::min);
    let high = means().map(|m| m.high).fold(0.0, f64::max);
    let scale = Scale::linear(low, high, NAMES + 30.0, WIDTH - VALUES - 10.0);
    let (row, gap) = (16.0, 10.0);
    let count = means().count() as f64;
    let bottom = TOP + row * count + gap * groups.len() as f64;
    let mut inner = axis_below(&scale, TOP, bottom);
    let (mut about, mut y) = (String::new(), TOP + gap / 2.0);
    for (system, means) in &groups {
        let _ = write!(inner, "<g class=\"{}\">", system.class());
        inner.push_str(&row_name(system, y + row * means.len() as f64 / 2.0, &system.name));
        for (language, mean) in means {
            let (x, middle) = (scale.at(mean.mean), y + row / 2.0);
            let zero = scale.at(0.0);
            let (from, width) = (x.min(zero), (x - zero).abs());
            let class = if system.is_baseline { "column hollow" } else { "column full" };
            let _ = write!(
                inner,
                "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>",
                y + 2.0,
                row - 4.0
            );
            inner.push_str(&line(scale.at(mean.low), middle, scale.at(mean.high), middle, "whisker"));
            for end in [mean.low, mean.high] {
                inner.push_str(&line(scale.at(end), middle - 4.0, scale.at(end), middle + 4.0, "whisker"));
            }
            inner.push_str(&text(NAMES + 4.0, middle + 4.0, "tick", "start", language.code()));
            inner.push_str(&text(WIDTH - 4.0, middle + 4.0, "value", "end", &metric_shown.show(mean.mean)));
            let name = language.english_name();
            let _ = write!(about, "{}, {name}: {}. ", system.name, shown(metric_shown, mean));
            y += row;
        }
        y += gap;
        inner.push_str("</g>\n");
    }
    let id = format!("bars-{}", metric_shown.id.replace('.', "-"));
    Some(figure(&id, &full_name(metric_shown), about.trim(), bottom + 24.0, &inner))
}

/// The metrics of quality that the first plot is drawn of: those that are no count of what came.
pub(super) fn of_quality(board: &Board<'_>) -> Vec<&'static Metric> {
    board.headlines().into_iter().filter(|m| m.id != "faq.delivered").collect()
}
