//! TypeScript types as text.

use std::fmt::Write as _;

use super::{
    names::property,
    ty::{Branch, Object, Ty},
};

/// The binding strength of a type's text, from the weakest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Union,
    Intersection,
    Atom,
}

const WIDTH: usize = 100;

/// The type's text, for a line that is indented by so many levels.
pub(super) fn print(ty: &Ty, level: usize) -> String {
    match ty {
        Ty::Unknown => "unknown".to_owned(),
        Ty::Never => "never".to_owned(),
        Ty::Word(text) => text.clone(),
        Ty::Array(element) => format!("{}[]", within(element, Strength::Atom, level)),
        Ty::Tuple(elements, rest) => {
            let elements = elements.iter().map(|element| print(element, level));
            let rest = rest.iter().map(|rest| format!("...{}[]", within(rest, Strength::Atom, level)));
            format!("[{}]", elements.chain(rest).collect::<Vec<_>>().join(", "))
        }
        Ty::Object(object) => print_object(object, level),
        Ty::Union(branches) => print_union(branches, level),
        Ty::Intersection(types) => {
            let types = types.iter().map(|ty| within(ty, Strength::Intersection, level));
            types.collect::<Vec<_>>().join(" & ")
        }
    }
}

/// A comment in front of a declaration, a member or a branch.
pub(super) fn print_doc(doc: &[String], level: usize) -> String {
    let indent = "  ".repeat(level);
    let lines: Vec<_> =
        doc.iter().flat_map(|text| text.lines()).map(|line| line.trim_end().replace("*/", "*\\/")).collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let mut text = format!("{indent}/**\n");
            for line in lines {
                let gap = if line.is_empty() { "" } else { " " };
                let _ = writeln!(text, "{indent} *{gap}{line}");
            }
            text + &format!("{indent} */\n")
        }
    }
}

/// The members of an object, each on lines of its own.
pub(super) fn print_members(object: &Object, level: usize) -> String {
    let indent = "  ".repeat(level);
    let mut text = String::new();
    for member in &object.members {
        let mark = if member.is_optional { "?" } else { "" };
        text += &print_doc(&member.doc, level);
        let ty = print(&member.ty, level);
        let gap = if ty.starts_with('\n') { "" } else { " " };
        let _ = writeln!(text, "{indent}{}{mark}:{gap}{ty};", property(&member.name));
    }
    if let Some(rest) = &object.rest {
        let _ = writeln!(text, "{indent}[key: string]: {};", print(rest, level));
    }
    text
}

fn print_object(object: &Object, level: usize) -> String {
    let members = print_members(object, level + 1);
    // A single short member needs no lines of its own.
    match members.trim().strip_suffix(';') {
        None => "{}".to_owned(),
        Some(one) if !one.contains('\n') && one.len() + 2 * level < WIDTH - 30 => format!("{{ {one} }}"),
        Some(_) => format!("{{\n{members}{}}}", "  ".repeat(level)),
    }
}

fn print_union(branches: &[Branch], level: usize) -> String {
    let on_a_line =
        branches.iter().map(|branch| within(&branch.ty, Strength::Intersection, level)).collect::<Vec<_>>().join(" | ");
    let has_docs = branches.iter().any(|branch| !branch.doc.is_empty());
    if !has_docs && !on_a_line.contains('\n') && on_a_line.len() + 2 * level < WIDTH {
        return on_a_line;
    }
    let indent = "  ".repeat(level + 1);
    let mut text = String::new();
    for branch in branches {
        let ty = within(&branch.ty, Strength::Intersection, level + 2);
        let _ = write!(text, "\n{}{indent}| {ty}", print_doc(&branch.doc, level + 1));
    }
    text
}

/// The text as a part of a type that binds with at least this strength.
fn within(ty: &Ty, needed: Strength, level: usize) -> String {
    let strength = match ty {
        Ty::Union(_) => Strength::Union,
        Ty::Intersection(_) => Strength::Intersection,
        _ => Strength::Atom,
    };
    let text = print(ty, level);
    match strength >= needed {
        true => text,
        false if text.starts_with('\n') => format!("({text}\n{})", "  ".repeat(level)),
        false => format!("({text})"),
    }
}
