//! "Did you mean": the word that was probably meant.

/// The candidate nearest to `word`, unless they have too little in common.
///
/// A third of the candidate's letters may be wrong, as in the macros' messages; a worse guess confuses more than it
/// helps.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(candidate, &word), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_understood() {
        let words = ["fmt", "unit", "ui", "doc-tests"];
        assert_eq!(nearest("doctests", words), Some("doc-tests"));
        assert_eq!(nearest("unti", words), Some("unit"));
        assert_eq!(nearest("ftm", words), Some("fmt"));
        assert_eq!(nearest("Unit", words), Some("unit"));
    }

    #[test]
    fn strangers_are_not_guessed_at() {
        assert_eq!(nearest("bench", ["fmt", "unit"]), None);
        assert_eq!(nearest("uo", ["ui"]), None);
        assert_eq!(nearest("x", []), None);
    }
}
