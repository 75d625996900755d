//! A bar chart of the rates, for the README.

use std::fmt::Write;

use super::STEADY_CONNECTIONS;
use super::contestants::{ALL, PALISADE};
use bench::results::Results;
use bench::work::Work;

/// Draws for each kind of work a bar for each contestant, proportional to its rate.
pub fn draw(results: &Results) -> String {
    const LEFT: f64 = 130.0;
    const WIDE: f64 = 430.0;
    let mut bars = String::new();
    let mut y = 10.0;
    for work in Work::ALL {
        let rates: Vec<(&str, f64)> = ALL
            .iter()
            .filter_map(|it| Some((it.name, results.at(it.name, work, STEADY_CONNECTIONS)?.rate())))
            .collect();
        let most = rates.iter().map(|it| it.1).fold(1.0, f64::max);
        y += 16.0;
        let _ = write!(bars, "<text x=\"{LEFT}\" y=\"{y}\" class=\"work\">{}</text>", work.name());
        for (name, rate) in rates {
            y += 16.0;
            let (wide, class) = (WIDE * rate / most, if name == PALISADE { "ours" } else { "other" });
            let _ = write!(
                bars,
                "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{name}</text>\
                <rect x=\"{LEFT}\" y=\"{}\" width=\"{wide:.1}\" height=\"11\" class=\"{class}\"/>\
                <text x=\"{:.1}\" y=\"{y}\">{rate:.0}</text>",
                LEFT - 6.0,
                y - 9.5,
                LEFT + wide + 5.0,
            );
        }
        y += 12.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 {y}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"11\">\
        <title>Responses per second on one core, 32 connections</title><style>text{{fill:#333}}.work{{font-weight:bold}}\
        .ours{{fill:#1d6b57}}.other{{fill:#b9c4c0}}@media(prefers-color-scheme:dark){{text{{fill:#ddd}}.other{{fill:#5a6662}}.ours{{fill:#4cc2a0}}}}</style>\
        {bars}</svg>\n"
    )
}
