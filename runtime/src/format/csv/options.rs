//! The options of `csv(…)` among the formats of an action.

use std::borrow::Cow;

/// The options of `csv(…)`, written by the macro as a constant.
#[derive(Clone, Copy, Debug)]
pub struct CsvOptions {
    pub(super) bom: bool,
    pub(super) delimiter: u8,
    pub(super) line_ends: LineEnds,
    pub(super) formulas: Formulas,
    /// Each column's field, and its title in the header line. Without any, the first record decides.
    pub(super) columns: &'static [(&'static str, &'static str)],
}

/// `line_ends = …`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// CR LF, as RFC 4180 has it.
    Crlf,
    /// LF.
    Lf,
}

/// `formulas = …`: the fate of text that a spreadsheet would compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formulas {
    /// It stays as it is.
    Keep,
    /// It gets a `'` in front.
    Escape,
}

impl CsvOptions {
    /// The meaning of `csv` alone.
    pub const DEFAULT: Self =
        Self { bom: false, delimiter: b',', line_ends: LineEnds::Crlf, formulas: Formulas::Keep, columns: &[] };

    /// `bom`
    #[must_use]
    pub const fn bom(mut self) -> Self {
        self.bom = true;
        self
    }

    /// `delimiter`
    #[must_use]
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// `line_ends`
    #[must_use]
    pub const fn line_ends(mut self, line_ends: LineEnds) -> Self {
        self.line_ends = line_ends;
        self
    }

    /// `formulas`
    #[must_use]
    pub const fn formulas(mut self, formulas: Formulas) -> Self {
        self.formulas = formulas;
        self
    }

    /// `columns`
    #[must_use]
    pub const fn columns(mut self, columns: &'static [(&'static str, &'static str)]) -> Self {
        self.columns = columns;
        self
    }
}

impl Formulas {
    /// A text as it goes into a field.
    pub(super) fn text(self, text: Cow<'_, str>) -> Cow<'_, str> {
        match self {
            Self::Escape if is_formula(&text) => format!("'{text}").into(),
            _ => text,
        }
    }
}

/// Whether a spreadsheet may take the text for a formula, in any script. A number with a sign is none.
fn is_formula(text: &str) -> bool {
    let starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    text.starts_with(starts) && !text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_that_a_spreadsheet_computes() {
        for text in ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-inf", "+"] {
            assert_eq!(Formulas::Escape.text(text.into()), format!("'{text}"), "{text:?}");
            assert_eq!(Formulas::Keep.text(text.into()), text);
        }
        for text in ["", "1", "-1.5", "+420123456789", "-1e3", "a=1", " =1", "'=1"] {
            assert_eq!(Formulas::Escape.text(text.into()), text, "{text:?}");
        }
    }
}
