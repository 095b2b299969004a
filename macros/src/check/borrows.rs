//! Borrows in a type: what it holds does not live as long as a server.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Lifetime, ParenthesizedGenericArguments, TraitBound, Type, TypeFnPtr, TypeReference,
    visit_mut::{self, VisitMut},
};

/// A reference or a lifetime in a type, other than `'static`.
pub enum Borrow {
    Reference(TypeReference),
    Lifetime(Lifetime),
}

impl ToTokens for Borrow {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Reference(reference) => reference.to_tokens(tokens),
            Self::Lifetime(lifetime) => lifetime.to_tokens(tokens),
        }
    }
}

/// The first borrow in a type. A lifetime that is left out without `'_`, as in `Page` for `Page<'_>`, does not show.
pub fn first(ty: &Type) -> Option<Borrow> {
    let mut finder = Finder { found: None };
    finder.visit_type_mut(&mut ty.clone());
    finder.found
}

struct Finder {
    found: Option<Borrow>,
}

impl VisitMut for Finder {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident != "static" {
            self.found.get_or_insert_with(|| Borrow::Lifetime(lifetime.clone()));
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => visit_mut::visit_type_reference_mut(self, reference),
            _ => {
                self.found.get_or_insert_with(|| Borrow::Reference(reference.clone()));
            }
        }
    }

    // A function that is given a reference holds none.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        if bound.lifetimes.is_none() {
            visit_mut::visit_trait_bound_mut(self, bound);
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    #[track_caller]
    fn check(ty: &str, borrow: Option<&str>) {
        let found = super::first(&syn::parse_str(ty).unwrap());
        let found = found.map(|found| found.to_token_stream().to_string().replace(' ', ""));
        assert_eq!(found.as_deref(), borrow, "{ty}");
    }

    #[test]
    fn a_borrow_is_found_wherever_it_stands() {
        for (ty, borrow) in [
            ("&str", "&str"),
            ("Json<Vec<&str>>", "&str"),
            ("Json<(u8, [&[u8]; 2])>", "&[u8]"),
            ("Query<Page<'_>>", "'_"),
            ("Query<Page<'a>>", "'a"),
            ("Json<&'static [&str]>", "&str"),
            ("Extension<Box<dyn Log + 'a>>", "'a"),
        ] {
            check(ty, Some(borrow));
        }
    }

    #[test]
    fn a_type_that_owns_its_data_has_none() {
        for ty in [
            "Json<Vec<String>>",
            "State<&'static str>",
            "Json<Cow<'static, str>>",
            "State<fn(&str) -> &str>",
            "State<Arc<dyn Fn(&str) -> bool>>",
            "State<Arc<dyn for<'a> Parse<'a>>>",
        ] {
            check(ty, None);
        }
    }
}
