//! "Did you mean": the word somebody probably wanted to type.

/// The candidate nearest to `word`, unless they have too little in common.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One slip in three letters; a worse guess confuses more than it helps.
    let tolerance = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
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
    }

    #[test]
    fn strangers_are_not_guessed_at() {
        assert_eq!(nearest("bench", ["fmt", "unit"]), None);
        assert_eq!(nearest("x", []), None);
    }
}
