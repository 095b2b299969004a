//! Checks that every test named in `cases.md` exists.

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn each_case_has_its_tests() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runs");
    let table = fs::read_to_string(dir.join("cases.md")).unwrap();
    let mut cases = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, case, _, log, file, test, _] = cells[..] else { panic!("{row}") };
        cases.extend(case.parse::<u32>());
        assert!(log.is_empty() || ["memory", "Redis", "both", "model", "client", "log"].contains(&log), "{row}");
        let Some(file) = file.strip_prefix('`').and_then(|file| file.strip_suffix('`')) else { continue };
        let text = fs::read_to_string(dir.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let is_there = [format!("fn {test}("), format!("test('{test}'")].iter().any(|test| text.contains(test));
        assert!(is_there, "there is no test `{test}` in `{file}`");
    }
    // 29 and 30 are about a log that is not there yet.
    let wanted: BTreeSet<_> = (1..=28).chain([31, 32]).collect();
    assert_eq!(cases, wanted);
}
