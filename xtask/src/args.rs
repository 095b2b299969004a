//! The command line: which steps to run, and the help that lists them.

use std::fmt::Write;

use anyhow::{Result, bail};
use lexopt::{Arg, Parser};

use crate::nearest::nearest;
use crate::steps::{SLOW, STEPS, Step};

#[derive(Debug)]
pub(crate) enum Args {
    Help,
    /// Never empty, and in the order of [`STEPS`].
    Test(Vec<&'static Step>),
    /// The scenarios; none means all.
    Bench(Vec<String>),
}

pub(crate) fn parse(mut parser: Parser) -> Result<Args> {
    let mut words = Vec::new();
    let mut is_all = false;
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Short('h') | Arg::Long("help") => return Ok(Args::Help),
            Arg::Long("all") => is_all = true,
            Arg::Value(word) => words.push(word.to_string_lossy().into_owned()),
            Arg::Short(_) | Arg::Long(_) => {
                bail!("{}; there are `--all` and `--help`", arg.unexpected());
            }
        }
    }
    match words.split_first() {
        None => Ok(Args::Help),
        Some((command, steps)) if command == "test" => test(steps, is_all),
        Some((command, _)) if is_all => bail!("`--all` belongs to `test`, and not to `{command}`"),
        Some((command, scenarios)) if command == "bench" => Ok(Args::Bench(scenarios.to_vec())),
        Some((other, _)) => bail!(unknown_command(other)),
    }
}

pub(crate) fn help() -> String {
    let mut help = String::from(
        "The checks and the numbers of this repository.\n\
         \n\
         Usage: cargo xtask test [--all] [STEP]...\n\
         \x20      cargo xtask bench [SCENARIO]\n\
         \n\
         `bench` measures Outflow beside its peers and prints ratios.\n\
         `test` runs the steps named, or all of them but `slow`, in this order, until one fails; `--all` leaves\n\
         nothing out:\n\
         \n",
    );
    for step in STEPS {
        // Writing to a `String` cannot fail.
        let _ = writeln!(help, "  {:<12}{}", step.name, step.about);
    }
    help
}

fn test(words: &[String], is_all: bool) -> Result<Args> {
    if let Some(unknown) = words.iter().find(|word| named(word).is_none()) {
        bail!(unknown_step(unknown));
    }
    let is_named = |step: &Step| words.iter().any(|word| word == step.name);
    let wanted = |step: &&Step| match step.name {
        SLOW => is_all || is_named(step),
        _ => words.is_empty() || is_named(step),
    };
    Ok(Args::Test(STEPS.iter().filter(wanted).collect()))
}

fn named(word: &str) -> Option<&'static Step> {
    STEPS.iter().find(|step| step.name == word)
}

fn unknown_command(word: &str) -> String {
    let hint = if named(word).is_some() {
        format!("`{word}` is a step: run `cargo xtask test {word}`")
    } else if let Some(near) = nearest(word, ["test", "bench"]) {
        format!("did you mean `{near}`?")
    } else {
        "`cargo xtask --help` prints what there is".to_owned()
    };
    format!("unknown command `{word}`; {hint}")
}

fn unknown_step(word: &str) -> String {
    let names = STEPS.iter().map(|step| step.name);
    match nearest(word, names.clone()) {
        Some(near) => format!("unknown step `{word}`; did you mean `{near}`?"),
        None => {
            let names: Vec<_> = names.collect();
            format!("unknown step `{word}`; the steps are {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(words: &[&str]) -> Vec<&'static str> {
        match parse(Parser::from_args(words)).unwrap() {
            Args::Test(steps) => steps.iter().map(|step| step.name).collect(),
            other => panic!("no steps: {other:?}"),
        }
    }

    fn error(words: &[&str]) -> String {
        parse(Parser::from_args(words)).unwrap_err().to_string()
    }

    #[test]
    fn no_words_or_help_print_the_list() {
        for words in [&[][..], &["--help"], &["-h"], &["test", "--help"]] {
            assert!(matches!(parse(Parser::from_args(words)), Ok(Args::Help)));
        }
        for step in STEPS {
            assert!(help().contains(step.about));
        }
    }

    #[test]
    fn test_without_a_step_means_all_but_the_slow_one() {
        assert_eq!(steps(&["test"]).len(), STEPS.len() - 1);
        assert!(!steps(&["test"]).contains(&SLOW));
        assert_eq!(steps(&["test", SLOW]), [SLOW]);
    }

    #[test]
    fn all_leaves_nothing_out() {
        assert_eq!(steps(&["test", "--all"]).len(), STEPS.len());
        assert_eq!(steps(&["test", "--all", "fmt"]), ["fmt", SLOW]);
        assert_eq!(error(&["bench", "--all"]), "`--all` belongs to `test`, and not to `bench`");
    }

    #[test]
    fn steps_run_once_and_in_their_own_order() {
        assert_eq!(steps(&["test", "clippy", "fmt", "clippy"]), ["fmt", "clippy"]);
    }

    #[test]
    fn unknown_words_get_the_nearest_one() {
        assert_eq!(error(&["test", "fmt", "licenses"]), "unknown step `licenses`; did you mean `licences`?");
        assert_eq!(error(&["tset"]), "unknown command `tset`; did you mean `test`?");
    }

    #[test]
    fn words_near_nothing_get_what_there_is() {
        assert!(error(&["test", "deploy"]).contains("the steps are setup, fmt, "));
        assert!(error(&["deploy"]).contains("`cargo xtask --help`"));
    }

    #[test]
    fn a_step_in_place_of_the_command_is_understood() {
        assert!(error(&["fmt"]).ends_with("`cargo xtask test fmt`"));
    }

    #[test]
    fn unknown_options_are_named() {
        assert_eq!(error(&["test", "--fix"]), "invalid option '--fix'; there are `--all` and `--help`");
    }
}
