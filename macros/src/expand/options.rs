//! The options of an action as a constant expression.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;

use crate::{
    attr::{
        formats::{Format, Formats},
        value::Given,
    },
    check::signature,
    model::action::Action,
    names::Crate,
};

pub fn expand(krate: &Crate, action: &Action) -> TokenStream {
    let options = builder(krate, "Options", &action.args.settings);
    let head = action.arguments.iter().find_map(signature::head).map(|_| quote!(.has_head()));
    quote!(#options #head)
}

/// `Options::DEFAULT.heartbeat(15000).timeout(60000)`
fn builder(krate: &Crate, ty: &str, settings: &[(Ident, Given)]) -> TokenStream {
    let ty = Ident::new(ty, Span::mixed_site());
    let calls = settings.iter().map(|(name, given)| match given {
        Given::Formats(formats) => self::formats(krate, name, formats),
        given => {
            let value = value(krate, given);
            quote!(.#name(#value))
        }
    });
    quote!(#krate::__private::#ty::DEFAULT #(#calls)*)
}

fn value(krate: &Crate, given: &Given) -> TokenStream {
    match given {
        Given::Number(number) => number.to_token_stream(),
        Given::Path(path) => path.to_token_stream(),
        Given::Param(name) => name.unraw().to_string().to_token_stream(),
        Given::Choice { ty, variant, .. } => {
            let [ty, variant] = [ty, variant].map(|name| Ident::new(name, Span::mixed_site()));
            quote!(#krate::__private::#ty::#variant)
        }
        Given::Options(settings) => builder(krate, "Resumable", settings),
        Given::Flag => TokenStream::new(),
        Given::Delimiter(byte) => byte.to_token_stream(),
        Given::Columns(columns) => {
            let columns = columns.iter().map(|(field, title)| quote!((#field, #title)));
            quote!(&[#(#columns),*])
        }
        Given::Method(_) | Given::Route(_) | Given::Type(_) | Given::Formats(_) | Given::EndEvent(_) => {
            unreachable!("these are not settings of the runtime")
        }
    }
}

/// `.formats(&[…]).format_query("format").end_event("close")`
fn formats(krate: &Crate, name: &Ident, formats: &Formats) -> TokenStream {
    let Formats { list, query, end_event } = formats;
    let query = query.as_ref().map(|query| quote!(.format_query(#query)));
    let end_event = end_event.as_ref().map(|event| quote!(.end_event(#event)));
    if list.is_empty() {
        return quote!(#query);
    }
    let list = list.iter().map(|format| match format {
        Format::Known(module, constant) => quote!(#krate::#module::#constant),
        Format::Csv(constant, settings) => {
            let options = builder(krate, "CsvOptions", settings);
            quote!(#krate::format::Representation {
                writer: |_| #krate::__private::csv(const { &#options }),
                ..#krate::format::#constant
            })
        }
        Format::Own(path) => path.to_token_stream(),
    });
    quote!(.#name(&[#(#list),*]) #query #end_event)
}
