//! A language model that needs no network and no graphics card: it picks a word that follows the last two somewhere in a
//! short text. It makes sense only by accident, but it streams one token at a time.

use std::collections::HashMap;

use rand::{
    Rng,
    seq::{IndexedRandom as _, IteratorRandom as _},
};

const CORPUS: &str = include_str!("corpus.txt");

/// An answer ends with the sentence that brings it to this many words.
const ENOUGH_WORDS: usize = 90;

/// Longer words come in two tokens, as they do from larger models.
const LONG_WORD: usize = 6;

type Pair = (&'static str, &'static str);

/// For each two words, the words that may follow.
pub struct Markov {
    next: HashMap<Pair, Vec<&'static str>>,
    starts: Vec<Pair>,
}

impl Markov {
    pub fn new() -> Self {
        let mut next = HashMap::<Pair, Vec<&'static str>>::new();
        let mut starts = Vec::new();
        for sentence in CORPUS.lines() {
            let words: Vec<_> = sentence.split_whitespace().collect();
            starts.extend(words.first().copied().zip(words.get(1).copied()));
            for three in words.windows(3) {
                next.entry((three[0], three[1])).or_default().push(three[2]);
            }
        }
        Self { next, starts }
    }

    /// The tokens of an answer. It begins near a word of the question, if the text knows one.
    pub fn answer(&self, question: &str, random: &mut impl Rng) -> Vec<String> {
        let mut tokens = Vec::new();
        let mut words = 0;
        let mut start = self.start_near(question, random);
        while words < ENOUGH_WORDS {
            words += self.sentence(start, random, &mut tokens);
            start = *self.starts.choose(random).expect("the text has sentences");
        }
        tokens
    }

    fn start_near(&self, question: &str, random: &mut impl Rng) -> Pair {
        let asked: Vec<_> = words_of(question).filter(|word| word.chars().count() > 3).collect();
        let is_near = |line: &&str| words_of(line).any(|word| asked.contains(&word));
        let line = CORPUS.lines().filter(is_near).choose(random);
        let line = line.or_else(|| CORPUS.lines().choose(random)).expect("the text has lines");
        let mut words = line.split_whitespace();
        words.next().zip(words.next()).expect("a sentence has two words")
    }

    /// Adds a sentence and returns how many words it has.
    fn sentence(&self, start: Pair, random: &mut impl Rng, tokens: &mut Vec<String>) -> usize {
        let mut pair = start;
        push(tokens, pair.0);
        push(tokens, pair.1);
        let mut count = 2;
        while let Some(word) = self.next.get(&pair).and_then(|words| words.choose(random)) {
            push(tokens, word);
            pair = (pair.1, *word);
            count += 1;
        }
        count
    }
}

fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase)
}

/// The tokens of a text.
pub fn tokens_of(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for word in text.split_whitespace() {
        push(&mut tokens, word);
    }
    tokens
}

/// Adds a word, with the blank before it that tokens have.
fn push(tokens: &mut Vec<String>, word: &str) {
    let blank = if tokens.is_empty() { "" } else { " " };
    match word.char_indices().nth(LONG_WORD) {
        Some((middle, _)) => {
            let (head, tail) = word.split_at(middle);
            tokens.extend([format!("{blank}{head}"), tail.to_owned()]);
        }
        None => tokens.push(format!("{blank}{word}")),
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    #[test]
    fn answers_are_whole_sentences_of_words_that_the_text_knows() {
        let markov = Markov::new();
        for seed in 0..200 {
            let answer = markov.answer("", &mut StdRng::seed_from_u64(seed)).concat();
            assert!(answer.ends_with('.'), "{answer}");
            let words: Vec<_> = answer.split(' ').collect();
            assert!((ENOUGH_WORDS..ENOUGH_WORDS + 200).contains(&words.len()), "{answer}");
            assert!(words.iter().all(|word| CORPUS.split_whitespace().any(|known| known == *word)), "{answer}");
        }
    }

    #[test]
    fn it_begins_near_the_question() {
        let answer = Markov::new().answer("DUCKS, please!", &mut StdRng::seed_from_u64(1)).concat();
        assert!(["Ducks are", "In the"].iter().any(|start| answer.starts_with(start)), "{answer}");
    }
}
