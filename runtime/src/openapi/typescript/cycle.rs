//! Types that are made of themselves with nothing in between, which TypeScript refuses.
//!
//! An enum without tags may hold itself in a box. Its JSON is that of the other variants, so the type is the union of
//! those.

use std::collections::{BTreeMap, BTreeSet};

use super::ty::{Branch, Ty};

type Declarations = BTreeMap<String, (Ty, Vec<String>)>;

/// Replaces the names by which a declaration would come back to itself.
pub(super) fn cut(declarations: &Declarations) -> Declarations {
    let cyclic: BTreeSet<&str> =
        declarations.keys().filter(|name| reaches(declarations, name)).map(String::as_str).collect();
    let cut = |(name, (ty, doc)): (&String, &(Ty, Vec<String>))| {
        let ty = match cyclic.contains(name.as_str()) {
            true => expanded(declarations, &cyclic, ty, &mut vec![name]),
            false => ty.clone(),
        };
        (name.clone(), (ty, doc.clone()))
    };
    declarations.iter().map(cut).collect()
}

/// Whether a declaration leads back to itself.
fn reaches(declarations: &Declarations, start: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = Vec::new();
    names(&declarations[start].0, &mut next);
    while let Some(name) = next.pop() {
        if name == start {
            return true;
        }
        if let Some((ty, _)) = declarations.get(name).filter(|_| seen.insert(name)) {
            names(ty, &mut next);
        }
    }
    false
}

/// The words that are parts of a type with no object or array in between.
fn names<'t>(ty: &'t Ty, found: &mut Vec<&'t str>) {
    match ty {
        Ty::Word(name) => found.push(name),
        Ty::Union(branches) => branches.iter().for_each(|branch| names(&branch.ty, found)),
        Ty::Intersection(types) => types.iter().for_each(|ty| names(ty, found)),
        _ => {}
    }
}

fn expanded<'d>(declarations: &'d Declarations, cyclic: &BTreeSet<&str>, ty: &'d Ty, within: &mut Vec<&'d str>) -> Ty {
    match ty {
        Ty::Word(name) if within.contains(&name.as_str()) => Ty::Never,
        Ty::Word(name) if cyclic.contains(name.as_str()) => {
            within.push(name);
            let ty = expanded(declarations, cyclic, &declarations[name].0, within);
            within.pop();
            ty
        }
        Ty::Union(branches) => {
            let branches: Vec<_> = branches
                .iter()
                .map(|Branch { ty, doc }| Branch { ty: expanded(declarations, cyclic, ty, within), doc: doc.clone() })
                .collect();
            Ty::union(branches)
        }
        Ty::Intersection(types) => {
            let types: Vec<_> = types.iter().map(|ty| expanded(declarations, cyclic, ty, within)).collect();
            // A part that is the whole adds nothing.
            Ty::intersection(types.into_iter().filter(|ty| *ty != Ty::Never))
        }
        other => other.clone(),
    }
}
