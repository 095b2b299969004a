//! The options of `csv(…)` among the formats.

use proc_macro2::Ident;
use syn::{Lit, LitStr, Token, ext::IdentExt as _, parse::ParseStream, token::Paren};

use super::{
    options::{Seen, Table},
    value::{Opt, Value, entries, string},
};

pub const OPTIONS: Table<Opt> = &[
    ("bom", Opt::new(Value::Flag, "")),
    ("delimiter", Opt::new(Value::Delimiter, "';'")),
    ("line_ends", Opt::new(LINE_ENDS, "lf")),
    ("columns", Opt::new(Value::Columns, "(id, total = \"Total\")")),
    ("formulas", Opt::new(FORMULAS, "escape")),
];

const LINE_ENDS: Value = Value::Choice { ty: "LineEnds", variants: &[("crlf", "Crlf"), ("lf", "Lf")] };

const FORMULAS: Value = Value::Choice { ty: "Formulas", variants: &[("keep", "Keep"), ("escape", "Escape")] };

/// Reads `';'`.
pub fn delimiter(name: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<u8> {
    let message = format!(
        "a delimiter is one ASCII character that is no letter, digit, space, quote or line break\nhelp: write `{name} = {example}`, or '\\t', '|'"
    );
    let value = input.fork();
    let char = match input.parse() {
        Ok(Lit::Char(literal)) => Some(literal.value()),
        _ => None,
    };
    let byte = char.and_then(|char| u8::try_from(char).ok());
    byte.filter(|byte| *byte == b'\t' || byte.is_ascii_punctuation() && !b"\"'".contains(byte))
        .ok_or_else(|| value.error(message))
}

/// Reads `(id, total = "Total", "first-name" = "First name")`: fields, each with its title.
pub fn columns(name: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<Vec<(LitStr, LitStr)>> {
    let usage = || syn::Error::new(name.span(), format!("`{name}` takes a list\nhelp: write `{name}{example}`"));
    if !input.peek(Paren) {
        return Err(usage());
    }
    let mut columns = Vec::new();
    let mut seen = Seen::default();
    entries(input, |list| {
        columns.push(column(list, &mut seen, example)?);
        Ok(())
    })?;
    if columns.is_empty() { Err(usage()) } else { Ok(columns) }
}

fn column(input: ParseStream<'_>, seen: &mut Seen, example: &str) -> syn::Result<(LitStr, LitStr)> {
    let help = format!("help: write `columns{example}`");
    let field = if input.peek(Ident::peek_any) {
        let name = input.call(Ident::parse_any)?;
        LitStr::new(&name.unraw().to_string(), name.span())
    } else {
        string(input, &format!("a column is the name of a field\n{help}"))?
    };
    seen.first(format!("the column `{}`", field.value()), &field)?;
    if !input.peek(Token![=]) {
        return Ok((field.clone(), field));
    }
    input.parse::<Token![=]>()?;
    let title = string(input, &format!("the title of a column must be a string\n{help}"))?;
    Ok((field, title))
}
