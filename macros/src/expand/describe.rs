//! The description of a controller, for the feature `openapi`: what each action's signature says, in calls of the
//! runtime. It names the types alone; what they say of themselves, the runtime finds out.

use heck::ToSnakeCase as _;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Attribute, Expr, Meta, ReturnType, Type, ext::IdentExt as _, spanned::Spanned as _};

use super::{
    attributes::Attributes,
    routes::{self, Route},
};
use crate::{
    check::signature::has_word,
    checked::{Controller, Item, Role},
    model::action::Argument,
    names::Crate,
};

pub fn expand(controller: &Controller) -> TokenStream {
    let Controller { head, items, krate, can_serve, .. } = controller;
    let ty = &head.self_ty;
    let levels = Attributes::levels(&head.attrs);
    let (impl_generics, _, where_clause) = head.generics.split_for_impl();
    let name = type_name(ty);
    let docs = docs(&head.attrs);
    let actions = items.iter().filter_map(Route::of).filter(|_| *can_serve);
    let actions = actions.map(|route| action(controller, &name, &route));
    let is_taken = items.iter().any(|item| match item {
        Item::Method(method) => method.method.name() == "openapi",
        Item::Other(_) => false,
    });
    let inherent = (!is_taken).then(|| {
        quote_spanned! {Span::mixed_site()=>
            #(#levels)*
            impl #impl_generics #ty #where_clause {
                /// The actions as OpenAPI describes them.
                pub fn openapi(&self) -> #krate::openapi::Document {
                    #krate::openapi::of([self])
                }
            }
        }
    });
    quote_spanned! {Span::mixed_site()=>
        #inherent

        #(#levels)*
        #[automatically_derived]
        impl #impl_generics #krate::openapi::Describe for #ty #where_clause {
            fn describe(&self, __to: &mut #krate::openapi::Writer) {
                use #krate::__private::describe::{
                    Known as _, KnownAnswer as _, KnownArgument as _, KnownResult as _, KnownValue as _,
                    OpenArgument as _, Unknown as _, UnknownAnswer as _, UnknownArgument as _, UnknownResult as _,
                    UnknownValue as _,
                };
                __to.controller(
                    #name,
                    &[#(#docs),*],
                    (::core::option_env!("CARGO_PKG_NAME"), ::core::option_env!("CARGO_PKG_VERSION")),
                );
                #(#actions)*
            }
        }
    }
}

fn action(controller: &Controller, type_name: &str, route: &Route<'_>) -> TokenStream {
    let krate = &controller.krate;
    let (method, sig) = (&route.method.method, route.sig());
    let cfgs = method.cfgs();
    let name = sig.ident.unraw().to_string();
    let id = format!("{}_{name}", type_name.to_snake_case());
    let docs = docs(&method.attrs);
    let deprecated = Attributes::allow_deprecated(&method.attrs).is_some();
    let methods = route.action.args.methods.iter().map(|method| method.filter.to_lowercase());
    let path = route.action.path.text();
    let options = routes::options(controller, route);
    let streams = route.method.role == Role::Action;
    let name_place = place(sig.ident.span());
    let own: Vec<_> = sig.generics.lifetimes().map(|lifetime| lifetime.lifetime.ident.to_string()).collect();
    let arguments = route.action.arguments.iter().map(|argument| self::argument(krate, argument, &own));
    let returned = match streams {
        true => {
            let item = route.action.args.item.as_ref();
            let packet = item.map_or_else(
                || quote!(::core::option::Option::None),
                |item| {
                    let probe = probe(krate, &item.to_token_stream());
                    quote!(::core::option::Option::Some((&&#probe).__schema()))
                },
            );
            let at = place(item.map_or_else(|| sig.ident.span(), |item| item.span()));
            let events = route.action.args.event.as_ref().map(|event| {
                let at = place(event.span());
                quote_spanned!(Span::mixed_site()=> __action.events(#at);)
            });
            let result = result(krate, &sig.output, &own);
            quote_spanned!(Span::mixed_site()=> __action.packet(#packet, #at); #events #result)
        }
        false => answer(krate, &sig.output, &own),
    };
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        {
            let mut __action = __to.action(
                #krate::__private::describe::Action {
                    name: (#type_name, #name),
                    id: #id,
                    docs: &[#(#docs),*],
                    deprecated: #deprecated,
                    methods: &[#(#methods),*],
                    path: #path,
                    options: #options,
                    place: #name_place,
                },
                #streams,
            );
            #(#arguments)*
            #returned
            __action.finish();
        }
    }
}

fn argument(krate: &Crate, argument: &Argument, own: &[String]) -> TokenStream {
    match argument {
        Argument::Param { name, ty } => {
            let (probe, place) = (probe(krate, &erased(ty.to_token_stream(), own)), place(ty.span()));
            quote_spanned!(Span::mixed_site()=> __action.param(#name, (&&#probe).__schema(), #place);)
        }
        Argument::Extractor { ty } => {
            let (probe, place) = (probe(krate, &erased(ty.to_token_stream(), own)), place(ty.span()));
            quote_spanned!(Span::mixed_site()=> __action.argument((&&&#probe).__argument(), #place);)
        }
    }
}

/// The result of an action that streams. One that never returns has none.
fn result(krate: &Crate, output: &ReturnType, own: &[String]) -> TokenStream {
    let place = place(output.span());
    let ty = match output {
        ReturnType::Type(_, ty) if has_word(ty.to_token_stream(), "impl") => {
            return quote_spanned!(Span::mixed_site()=> __action.unnamed_result(#place););
        }
        ReturnType::Type(_, ty) if !matches!(**ty, Type::Never(_)) => erased(ty.to_token_stream(), own),
        _ => quote!(()),
    };
    quote_spanned! {Span::mixed_site()=>
        __action.result((&&&&#krate::__private::describe::Probe::<#ty>::NEW).__result(), #place);
    }
}

/// The response of an action that never streams.
fn answer(krate: &Crate, output: &ReturnType, own: &[String]) -> TokenStream {
    let place = place(output.span());
    let ty = match output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => erased(ty.to_token_stream(), own),
    };
    let described = match has_word(ty.clone(), "impl")
        || matches!(output, ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)))
    {
        true => {
            let shown = ty.to_string();
            quote!((::core::option::Option::None, ::core::convert::From::from(#shown)))
        }
        false => quote!((&&#krate::__private::describe::Probe::<#ty>::NEW).__answer()),
    };
    quote_spanned!(Span::mixed_site()=> __action.answer(#described, #place);)
}

fn probe(krate: &Crate, ty: &TokenStream) -> TokenStream {
    quote!(#krate::__private::describe::Probe::<#ty>::NEW)
}

/// A type without the lifetimes that the method declares, which mean nothing outside of it.
fn erased(ty: TokenStream, own: &[String]) -> TokenStream {
    let mut is_lifetime = false;
    let erase = |tree: TokenTree| {
        let follows =
            std::mem::replace(&mut is_lifetime, matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '\''));
        match tree {
            TokenTree::Ident(name) if follows && own.contains(&name.to_string()) => Ident::new("_", name.span()).into(),
            TokenTree::Group(group) => {
                let mut erased = Group::new(group.delimiter(), self::erased(group.stream(), own));
                erased.set_span(group.span());
                erased.into()
            }
            tree => tree,
        }
    };
    ty.into_iter().map(erase).collect()
}

/// The file and the line of a token.
fn place(token: Span) -> TokenStream {
    quote_spanned!(token=> (::core::file!(), ::core::line!()))
}

/// The name of a type, without its path and its generics.
fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.unraw().to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The lines of a doc comment.
fn docs(attrs: &[Attribute]) -> Vec<Expr> {
    let docs = attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    let line = |attr: &Attribute| match &attr.meta {
        Meta::NameValue(pair) => Some(pair.value.clone()),
        _ => None,
    };
    docs.filter_map(line).collect()
}
