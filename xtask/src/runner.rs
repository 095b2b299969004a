//! Runs steps one after the other and says how long each of them took.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::steps::{SLOW, Step};

/// Runs the steps until one fails.
pub(crate) fn run(steps: &[&Step]) -> Result<()> {
    let mut done = Vec::new();
    let mut outcome = Ok(());
    for step in steps {
        println!("\n==> {}: {}", step.name, step.about);
        let start = Instant::now();
        outcome = (step.run)();
        let took = start.elapsed();
        let verdict = if outcome.is_ok() { "passed" } else { "failed" };
        println!("==> {} {verdict} in {:.1} s", step.name, took.as_secs_f64());
        done.push((step.name, verdict, took));
        if outcome.is_err() {
            break;
        }
    }
    let skipped = steps[done.len()..].iter().map(|step| step.name);
    println!("\n{}", summary(&done, skipped));
    if let Some(left_out) = left_out(steps) {
        println!("{left_out}");
    }

    match (outcome, done.last()) {
        (Err(error), Some((name, ..))) => bail!(
            "step `{name}` failed: {error:#}\n\
             help: `cargo xtask test {name}` runs it alone"
        ),
        (outcome, _) => outcome,
    }
}

/// The note of an ordinary run about the tests that it leaves out.
fn left_out(steps: &[&Step]) -> Option<String> {
    let names: Vec<_> = steps.iter().map(|step| step.name).collect();
    (names.contains(&"unit") && !names.contains(&SLOW))
        .then(|| format!("`unit` has listed the slow tests as ignored; `cargo xtask test {SLOW}`, or --all, runs them"))
}

fn summary<'a>(done: &[(&str, &str, Duration)], not_run: impl Iterator<Item = &'a str>) -> String {
    let mut table = format!("{:<10} {:>8}\n", "step", "seconds");
    let mut total = Duration::ZERO;
    // Writing to a `String` cannot fail.
    for (name, verdict, took) in done {
        let _ = writeln!(table, "{name:<10} {:>8.1}  {verdict}", took.as_secs_f64());
        total += *took;
    }
    for name in not_run {
        let _ = writeln!(table, "{name:<10} {:>8}  not run", "-");
    }
    let _ = write!(table, "{:<10} {:>8.1}", "total", total.as_secs_f64());
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Step = Step { name: "good", about: "passes", run: || Ok(()) };
    const BAD: Step = Step { name: "bad", about: "fails", run: || bail!("it is broken") };
    const NEVER: Step = Step { name: "never", about: "must not run", run: || panic!("a step ran after a failure") };

    #[test]
    fn the_first_failure_ends_the_run_and_says_how_to_repeat_it() {
        assert!(run(&[&GOOD, &GOOD]).is_ok());
        assert_eq!(
            run(&[&GOOD, &BAD, &NEVER]).unwrap_err().to_string(),
            "step `bad` failed: it is broken\n\
             help: `cargo xtask test bad` runs it alone",
        );
    }

    #[test]
    fn what_is_left_out_is_said() {
        let unit = Step { name: "unit", ..GOOD };
        assert!(left_out(&[&GOOD, &unit]).unwrap().contains("cargo xtask test slow"));
        assert_eq!(left_out(&[&GOOD]), None);
        assert_eq!(left_out(&[&unit, &Step { name: SLOW, ..GOOD }]), None);
    }

    #[test]
    fn the_summary_names_every_step() {
        let done = [("fmt", "passed", Duration::from_millis(1500)), ("clippy", "failed", Duration::from_secs(20))];
        assert_eq!(
            summary(&done, ["unit"].into_iter()),
            "step        seconds\n\
             fmt             1.5  passed\n\
             clippy         20.0  failed\n\
             unit              -  not run\n\
             total          21.5",
        );
    }
}
