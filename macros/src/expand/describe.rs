//! The description of a controller for its OpenAPI document. It names the types of each action, and calls the runtime.
//!
//! Its tokens have mixed-site hygiene, apart from `line!()`, which gives the line of the user's own token.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{
    Attribute, Expr, Lifetime, Meta, ReturnType, Type, ext::IdentExt as _, spanned::Spanned as _, visit_mut::VisitMut,
};

use super::{attributes::Attributes, method, options};
use crate::{
    attr::{formats::Format, value::Given},
    check::signature::has_word,
    checked::{Controller, Item, Method, Role},
    model::action::{Action, Argument},
    names::Crate,
};

pub fn expand(controller: &Controller) -> TokenStream {
    if !controller.can_serve {
        return TokenStream::new();
    }
    let Controller { head, krate, items, .. } = controller;
    let methods = || {
        items.iter().filter_map(|item| match item {
            Item::Method(method) => Some(&**method),
            Item::Other(_) => None,
        })
    };
    let actions = methods().filter(|method| method.has_route);
    let actions = actions.filter_map(|method| Some(action(controller, method, method.method.action.as_ref()?)));
    let levels = Attributes::levels(&head.attrs);
    let (ty, docs) = (&head.self_ty, docs(&head.attrs));
    let name = name(ty);
    let (impl_generics, _, where_clause) = head.generics.split_for_impl();
    let is_taken = methods().any(|method| method.method.name() == "openapi");
    let inherent = (!is_taken).then(|| {
        quote_spanned! {Span::mixed_site()=>
            #(#levels)*
            impl #impl_generics #ty #where_clause {
                /// The description of this controller in OpenAPI 3.2.0.
                #[allow(dead_code)]
                pub fn openapi(&self) -> #krate::openapi::Document {
                    #krate::openapi::of([self as &dyn #krate::openapi::Describe])
                }
            }
        }
    });
    quote_spanned! {Span::mixed_site()=>
        #inherent

        #(#levels)*
        #[automatically_derived]
        impl #impl_generics #krate::openapi::Describe for #ty #where_clause {
            fn describe(&self, __description: &mut #krate::openapi::Description) {
                #[allow(unused_imports)]
                use #krate::__private::describe::{
                    Described as _, DescribedAnswer as _, DescribedArgument as _, DescribedResult as _, Infallible as _,
                    Undescribed as _, UndescribedAnswer as _, UndescribedArgument as _, UndescribedResult as _,
                };
                __description.controller(#name, &[#(#docs),*]);
                #(#actions)*
            }
        }
    }
}

/// The description of one action.
fn action(controller: &Controller, method: &Method, action: &Action) -> TokenStream {
    let krate = &controller.krate;
    let (sig, attrs) = (&method.method.sig, &method.method.attrs);
    let cfgs = method.method.cfgs();
    let name = sig.ident.unraw().to_string();
    let methods = action.args.methods.iter().map(|method| method.filter);
    let (path, docs) = (action.path.text(), docs(attrs));
    let deprecated = attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let options = options::expand(krate, action);
    let problems = controller.problems.then(|| quote!(.problems()));
    let array = is_array(action);
    let own = line(sig.ident.span());
    let file = quote_spanned!(sig.ident.span()=> ::core::file!());
    let arguments = action.arguments.iter().map(|argument| {
        let (Argument::Param { ty, .. } | Argument::Extractor { ty }) = argument;
        let (line, ty) = (line(ty.span()), anonymous(ty));
        match argument {
            Argument::Param { name, .. } => quote_spanned! {Span::mixed_site()=>
                __action.parameter(#name, &#krate::__private::describe::Type::<#ty>::NEW.__shape(), #line);
            },
            Argument::Extractor { .. } => quote_spanned! {Span::mixed_site()=>
                #krate::__private::describe::Argument::<#ty>::NEW.__argument(&mut __action, #line);
            },
        }
    });
    let answer = answer(krate, method, action);
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        {
            let mut __action = __description.action(#krate::openapi::Action {
                name: #name,
                methods: &[#(#methods),*],
                path: #path,
                docs: &[#(#docs),*],
                deprecated: #deprecated,
                options: const { &#options #problems },
                array: #array,
                file: #file,
                line: #own,
            });
            #(#arguments)*
            #answer
            __action.end();
        }
    }
}

/// The packets and the result of an action that streams, and the answer of any other.
fn answer(krate: &Crate, method: &Method, action: &Action) -> TokenStream {
    let sig = &method.method.sig;
    let site = Span::mixed_site();
    let (at, place) = match &sig.output {
        ReturnType::Default => (line(sig.ident.span()), sig.ident.span()),
        ReturnType::Type(_, ty) => (line(ty.span()), ty.span()),
    };
    let _ = place;
    let output = method::output(sig);
    let opaque = has_word(output.clone(), "impl");
    let output = syn::parse2(output).map(|ty| anonymous(&ty)).ok().filter(|_| !opaque);
    let ok = output.map(|output| quote_spanned!(site=> #krate::__private::describe::Output::<#output>::NEW.__ok()));
    if method.role != Role::Action {
        return match ok {
            Some(ok) => quote_spanned!(site=> #ok.__answer(&mut __action, #at);),
            None => quote_spanned!(site=> __action.open_answer("impl Trait", #at);),
        };
    }
    let item = match &action.args.item {
        Some(item) => {
            let (at, item) = (line(item.span()), anonymous(item));
            quote_spanned!(site=> __action.item(&#krate::__private::describe::Type::<#item>::NEW.__shape(), #at);)
        }
        None => {
            let at = line(sig.ident.span());
            quote_spanned!(site=> __action.untyped(#at);)
        }
    };
    let result = match ok {
        Some(ok) => quote_spanned!(site=> __action.result(#ok.__result(), #at);),
        None => quote_spanned!(site=> __action.opaque_result(#at);),
    };
    quote!(#item #result)
}

/// Whether an action's `json` is an array.
fn is_array(action: &Action) -> bool {
    action.args.settings.iter().any(|(_, given)| match given {
        Given::Formats(formats) => {
            formats.list.iter().any(|format| matches!(format, Format::Known(constant) if constant == "JSON_ARRAY"))
        }
        _ => false,
    })
}

/// The line of a token of the user's.
fn line(place: Span) -> TokenStream {
    quote_spanned!(place=> ::core::line!())
}

/// The lines of a doc comment, as expressions: one of them may be an `include_str!(…)`.
fn docs(attrs: &[Attribute]) -> Vec<&Expr> {
    let docs = attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    docs.filter_map(|attr| match &attr.meta {
        Meta::NameValue(pair) => Some(&pair.value),
        _ => None,
    })
    .collect()
}

/// The controller's name, without its generics.
fn name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.unraw().to_string()).unwrap_or_default(),
        other => other.to_token_stream().to_string(),
    }
}

/// The type with its lifetimes left to rustc: those of the method are not known here.
fn anonymous(ty: &Type) -> Type {
    struct Anonymous;
    impl VisitMut for Anonymous {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                *lifetime = Lifetime::new("'_", lifetime.span());
            }
        }
    }
    let mut ty = ty.clone();
    Anonymous.visit_type_mut(&mut ty);
    ty
}
