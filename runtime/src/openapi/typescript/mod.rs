//! TypeScript from a document: types for the JavaScript client.

mod cycle;
mod doc;
mod keep;
mod names;
mod print;
mod routes;
mod schema;
mod ty;

use std::fmt;

use serde_json::Value;

use self::{schema::Schemas, ty::Ty};

/// Types for the JavaScript client, made by [`Document::typescript`](crate::openapi::Document::typescript): the text of
/// a file, by [`Display`](fmt::Display) or [`keep`](Self::keep).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeScript(String);

const HEAD: &str = "\
// Types of the actions of a server, written by Outflow from its Rust types. Do not edit: change those instead.
/* eslint-disable */
";

const AUGMENTATION: &str = "
declare module 'outflow' {
  interface Routes extends DeclaredRoutes {}
}
";

impl TypeScript {
    /// The types of an OpenAPI document with the members that Outflow adds.
    pub(crate) fn of(document: &Value) -> Self {
        let mut schemas = Schemas::of(document);
        let routes = routes::of(document, &mut schemas);
        let mut text = HEAD.to_owned();
        text += "\n/** Every path that streams, with its methods. */\n";
        text += &format!("export interface DeclaredRoutes {{\n{}}}\n", print::print_members(&routes, 1));
        for (name, (ty, doc)) in cycle::cut(&schemas.declarations()) {
            text.push('\n');
            text += &print::print_doc(&doc, 0);
            text += &declaration(&name, &ty);
        }
        Self(text + AUGMENTATION)
    }

    fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TypeScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn declaration(name: &str, ty: &Ty) -> String {
    match ty {
        Ty::Object(object) => {
            format!("export interface {name} {{\n{}}}\n", print::print_members(object, 1))
        }
        ty => {
            let text = print::print(ty, 0);
            let gap = if text.starts_with('\n') { "" } else { " " };
            format!("export type {name} ={gap}{text};\n")
        }
    }
}
