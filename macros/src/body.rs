//! The body of a method, parsed where `syn` can read it.

use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{
    AttrStyle, Attribute, Block,
    parse::{ParseStream, Parser as _},
    token::Brace,
};

/// Everything between a method's braces.
pub enum Body {
    Parsed(Block),
    /// Rust that is newer than our `syn`, or half typed. Calls are still found in it, token by token.
    Tokens(Group),
}

impl Body {
    /// Reads a body. Attributes inside the braces move to `attrs`, in front of the method, because statements of ours
    /// will precede the user's.
    pub fn parse(group: Group, attrs: &mut Vec<Attribute>) -> Self {
        let block = |input: ParseStream<'_>| {
            let inner = input.call(Attribute::parse_inner)?;
            Ok((inner, input.call(Block::parse_within)?))
        };
        match block.parse2(group.stream()) {
            Ok((inner, stmts)) => {
                attrs.extend(inner.into_iter().map(|attr| Attribute { style: AttrStyle::Outer, ..attr }));
                Self::Parsed(Block { brace_token: Brace { span: group.delim_span() }, stmts })
            }
            Err(_) => Self::Tokens(group),
        }
    }

    /// The place of its braces.
    pub fn span(&self) -> Span {
        match self {
            Self::Parsed(block) => block.brace_token.span.join(),
            Self::Tokens(group) => group.span(),
        }
    }

    /// The body with `prelude` in front of its statements.
    pub fn with_prelude(self, prelude: &TokenStream) -> TokenStream {
        match self {
            Self::Parsed(block) => {
                let stmts = &block.stmts;
                quote_spanned!(block.brace_token.span.join()=> { #prelude #(#stmts)* })
            }
            Self::Tokens(group) => {
                let tokens = group.stream();
                quote_spanned!(group.span()=> { #prelude #tokens })
            }
        }
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Parsed(block) => block.to_tokens(tokens),
            Self::Tokens(group) => group.to_tokens(tokens),
        }
    }
}
