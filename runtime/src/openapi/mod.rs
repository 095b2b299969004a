//! Descriptions of controllers: OpenAPI, and TypeScript from it.

pub mod typescript;

/// The types of any document. Replaced by `Document`.
pub fn typescript_of(document: &serde_json::Value) -> typescript::TypeScript {
    typescript::TypeScript::of(document)
}
