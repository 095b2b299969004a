//! The options of an action as a constant expression.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};

use crate::{
    attr::{
        action::ActionArgs,
        value::{Format, Given},
    },
    names::Crate,
};

pub fn expand(krate: &Crate, args: &ActionArgs) -> TokenStream {
    builder(krate, "Options", &args.settings)
}

/// `Options::DEFAULT.heartbeat(15000).timeout(60000)`
fn builder(krate: &Crate, ty: &str, settings: &[(Ident, Given)]) -> TokenStream {
    let ty = Ident::new(ty, Span::mixed_site());
    let calls = settings.iter().map(|(name, given)| {
        let value = value(krate, given);
        quote!(.#name(#value))
    });
    quote!(#krate::__private::#ty::DEFAULT #(#calls)*)
}

fn value(krate: &Crate, given: &Given) -> TokenStream {
    match given {
        Given::Number(number) => number.to_token_stream(),
        Given::Path(path) => path.to_token_stream(),
        Given::Choice { ty, variant, .. } => {
            let [ty, variant] = [ty, variant].map(|name| Ident::new(name, Span::mixed_site()));
            quote!(#krate::__private::#ty::#variant)
        }
        Given::Formats(formats) => {
            let formats = formats.iter().map(|format| match format {
                Format::Known(constant) => quote!(#krate::format::#constant),
                Format::Own(path) => path.to_token_stream(),
            });
            quote!(&[#(#formats),*])
        }
        Given::Options(settings) => builder(krate, "Resumable", settings),
        Given::Method(_) | Given::Flag | Given::Route(_) | Given::Type(_) => {
            unreachable!("these are not settings of the runtime")
        }
    }
}
