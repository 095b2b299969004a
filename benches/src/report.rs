//! The table that a scenario prints: a row for each peer, and for each metric its figure and how Outflow compares.

use std::time::Duration;

use crate::{
    peers::{Peer, threads},
    rounds::{ROUNDS, Samples, median},
};

/// One thing that was measured.
pub(crate) struct Metric<M> {
    pub(crate) name: &'static str,
    pub(crate) of: fn(&M) -> f64,
    pub(crate) show: fn(f64) -> String,
    /// The limit for Outflow's figure divided by a peer's.
    pub(crate) bars: &'static [(Peer, Bar)],
}

/// A limit of a ratio.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    AtLeast(f64),
    AtMost(f64),
}

impl Bar {
    fn judge(self, ratio: f64) -> String {
        let (sign, limit, met) = match self {
            Self::AtLeast(limit) => ('≥', limit, ratio >= limit),
            Self::AtMost(limit) => ('≤', limit, ratio <= limit),
        };
        format!("{sign} {limit} {}", if met { "met" } else { "MISSED" })
    }
}

/// Prints the medians, and the medians of the ratios in each round: those of a round were measured side by side.
pub(crate) fn print<M>(title: &str, samples: &Samples<M>, metrics: &[Metric<M>]) {
    let ours = samples.iter().find(|(peer, _)| *peer == Peer::Outflow).map(|(_, ours)| ours);
    let mut rows = vec![vec![String::new()]];
    for metric in metrics {
        rows[0].extend([metric.name.to_owned(), "outflow ÷ it".to_owned(), "bar".to_owned()]);
    }
    for (peer, theirs) in samples {
        let mut row = vec![peer.name().to_owned()];
        for metric in metrics {
            row.push((metric.show)(median(theirs.iter().map(metric.of))));
            let ratios = ours.filter(|_| *peer != Peer::Outflow).map(|ours| {
                let both = ours.iter().zip(theirs);
                median(both.map(|(ours, theirs)| (metric.of)(ours) / (metric.of)(theirs)))
            });
            row.push(ratios.map_or(String::new(), |ratio| format!("{ratio:.2}")));
            let bar = metric.bars.iter().find(|(of, _)| of == peer).zip(ratios);
            row.push(bar.map_or(String::new(), |((_, bar), ratio)| bar.judge(ratio)));
        }
        rows.push(row);
    }
    println!("{title}\n(server threads: {} each; median of {ROUNDS} rounds in turns)\n", threads());
    print_rows(&rows);
}

/// Prints which share of the time each server and its client worked: the client is not what is measured as long as it
/// waits while the server does not. `of` gives the time, and the server's and the client's CPU time in it.
pub(crate) fn print_busy<M>(samples: &Samples<M>, of: fn(&M) -> (Duration, Duration, Duration)) {
    let share = |cpu: Duration, time: Duration| cpu.as_secs_f64() / time.as_secs_f64();
    let busy = samples.iter().map(|(peer, samples)| {
        let server = median(samples.iter().map(|sample| share(of(sample).1, of(sample).0)));
        let client = median(samples.iter().map(|sample| share(of(sample).2, of(sample).0)));
        format!("{} {:.0} {:.0}", peer.name(), server * 100.0, client * 100.0)
    });
    println!("busy, server and client in %: {}\n", busy.collect::<Vec<_>>().join(", "));
}

/// Prints rows in columns as wide as their widest cell; columns without any cell are left out.
pub(crate) fn print_rows(rows: &[Vec<String>]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let used = |column: usize| rows.iter().skip(1).any(|row| !row[column].is_empty());
    for row in rows {
        let mut line = format!("{:<width$}", row[0], width = width(0));
        for (column, cell) in row.iter().enumerate().skip(1).filter(|(column, _)| used(*column)) {
            line += &format!("  {cell:>width$}", width = width(column));
        }
        println!("{}", line.trim_end());
    }
    println!();
}
